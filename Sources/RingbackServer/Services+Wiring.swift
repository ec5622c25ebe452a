import Logging
import RingbackCore
import RingbackModel
import Synchronization

extension Services {
    /// Makes every service over a store.
    init(store: any Store, settings: ServerSettings, time: any Timekeeper, timing: CallTiming, logger: Logger) {
        self.store = store
        self.time = time
        self.settings = settings
        let hasher = PasswordHasher(costExponent: settings.passwordCost)
        accounts = AccountService(store: store, hasher: hasher, time: time)
        sessions = SessionService(
            store: store, hasher: hasher, time: time, lifetime: settings.tokenLifetime,
            administratorToken: settings.administratorToken)
        tickets = TicketBooth()
        calls = CallService(store: store, time: time, timing: timing)
        clock = CallClock(calls: calls, time: time, logger: logger)
        liveCalls = LiveCalls()
        feed = EventFeed(store: store)
        // The board tells the monitor, and the monitor reads the board.
        let box = ChangeBox()
        board = PresenceBoard { box.call() }
        presence = PresenceService(store: store, board: board, liveCalls: liveCalls, feed: feed, time: time)
        let monitor = ConnectionMonitor(
            board: board, presence: presence, liveCalls: liveCalls, calls: calls, time: time, logger: logger)
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
