import Logging
package import RingbackCore
import RingbackModel
import Synchronization

/// Everything the routes talk to. A class, for it is handed on with every request.
package final class Services: Sendable {
    package let store: any Store
    package let time: any Timekeeper
    package let accounts: AccountService
    package let sessions: SessionService
    package let tickets: SocketTickets
    package let calls: CallService
    package let clock: CallClock
    package let feed: EventFeed
    package let devices: DevicePresence
    package let presence: PresenceService
    package let monitor: ConnectionMonitor
    package let settings: ServerSettings
    let streams: StreamRegistry
    let limiter: RateLimiter

    /// Makes every service over a store.
    init(store: any Store, settings: ServerSettings, time: any Timekeeper, timing: CallTiming, logger: Logger) {
        self.store = store
        self.time = time
        self.settings = settings
        let hasher = PasswordHasher(costExponent: settings.passwordCost)
        sessions = SessionService(
            store: store, hasher: hasher, time: time, lifetime: settings.tokenLifetime,
            administratorToken: settings.administratorToken)
        accounts = AccountService(store: store, hasher: hasher, time: time, sessions: sessions)
        tickets = SocketTickets()
        calls = CallService(store: store, time: time, timing: timing)
        clock = CallClock(calls: calls, time: time, logger: logger)
        feed = EventFeed(store: store)
        // Each of the two needs the other: presence tells the monitor, which reads it.
        let box = ChangeBox()
        devices = DevicePresence { box.call() }
        presence = PresenceService(store: store, devices: devices, feed: feed, time: time)
        let monitor = ConnectionMonitor(
            devices: devices, presence: presence, store: store, calls: calls, time: time, logger: logger)
        self.monitor = monitor
        box.set { monitor.changed() }
        streams = StreamRegistry(maximumPerDevice: settings.connectionsPerDevice)
        limiter = RateLimiter(perSecond: settings.writesPerSecond)
    }
}

/// A closure that is known only after its caller has been made.
private final class ChangeBox: Sendable {
    private let action = Mutex<@Sendable () -> Void>({})

    func set(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }

    func call() { action.withLock(\.self)() }
}
