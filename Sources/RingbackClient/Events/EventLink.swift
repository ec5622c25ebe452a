import CurlTransport
import RingbackModel

/// What a transport delivers.
enum LinkMessage: Sendable {
    /// The cursor at the beginning, and the snapshot if the client had no cursor.
    case begin(Cursor, [LiveCall]?)
    case event(Event)
    /// The cursor has moved here without a new event.
    case idle(Cursor)
}

/// One connection that delivers events, over any transport.
protocol EventLink: Sendable {
    /// Waits for messages. The first message is a `begin`.
    ///
    /// - Parameter cursor: The reader's position.
    /// - Throws: ``RingbackError``; ``SocketClosed``; `CancellationError`, also when the link was closed.
    func receive(after cursor: Cursor?) async throws -> [LinkMessage]

    /// Closes the link. May be called from any task.
    func close()
}

/// Performs `work`, for at most `limit`.
///
/// - Throws: ``RingbackError`` with the kind `timedOut` and `detail`.
func within<Value: Sendable>(
    _ limit: Duration, _ detail: String, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: work)
        group.addTask {
            try await Task.sleep(for: limit)
            throw RingbackError.transport(TransportFailure(kind: .timedOut, detail: detail))
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}

extension RingbackError {
    /// The error for a response that does not follow the protocol.
    static func unexpected(_ head: CurlResponseHead?, _ error: any Error) -> RingbackError {
        .unexpectedResponse(UnexpectedResponse(head, "\(error)"))
    }
}
