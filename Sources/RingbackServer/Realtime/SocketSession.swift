import RingbackCore
import RingbackModel

/// Who is at the other end of a socket, and from where it goes on.
struct SocketIdentity: Sendable {
    let participant: Participant
    let expiresAt: Timestamp
    let cursor: String?

    var principal: SessionService.Principal { .device(participant, expiresAt: expiresAt) }
}

/// A signed-in socket's place among the readers of the feed. Used on the event loop alone.
final class SocketSession {
    let identity: SocketIdentity
    var cursor = Cursor(epoch: "", position: 0)
    private let seat: FeedSeat
    /// When the board last heard of the device by this socket.
    private var heardAt: Timestamp

    /// - Throws: ``Problem`` `too_many_connections`.
    init(
        _ identity: SocketIdentity, _ services: Services, wake: @escaping @Sendable () -> Void,
        end: @escaping @Sendable (StreamEnd) -> Void
    ) throws {
        self.identity = identity
        heardAt = services.time.now
        seat = try FeedSeat(identity.participant, isPoll: false, services, wake: wake, end: end)
    }

    /// Whether the board is due to hear of the device: of an open socket once a second is enough.
    func tellsBoard(at now: Timestamp) -> Bool {
        guard now.milliseconds - heardAt.milliseconds >= 1000 else { return false }
        heardAt = now
        return true
    }

    func end(_ services: Services) { seat.leave(services) }

    /// What there is after the cursor, without touching the database; `nil` when only the database can tell.
    func readNewest(_ services: Services) throws -> EventBatch? {
        let participant = identity.participant
        return try services.feed.readNewest(after: cursor, for: participant, limit: SocketHandler.batch).map { page in
            EventBatch(page, presences: services.presence.takePending(for: participant.deviceId))
        }
    }
}
