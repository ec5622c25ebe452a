import CurlTransport
import Logging
package import RingbackCore
import RingbackModel

/// The services that the routes use. A class, because it is passed on with every request.
package final class Services: Sendable {
    package let store: any Store
    package let time: any Timekeeper
    package let accounts: AccountService
    package let sessions: SessionService
    package let calls: CallService
    package let platform: PlatformService
    package let clock: CallClock
    package let feed: EventFeed
    package let devices: any PresenceStore
    package let presence: PresenceService
    package let monitor: ConnectionMonitor
    package let settings: ServerSettings
    /// Asks the platform about each call; `nil` if it is not to be asked.
    let permission: CallPermission?
    let streams: StreamRegistry
    /// The limit for writes of a device.
    let limiter: RateLimiter<DeviceID>
    /// The limit for polls of a device, which are answered at once while there are events.
    let pollLimiter: RateLimiter<DeviceID>
    /// The limit for operations that end a call or a session.
    let endingLimiter: RateLimiter<DeviceID>
    /// The limit for reads of a user.
    let readLimiter: RateLimiter<UserID>
    /// The limit for requests with a server key.
    let keyLimiter: RateLimiter<ServerKey.Name>
    /// The limit for the bytes that a user writes.
    let byteLimiter: RateLimiter<UserID>
    /// The limits for requests without a token, for each address.
    let signInLimiter: RateLimiter<IPAddress>
    let registrationLimiter: RateLimiter<IPAddress>
    /// The limit for invitations of a user.
    let inviteLimiter: RateLimiter<UserID>
    /// The limits for writes and invitations from each address.
    let addressWriteLimiter: RateLimiter<IPAddress>
    let addressInviteLimiter: RateLimiter<IPAddress>
    /// The limit for the bytes that come from each address to be written, of all users.
    let addressByteLimiter: RateLimiter<IPAddress>
    let addressCalls: AddressCalls
    let openings: OpeningLimits
    /// The tokens of each subscriber that the server does not know, and about which the store is asked.
    let guesses = RateLimiter<IPAddress>(
        "address-tokens", perSecond: 10, burst: 100,
        detail: "Too many tokens that are not valid came from this address.")
    let pauses = RefusalPauses()
    let memory: MemoryBudget
    let outbox: OutboxRunner

    /// Creates all services for a store.
    init(
        store: any Store, settings: ServerSettings, platform: PlatformTokens?, permission: CallPermission?,
        time: any Timekeeper, timing: CallTiming, registry: MetricsRegistry, logger: Logger
    ) {
        self.store = store
        self.time = time
        self.settings = settings
        var timing = timing
        timing.outbox = OutboxPlan(settings.webhooks)
        timing.outbox.pushServices = Set(settings.pushServices)
        self.permission = permission
        let admissions = RateLimiter<UserID>("user-tokens", perSecond: 1, burst: 32)
        let hasher = PasswordHasher(costExponent: settings.passwordCost)
        sessions = SessionService(
            store: store, hasher: hasher, time: time, lifetime: settings.tokenLifetime,
            maximumDevices: settings.devicesPerUser, administratorToken: settings.administratorToken,
            platform: platform, outbox: timing.outbox,
            admission: { try admissions.spend($0, at: time.monotonic) })
        accounts = AccountService(store: store, hasher: hasher, time: time, sessions: sessions)
        calls = CallService(store: store, time: time, timing: timing)
        self.platform = PlatformService(
            store: store, hasher: hasher, time: time, sessions: sessions, accounts: accounts, calls: calls)
        clock = CallClock(calls: calls, time: time, logger: logger)
        feed = EventFeed(store: store)
        devices = store.presence
        presence = PresenceService(store: store, feed: feed, time: time)
        monitor = ConnectionMonitor(presence: presence, store: store, calls: calls, time: time, logger: logger)
        streams = StreamRegistry(
            .init(
                device: settings.connectionsPerDevice, user: settings.connectionsPerUser,
                address: settings.connectionsPerAddress))
        openings = OpeningLimits(settings)
        addressCalls = AddressCalls(maximum: settings.callsPerAddress)
        memory = MemoryBudget(maximum: settings.connectionMemory)
        outbox = OutboxRunner(
            store: store.outbox,
            senders: Self.senders(settings, store, time: time, registry: registry, logger: logger), time: time,
            logger: logger)
        limiter = RateLimiter("device-writes", perSecond: settings.writesPerSecond)
        pollLimiter = RateLimiter("device-polls", perSecond: settings.writesPerSecond)
        endingLimiter = RateLimiter("device-endings", perSecond: max(50, settings.writesPerSecond))
        keyLimiter = RateLimiter("key-requests", perSecond: settings.keyRequestsPerSecond)
        readLimiter = RateLimiter("user-reads", perSecond: settings.readsPerSecond)
        signInLimiter = RateLimiter(
            "address-sign-ins", perSecond: settings.signInsPerMinute / 60, burst: settings.signInsPerMinute)
        registrationLimiter = RateLimiter(
            "address-registrations", perSecond: settings.registrationsPerMinute / 60,
            burst: settings.registrationsPerMinute)
        inviteLimiter = RateLimiter("user-invites", perSecond: settings.invitesPerSecond)
        addressWriteLimiter = RateLimiter("address-writes", perSecond: settings.writesPerSecondFromAddress)
        addressInviteLimiter = RateLimiter("address-invites", perSecond: settings.invitesPerSecondFromAddress)
        addressByteLimiter = RateLimiter(
            "address-write-bytes", perSecond: settings.bytesPerSecondFromAddress,
            burst: settings.bytesPerSecondFromAddress * 60)
        byteLimiter = RateLimiter(
            "user-write-bytes", perSecond: settings.bytesPerSecond, burst: settings.bytesPerSecond * 60)
    }
}

