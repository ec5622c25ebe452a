import NIOCore
import RingbackCore
import RingbackModel

/// The destination of an ``EventPump``. All methods are called on the event loop.
protocol EventSink: AnyObject {
    /// Whether the client can take events now. When this becomes true, call ``EventPump/pump()``.
    var takesEvents: Bool { get }
    /// Writes the events of a batch that is not empty.
    func deliver(_ batch: EventBatch)
    /// All available events have been delivered.
    func caughtUp()
    /// Whether the client goes on waiting although the events can't be read now. They are read again a second later.
    func waits(over error: any Error) -> Bool
    /// The events can't be read: the cursor has expired, or the store failed.
    func failed(_ error: any Error)
}

extension Error {
    /// The store is away, and may be back soon.
    var isStorageUnavailable: Bool { (self as? Problem)?.code == .storageUnavailable }
}

/// Delivers the events of a device from its cursor, as fast as the client takes them: for a long poll, a stream or a
/// socket.
///
/// It subscribes when it is created, so no event is missed between a read and the next wake-up. Events that a slow
/// client has not taken remain in the log, not in memory. For use on one event loop.
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
    /// Whether the store is being read.
    private var isReading = false
    /// Whether a read that has failed will be repeated.
    private var isRetrying = false
    /// Whether there may be events that were committed after the store was asked.
    private var isWoken = false

    /// Creates a pump and counts the connection of the device. The caller must check the sign-in again afterwards,
    /// because it may have ended in between.
    ///
    /// - Parameters:
    ///   - isPoll: Whether it is a long poll, after which another one is expected.
    ///   - limit: The number of events to read at a time.
    ///   - source: Where the connection came from.
    ///   - address: Receives ``LoopMessage/wake``, after which the sink must call ``pump()``, and
    ///     ``LoopMessage/end(_:_:)``.
    /// - Throws: ``Problem`` `too_many_connections`.
    init(
        _ signIn: SignIn, after cursor: Cursor?, isPoll: Bool, limit: Int, _ services: Services,
        from source: IPAddress?, address: LoopAddress, eventLoop: any EventLoop, sink: any EventSink
    ) throws {
        participant = signIn.participant
        self.cursor = cursor ?? Cursor(epoch: "", position: 0)
        self.services = services
        self.isPoll = isPoll
        self.limit = limit
        self.eventLoop = eventLoop
        self.sink = sink
        registration = try services.streams.register(signIn, from: source) { address.put(.end($0, $1)) }
        subscription = services.feed.subscribe(participant) { address.put(.wake) }
    }

    /// Identifies the pump among those of the connection.
    var number: UInt64 { registration.number }

    /// Stops delivering. Must be called at least once.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        services.feed.unsubscribe(subscription)
        services.streams.unregister(registration)
        if isPresent { services.devices.closed(participant, isPoll: isPoll) }
    }

    /// Begins to deliver. The device is present from now on, until the pump is stopped.
    ///
    /// - Parameter start: Where to begin, for a client without a cursor.
    func begin(at start: Cursor? = nil) {
        guard !isStopped, !isPresent else { return }
        if let start { cursor = start }
        isPresent = true
        services.devices.opened(participant)
    }

    /// Delivers the available events, as far as the client takes them.
    func pump() {
        guard !isReading else { return isWoken = true }
        // Delivering may flush, which may call this method again when the channel becomes writable.
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

    /// Reads events that are no longer in memory from the store.
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
            case .failure(let error) where self.sink.waits(over: error): self.pumpLater()
            case .failure(let error): self.sink.failed(error)
            }
        }
    }

    /// Reads again when the store may be back. Not all pumps at the same moment.
    private func pumpLater() {
        guard !isRetrying else { return }
        isRetrying = true
        eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(.random(in: 500...1500))) {
            self.isRetrying = false
            self.pump()
        }
    }

    /// - Returns: Whether there may be more events at once.
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
