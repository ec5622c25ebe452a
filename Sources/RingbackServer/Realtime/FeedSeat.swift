import RingbackCore
import RingbackModel

/// A place among those who read events as they come: counted, woken, and present as long as it is taken.
struct FeedSeat: Sendable {
    let participant: Participant
    private let isPoll: Bool
    private let registration: StreamRegistry.Registration
    private let subscription: EventFeed.Subscription

    /// - Parameters:
    ///   - wake: Called when there may be events, on any thread.
    ///   - end: Called when the server ends the stream, on any thread.
    /// - Throws: ``Problem`` `too_many_connections`.
    init(
        _ participant: Participant, isPoll: Bool, _ services: Services, wake: @escaping @Sendable () -> Void,
        end: @escaping @Sendable (StreamEnd) -> Void
    ) throws {
        self.participant = participant
        self.isPoll = isPoll
        registration = try services.streams.register(participant, end: end)
        subscription = services.feed.subscribe(participant, wake: wake)
        services.board.opened(participant, at: services.time.now)
    }

    /// To be called once.
    func leave(_ services: Services) {
        services.feed.unsubscribe(subscription)
        services.streams.unregister(registration)
        services.board.closed(participant, isPoll: isPoll, at: services.time.now)
    }
}
