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
    private let subscription: EventFeed.Subscription
    private let registration: StreamRegistry.Registration

    /// - Throws: ``Problem`` `too_many_connections`.
    init(
        _ identity: SocketIdentity, _ services: Services, wake: @escaping @Sendable () -> Void,
        end: @escaping @Sendable (StreamEnd) -> Void
    ) throws {
        self.identity = identity
        registration = try services.streams.register(identity.participant, end: end)
        subscription = services.feed.subscribe(identity.participant, wake: wake)
        services.board.opened(identity.participant, at: services.time.now)
    }

    func end(_ services: Services) {
        services.feed.unsubscribe(subscription)
        services.streams.unregister(registration)
        services.board.closed(identity.participant, isPoll: false, at: services.time.now)
    }

    /// What there is after the cursor, without touching the database; `nil` when only the database can tell.
    func readNewest(_ services: Services) throws -> EventBatch? {
        let participant = identity.participant
        return try services.feed.readNewest(after: cursor, for: participant, limit: SocketHandler.batch).map { page in
            EventBatch(page, presences: services.presence.takePending(for: participant.deviceId))
        }
    }
}
