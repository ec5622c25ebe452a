import NIOCore
import RingbackCore
import RingbackModel

/// The requests of a socket, answered in the order in which they arrived.
extension SocketHandler {
    func receive(_ text: [UInt8]) {
        switch state {
        case .awaitingHello: hello(text)
        case .opening, .open:
            queue.append(text)
            serve()
            updateReading()
        case .closing: break
        }
    }

    /// Reads while there is room for requests, and the client takes its answers and slows down when they tell it to.
    func updateReading() {
        guard let context else { return }
        let shouldRead: Bool
        if case .closing = state {
            // The client's close frame may be waiting in the socket.
            shouldRead = true
        } else {
            shouldRead = isWritable && queue.hasRoom && !refused.isPaused
        }
        guard shouldRead != isReading else { return }
        isReading = shouldRead
        try? context.channel.syncOptions?.setOption(.autoRead, value: shouldRead)
    }

    /// Passes waiting requests on, as far as the order of the answers permits and the client takes them.
    func serve() {
        do {
            while case .open = state, isWritable, !refused.isPaused {
                let next = try queue.next { message throws(NotARequest) in try work(for: message) }
                guard let next else { return }
                switch next {
                case .change(_, let request): submit(request)
                case .task(let label, let request, let handle): perform(request, handle, label)
                case .answer(let label, let error): answer(label, .failure(error))
                }
            }
        } catch {
            close(.notARequest)
        }
    }

    private func work(for message: [UInt8]) throws(NotARequest) -> SocketWork {
        guard session != nil else { throw NotARequest() }
        return try hub.work(for: message, of: &session!, from: source)
    }

    private func submit(_ request: CallRequest) {
        if let whenAnswered { hub.services.submit(request, from: source, then: whenAnswered) }
    }

    private func perform(
        _ request: OperationRequest, _ handle: @escaping @Sendable (OperationRequest) async throws -> Answer,
        _ label: SocketRequest.Label
    ) {
        run({ hub in try await hub.dispatcher.perform(request, handle) }) { handler, result in
            handler.queue.answeredTask()
            handler.answer(label, result)
            handler.serve()
            handler.updateReading()
        }
    }

    /// The store has answered the oldest change.
    func answered(_ result: Result<Answer, any Error>) {
        let label = queue.answeredChange()
        guard case .open = state else { return }
        answer(label, result)
        serve()
        updateReading()
    }

    private func answer(_ label: SocketRequest.Label, _ result: Result<Answer, any Error>) {
        if case .failure(let error as Problem) = result, let user = session?.identity.participant.userId {
            refused.note(status: error.status, bytes: label.bytes) {
                hub.services.pauses.begin(.user(user), at: hub.services.time.monotonic)
            }
        }
        send { hub.write(result, to: label, under: basePath, into: &$0) }
    }
}
