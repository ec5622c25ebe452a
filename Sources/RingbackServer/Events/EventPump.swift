import NIOCore
import RingbackCore
import RingbackModel

/// Where an ``EventPump`` writes. Everything is called on the event loop.
protocol EventSink: AnyObject {
    /// Whether the client takes events now. When it does again, ``EventPump/pump()`` is to be called.
    var takesEvents: Bool { get }
    /// Writes the events of a batch, which is not empty.
    func deliver(_ batch: EventBatch)
    /// Everything there is has been delivered.
    func caughtUp()
    /// The events can't be read: the cursor is gone, or the store fails.
    func failed(_ error: any Error)
}

/// Delivers a device's events from its cursor on, as far as the client takes them: the same for a long-poll, a stream and a
/// socket.
///
/// It is armed when it is made, so that nothing falls between a read and the next wake-up. A client that falls behind lags in
/// the log, not in memory. Used on one event loop.
final class EventPump {
    let participant: Participant
    private(set) var cursor: Cursor
    private let services: Services
    private let isPoll: Bool
    private let limit: Int
    private let eventLoop: any EventLoop
    private unowned let sink: any EventSink
    private let registration: StreamRegistry.Registration
    private let subscription: EventFeed.Subscription
    private var isStopped = false
    private var isPresent = false
    /// The store is being read.
    private var isReading = false
    /// Something may have come since the store was asked.
    private var isWoken = false

    /// Counts the device's connection. The sign-in is to be looked at once more behind this: it may have ended in between.
    ///
    /// - Parameters:
    ///   - isPoll: For a long-poll, after which the next is expected.
    ///   - limit: How many events are read at a time.
    ///   - address: Gets ``LoopMessage/wake`` and ``LoopMessage/end(_:)``; the sink is to call ``pump()`` for the former.
    /// - Throws: ``Problem`` `too_many_connections`.
    init(
        _ signIn: SignIn, after cursor: Cursor?, isPoll: Bool, limit: Int, _ services: Services,
        address: LoopAddress, eventLoop: any EventLoop, sink: any EventSink
    ) throws {
        participant = signIn.participant
        self.cursor = cursor ?? Cursor(epoch: "", position: 0)
        self.services = services
        self.isPoll = isPoll
        self.limit = limit
        self.eventLoop = eventLoop
        self.sink = sink
        registration = try services.streams.register(signIn) { address.put(.end($0, $1)) }
        subscription = services.feed.subscribe(participant) { address.put(.wake) }
    }

    /// Which of the connection's pumps it is.
    var number: UInt64 { registration.number }

    /// Delivers nothing more. To be called once at least.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        services.feed.unsubscribe(subscription)
        services.streams.unregister(registration)
        if isPresent { services.devices.closed(participant, isPoll: isPoll) }
    }

    /// Begins: from now on the device is present, until the pump is stopped.
    ///
    /// - Parameter start: Where, for a client that brought no cursor.
    func begin(at start: Cursor? = nil) {
        guard !isStopped, !isPresent else { return }
        if let start { cursor = start }
        isPresent = true
        services.devices.opened(participant)
    }

    /// Delivers what there is, as far as the client takes it.
    func pump() {
        guard !isReading else { return isWoken = true }
        // A delivery may flush, and come back here when the channel takes more.
        while !isStopped, !isReading, sink.takesEvents {
            do {
                let page = try services.feed.readNewest(after: cursor, for: participant, limit: limit)
                guard let page else { return readStored() }
                guard take(page) else { return }
            } catch {
                return sink.failed(error)
            }
        }
    }

    /// Reads what is in the store alone.
    private func readStored() {
        isReading = true
        isWoken = false
        let (services, cursor, participant, limit) = (services, cursor, participant, limit)
        eventLoop.makeFutureWithTask {
            try await services.feed.read(after: cursor, for: participant, limit: limit)
        }.assumeIsolated().whenComplete { result in
            self.isReading = false
            guard !self.isStopped else { return }
            switch result {
            case .success(let page): if self.take(page) || self.isWoken { self.pump() }
            case .failure(let error): self.sink.failed(error)
            }
        }
    }

    /// - Returns: Whether there may be more at once.
    private func take(_ page: EventFeed.Page) -> Bool {
        cursor = page.cursor
        let batch = EventBatch(
            page: page, presences: services.presence.takePending(for: participant.deviceId))
        if !batch.isEmpty { sink.deliver(batch) }
        guard !isStopped else { return false }
        if !page.hasMore { sink.caughtUp() }
        return page.hasMore
    }
}
