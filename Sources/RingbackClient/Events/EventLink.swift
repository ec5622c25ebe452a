import CurlTransport
import RingbackModel

/// What a transport brings.
enum LinkMessage: Sendable {
    /// Where the client is, and the snapshot if it had no cursor.
    case begin(Cursor, [LiveCall]?)
    case event(Event)
    /// Nothing new up to here.
    case idle(Cursor)
}

/// One connection over which events come, whatever the transport.
protocol EventLink: Sendable {
    /// Waits for something to come. The first thing is a `begin`.
    ///
    /// - Parameter cursor: Where the reader is.
    /// - Throws: ``RingbackError``, ``SocketClosed``; `CancellationError`, also when the link was closed.
    func receive(after cursor: Cursor?) async throws -> [LinkMessage]

    /// Ends it, from any task.
    func close()
}

/// Does `work`, but not for longer than `limit`.
///
/// - Throws: ``RingbackError`` `timedOut`, with `detail`.
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
    /// What came over a link does not fit the protocol.
    static func unexpected(_ head: CurlResponseHead?, _ error: any Error) -> RingbackError {
        .unexpectedResponse(UnexpectedResponse(head, "\(error)"))
    }
}
