import NIOCore
import RingbackCore
import RingbackModel

/// The requests of a socket, answered in the order in which they arrived.
extension SocketHandler {
    /// Reads, or stops reading, as the connection wants.
    func updateReading() {
        guard let context, let reads = connection.readingChange() else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: reads)
    }

    /// Passes waiting requests on, as far as they may begin.
    func serve() {
        do {
            while let next = try connection.nextRequest({ message throws(NotARequest) in try work(for: message) }) {
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
            handler.connection.answeredTask()
            handler.answer(label, result)
            handler.serve()
            handler.updateReading()
        }
    }

    /// The store has answered the oldest change.
    func answered(_ result: Result<Answer, any Error>) {
        guard let label = connection.answeredChange() else { return }
        answer(label, result)
        serve()
        updateReading()
    }

    private func answer(_ label: SocketRequest.Label, _ result: Result<Answer, any Error>) {
        if case .failure(let error as Problem) = result, let user = session?.identity.participant.userId {
            connection.noteRefusal(of: label, status: error.status) {
                hub.services.pauses.begin(.user(user), at: hub.services.time.monotonic)
            }
        }
        send { hub.write(result, to: label, under: basePath, into: &$0) }
    }
}
