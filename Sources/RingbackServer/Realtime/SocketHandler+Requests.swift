import NIOCore
import RingbackCore
import RingbackModel

/// The requests of a socket, answered in the order they came.
///
/// Changes of calls go to the store's one queue as they come, without a task, and are answered in its order. Any other
/// request waits for the answers before it, and those behind it wait for its own.
extension SocketHandler {
    func receive(_ text: [UInt8]) {
        switch state {
        case .awaitingHello: hello(text)
        case .opening, .open:
            waiting.append(text)
            serve()
            updateReading()
        case .closing: break
        }
    }

    /// Reads as long as there is room for requests, and the client takes what it is sent.
    func updateReading() {
        guard let context else { return }
        let shouldRead: Bool
        if case .closing = state {
            // The client's own close frame may wait in the socket.
            shouldRead = true
        } else {
            shouldRead = isWritable && waiting.count < Self.maximumWaiting
        }
        guard shouldRead != isReading else { return }
        isReading = shouldRead
        try? context.channel.syncOptions?.setOption(.autoRead, value: shouldRead)
        // The channel's own read may be held back by the HTTP side behind.
        if shouldRead { context.read() }
    }

    /// Hands on what waits, as far as the answers keep their order and the client takes them.
    func serve() {
        while case .open = state, let session, !isBusy, pending < Self.maximumPending, isWritable {
            guard let work = held ?? next(for: session) else { return }
            held = nil
            switch work {
            case .change(let label, let request): submit(request, label)
            case _ where pending > 0:
                held = work
                return
            case .task(let label, let request): perform(request, label)
            case .answer(let label, let result): answer(label, result)
            }
        }
    }

    private func next(for session: SocketSession) -> SocketWork? {
        guard !waiting.isEmpty else { return nil }
        guard let request = try? SocketRequest(waiting.removeFirst()) else {
            close(.notARequest)
            return nil
        }
        return hub.work(for: request, of: session)
    }

    private func submit(_ request: CallRequest, _ label: SocketRequest.Label) {
        guard let address else { return }
        pending += 1
        hub.services.calls.submit(request) { address.put(.answer(label, $0)) }
    }

    private func perform(_ request: OperationRequest, _ label: SocketRequest.Label) {
        isBusy = true
        run({ hub in try await hub.perform(request) }) { handler, result in
            handler.isBusy = false
            handler.answer(label, result)
            handler.serve()
            handler.updateReading()
        }
    }

    /// The store has answered.
    func answered(_ label: SocketRequest.Label, _ result: Result<Answer, any Error>) {
        pending -= 1
        guard case .open = state else { return }
        answer(label, result)
        serve()
        updateReading()
    }

    private func answer(_ label: SocketRequest.Label, _ result: Result<Answer, any Error>) {
        send { hub.write(result, to: label, into: &$0) }
    }
}
