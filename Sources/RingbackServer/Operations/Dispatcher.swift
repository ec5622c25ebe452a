import RingbackCore
import RingbackModel

/// What every operation passes through, whichever way it came: who asks, how often, and whether the server still works.
struct Dispatcher: Sendable {
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

    /// - Parameter name: As a client sent it.
    func operation(named name: String) -> Operation? {
        name.isASCII ? byName[name] : nil
    }

    /// Looks at who asks, and how often. The first of the checks: what is asked is looked at behind it.
    ///
    /// - Parameter notesSignaling: Note that the device was heard of.
    /// - Throws: ``Problem`` when this is not for the one who asks, or not now.
    func admit(
        _ operation: Operation, by principal: SessionService.Principal?, notesSignaling: Bool = true
    ) throws(Problem) {
        switch (operation.access, principal) {
        case (.anyone, _), (.administrator, .administrator): break
        case (.device, .device(let signIn, _)):
            let participant = signIn.participant
            if notesSignaling { services.devices.signaled(participant) }
            if operation.isWrite {
                let limiter = operation.id.isEnding ? services.endingLimiter : services.limiter
                try limiter.spend(participant.deviceId, at: services.time.monotonic)
            }
        case (_, nil): throw SessionService.unauthenticated
        case (.administrator, .device): throw Problem(.forbidden, "This operation is for administrators.")
        case (.device, .administrator): throw Self.notADevice
        }
        if operation.isWrite, isDraining() { throw Self.draining }
    }

    /// Carries out an operation that takes a task. It has been admitted.
    func perform(
        _ request: OperationRequest, _ handle: @Sendable (OperationRequest) async throws -> Answer
    ) async throws -> Answer {
        guard request.operation.repeating == .harmless, !request.hasPassword, let key = try request.key() else {
            return try await handle(request)
        }
        return try await services.calls.repeatable(key) { try await handle(request) }
    }

    static var draining: Problem {
        Problem(.draining, "The server is about to stop. Try again in a moment.", retryAfterSeconds: 2)
    }

    static var notADevice: Problem { Problem(.forbidden, "This operation is for a user's device.") }

    /// The problem to answer for an error. What the outside may not know goes into the log.
    static func problem(for error: any Error, log: (any Error) -> Void) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as JSONSyntaxError: return Problem(.malformedJSON, "\(error).")
        case is CancellationError: return draining
        default:
            log(error)
            return Problem(.internal, "The server failed to carry out the request. Its log says why.")
        }
    }
}
