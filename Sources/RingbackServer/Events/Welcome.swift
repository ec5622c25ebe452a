import RingbackCore
import RingbackModel

/// The first event of a stream or socket: the device, the cursor, and the snapshot if the client had no valid cursor.
struct Welcome: Sendable, JSONWritable {
    static let pingSeconds = 25

    let participant: Participant
    let cursor: Cursor
    /// Whether the client's cursor was valid, so that it has missed no event.
    let isRecovered: Bool
    let calls: [LiveCall]?

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", "welcome")
            json.name("data")
            json.object { json in
                json.field("device", participant)
                json.field("cursor", cursor.description)
                json.name("recovered")
                json.bool(isRecovered)
                json.field("pingSeconds", Self.pingSeconds)
                if let calls { json.field("calls", calls) }
            }
        }
    }

    /// Continues from a cursor, or begins with a snapshot if it is nil.
    ///
    /// - Throws: ``Problem`` `cursor_expired`.
    static func resume(_ cursor: Cursor?, _ participant: Participant, _ services: Services) async throws -> Welcome {
        guard let cursor else { return try await begin(participant, services) }
        // Reads the missed events as well, which are then delivered from memory.
        _ = try await services.feed.read(after: cursor, for: participant, limit: SocketHandler.batch, keepsRead: true)
        return Welcome(participant: participant, cursor: cursor, isRecovered: true, calls: nil)
    }

    /// Begins with a snapshot, which is a read like any other.
    ///
    /// - Throws: ``Problem`` `rate_limited`.
    static func begin(_ participant: Participant, _ services: Services) async throws -> Welcome {
        try services.readLimiter.spend(participant.userId, at: services.time.monotonic)
        let snapshot = try await services.calls.snapshot(for: participant)
        return Welcome(participant: participant, cursor: snapshot.cursor, isRecovered: false, calls: snapshot.calls)
    }
}

extension Cursor {
    /// Parses a cursor that a client sent.
    ///
    /// - Throws: ``Problem`` `invalid_request` if it cannot be a cursor of any server; `cursor_expired` if it is not
    ///   one of this server.
    static func parse(_ text: String) throws -> Cursor {
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem.invalid("cursor", "must be a cursor from this server")
        }
        guard let cursor = Cursor(text) else { throw EventFeed.cursorExpired }
        return cursor
    }
}
