import Logging
import RingbackCore
import RingbackModel

/// The checks of every operation over every transport: authentication, rate, and whether the server is shutting down.
struct Dispatcher: Sendable {
    /// What a write costs of its user's bytes, in addition to its message: the event and its index entries.
    private static let bytesPerWrite = 512

    let services: Services
    let operations: [Operation]
    private let byName: [String: Operation]
    let isDraining: @Sendable () -> Bool

    init(services: Services, operations: [Operation], isDraining: @escaping @Sendable () -> Bool) {
        self.services = services
        self.operations = operations
        byName = Dictionary(uniqueKeysWithValues: operations.map { ($0.id.rawValue, $0) })
        self.isDraining = isDraining
    }

    /// - Parameter name: The name as sent by a client.
    func operation(named name: String) -> Operation? {
        name.isASCII ? byName[name] : nil
    }

    /// Authenticates the sender and checks its rate. Everything else about the request is checked later.
    ///
    /// - Parameters:
    ///   - source: Where the request came from. Needed for a write.
    ///   - notesSignaling: Whether to record that the device was in contact.
    /// - Throws: ``Problem`` if the operation is not permitted, or not now.
    func admit(
        _ operation: Operation, by principal: SessionService.Principal?, from source: IPAddress?,
        notesSignaling: Bool = true
    ) throws(Problem) {
        switch (operation.access, principal) {
        case (.anyone, _):
            guard let address = source?.subscriber else { break }
            let limiter = operation.id == .registerUser ? services.registrationLimiter : services.signInLimiter
            try limiter.spend(address, at: services.time.monotonic)
        case (.platform(.endCalls), .administrator), (.platform(.webhooks), .administrator): break
        case (.platform(let scope), .server(let key)):
            guard key.scopes.contains(scope) else {
                throw Problem(.forbidden, "The server key does not have the scope \(scope.rawValue).")
            }
            try services.keyLimiter.spend(key.name, at: services.time.monotonic)
        case (.device, .device(let signIn, _)):
            let participant = signIn.participant
            if notesSignaling { services.devices.signaled(participant) }
            if operation.isWrite {
                let limiter = operation.id.isEnding ? services.endingLimiter : services.limiter
                try limiter.spend(participant.deviceId, at: services.time.monotonic)
                try admitWrite(operation, of: participant.userId, from: source?.subscriber)
            } else if operation.id == .pollEvents {
                try services.pollLimiter.spend(participant.deviceId, at: services.time.monotonic)
            } else {
                try services.readLimiter.spend(participant.userId, at: services.time.monotonic)
            }
        case (_, nil): throw SessionService.unauthenticated
        case (.platform(let scope), _):
            throw Problem(.forbidden, "Only a server key with the scope \(scope.rawValue) may do this.")
        case (.device, .administrator), (.device, .server): throw Self.notADevice
        }
        if operation.isWrite, isDraining() { throw Self.draining }
    }

    /// Checks the limits for invitations, and those of the address.
    private func admitWrite(_ operation: Operation, of user: UserID, from subscriber: IPAddress?) throws(Problem) {
        let now = services.time.monotonic
        if let subscriber, !operation.id.isEnding { try services.addressWriteLimiter.spend(subscriber, at: now) }
        guard operation.id == .invite else { return }
        try services.inviteLimiter.spend(user, at: now)
        guard let subscriber else { return }
        try services.addressInviteLimiter.spend(subscriber, at: now)
        try services.addressCalls.check(subscriber)
    }

    /// Checks how much the sender and its address write, once the size of its request is known.
    ///
    /// - Throws: ``Problem`` `rate_limited`.
    func admit(
        bytes: Int, of operation: Operation, by principal: SessionService.Principal?, from source: IPAddress?
    ) throws(Problem) {
        guard operation.isWrite, !operation.id.isEnding else { return }
        let (cost, now) = (Double(bytes + Self.bytesPerWrite), services.time.monotonic)
        switch principal {
        case .device(let signIn, _): try services.byteLimiter.spend(signIn.participant.userId, cost: cost, at: now)
        case nil: break
        case .administrator, .server: return
        }
        if let source { try services.addressByteLimiter.spend(source.subscriber, cost: cost, at: now) }
    }

    /// Checks who opens a stream or a socket, and how often the device does.
    ///
    /// - Returns: The sign-in of the device, and when its token expires.
    /// - Throws: ``Problem`` `forbidden`, `draining`, `rate_limited`.
    func admitConnection(
        of principal: SessionService.Principal?
    ) throws(Problem) -> (signIn: SignIn, expiresAt: Timestamp) {
        guard case .device(let signIn, let expiresAt) = principal else { throw Self.notADevice }
        if isDraining() { throw Self.draining }
        try services.openings.spend(signIn.participant, at: services.time.monotonic)
        return (signIn, expiresAt)
    }

    /// Performs an admitted operation that requires a task.
    func perform(
        _ request: OperationRequest, _ handle: @Sendable (OperationRequest) async throws -> Answer
    ) async throws -> Answer {
        guard request.operation.repeating == .harmless, !request.hasPassword, let key = try request.key() else {
            return try await handle(request)
        }
        return try await services.calls.repeatable(key) { try await handle(request) }
    }

    static var draining: Problem {
        Problem(.draining, "The server is shutting down. Retry shortly.", retryAfterSeconds: 2)
    }

    static var notADevice: Problem { Problem(.forbidden, "Only the device of a user may do this.") }

    /// The problem to report for an error. Details that clients must not see are logged.
    ///
    /// - Parameter operation: The operation that failed, if it is known.
    static func problem(for error: any Error, of operation: APIOperation?, _ logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as JSONSyntaxError: return Problem(.malformedJSON, "\(error).")
        case is CancellationError: return draining
        default:
            logger.error(
                "request failed", metadata: ["operation": "\(operation?.rawValue ?? "")", "error": "\(error)"])
            return Problem(.internal, "The request failed because of an internal error, which was logged.")
        }
    }
}