extension Services {
    /// What delivers the messages of each kind of lane.
    private static func senders(
        _ settings: ServerSettings, _ store: any Store, time: any Timekeeper, registry: MetricsRegistry,
        logger: Logger
    ) -> [String: any OutboxSender] {
        guard !settings.webhooks.isEmpty || settings.usesPush else { return [:] }
        // All endpoints may be on one host. A push service has a lane of its own.
        let driver = CurlDriver(
            connectionsPerHost: OutboxRunner.messagesPerLane * (settings.webhooks.count + 1))
        var senders: [String: any OutboxSender] = [
            "webhook": WebhookSender(settings.webhooks, epoch: store.epoch, driver: driver, time: time)
        ]
        if settings.usesPush {
            let limit = PushLimit(time: time)
            senders["devices"] = DeviceFanOut(store: store, time: time, services: Set(settings.pushServices)) {
                limit.admits($0)
            }
        }
        func sender(_ name: String, _ service: some PushService) -> any OutboxSender {
            PushSender(
                service, store: store, time: time,
                report: PushReport(service: name, registry: registry, logger: logger))
        }
        if let key = settings.vapidKey {
            senders["push"] = sender(
                PushSubscription.web,
                WebPushService(key: key, isPublic: settings.pushIsPublic, driver: driver, time: time))
        }
        let client = VendorClient(certificateAuthorities: settings.pushCertificateAuthorities, driver: driver)
        if let apns = settings.apns {
            let name = AppPushService.apns.rawValue
            senders[name] = sender(name, APNsService(apns, client, time: time))
        }
        if let fcm = settings.fcm {
            let name = AppPushService.fcm.rawValue
            senders[name] = sender(name, FCMService(fcm, client, time: time))
        }
        return senders
    }

    /// Whose token it is. One that the store has to be asked about is paid for, and its price given back if it is good.
    ///
    /// - Parameters:
    ///   - device: The device that the request names, for a platform's token that names none.
    ///   - source: Where it came from.
    ///   - operation: What it is used for.
    ///   - user: The user whom the operation is about.
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`, `rate_limited`.
    func authenticate(
        _ token: String, device: String?, from source: IPAddress?, for operation: String, about user: UserID? = nil
    ) async throws -> SessionService.Principal {
        if let principal = try sessions.known(token, device: device) {
            if case .device(let signIn, _) = principal { try await confirm(signIn) }
            return principal
        }
        // Clients that can't be told apart may guess as they like.
        let subscriber = source?.subscriber
        if let subscriber { try guesses.spend(subscriber, at: time.monotonic) }
        let principal: SessionService.Principal
        do {
            principal = try await sessions.authenticate(token, device: device)
            if let subscriber { guesses.giveBack(subscriber) }
        } catch let problem as Problem where problem.code.isRetryable {
            // The store or the keys can't be reached, which is not the client's fault.
            if let subscriber { guesses.giveBack(subscriber) }
            throw problem
        } catch let problem as Problem {
            if let key = try? await sessions.serverKey(token) {
                await platform.noteRefusal(key, operation, about: user, problem.code)
            }
            throw problem
        }
        if case .device(let signIn, _) = principal { try await confirm(signIn) }
        return principal
    }

    /// Records that a server key was not permitted to do something. Other refusals are not recorded.
    ///
    /// - Parameters:
    ///   - error: Why the request was refused.
    ///   - user: The user in the path.
    func noteRefusal(
        _ error: any Error, of principal: SessionService.Principal?, for operation: APIOperation,
        about user: UserID? = nil
    ) async {
        guard case .server(let key) = principal, (error as? Problem)?.code == .forbidden else { return }
        await platform.noteRefusal(key, operation.rawValue, about: user, .forbidden)
    }

    /// Checks a sign-in again. The store is asked only if it may have ended: a device was signed out since, or other
    /// processes write to the store, too.
    ///
    /// Call after registering what is to be closed when the sign-in ends.
    ///
    /// - Parameter removals: The value of ``SessionService/removals`` before the client was authenticated.
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired`.
    func check(_ signIn: SignIn, since removals: UInt64) async throws {
        if store.isShared || sessions.removals != removals { try await sessions.principal(of: signIn) }
    }

    /// Asks a store to which other processes write, too, whether a sign-in is good still, and how far its user's log
    /// is.
    ///
    /// - Throws: ``Problem`` `unauthenticated`.
    func confirm(_ signIn: SignIn) async throws {
        guard store.isShared else { return }
        guard let position = try await store.positions(of: [signIn])[signIn] else {
            sessions.forget(signIn)
            throw SessionService.unauthenticated
        }
        feed.reaches(position, of: signIn.participant.userId)
    }
}
