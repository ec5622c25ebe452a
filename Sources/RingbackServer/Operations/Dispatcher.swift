import RingbackCore
import RingbackModel

/// What every operation passes through, whichever way it came: who asks, how often, and whether the server still works.
struct Dispatcher: Sendable {
    let services: Services
    let operations: [String: Operation]
    let isDraining: @Sendable () -> Bool

    /// - Parameter name: As a client sent it.
    func operation(named name: String) -> Operation? { name.isASCII ? operations[name] : nil }

    func perform(_ request: OperationRequest) async throws -> Answer {
        try admit(request)
        guard request.operation.repeating == .harmless, let key = try request.key() else {
            return try await request.operation.handle(request)
        }
        return try await services.calls.repeatable(key) { try await request.operation.handle(request) }
    }

    /// - Parameter tellsBoard: The board is told that the device was heard of.
    /// - Throws: ``Problem`` when this is not for the one who asks, or not now.
    func admit(_ request: OperationRequest, tellsBoard: Bool = true) throws {
        try authorize(request, tellsBoard)
        if request.operation.isWrite, isDraining() {
            throw Problem(.draining, "The server is about to stop. Try again in a moment.", retryAfterSeconds: 2)
        }
    }

    private func authorize(_ request: OperationRequest, _ tellsBoard: Bool) throws {
        switch (request.operation.access, request.principal) {
        case (.anyone, _), (.administrator, .administrator): break
        case (.device, .device(let participant, _)):
            let now = services.time.now
            if tellsBoard { services.board.signaled(participant, at: now) }
            if request.operation.isWrite { try services.limiter.spend(participant.deviceId, at: now) }
        case (_, nil): throw SessionService.unauthenticated
        case (.administrator, .device): throw Problem(.forbidden, "This is for administrators.")
        case (.device, .administrator): throw Problem(.forbidden, "This is for a user's device.")
        }
    }

    /// The problem to answer for an error. What the outside may not know goes into the log.
    static func problem(for error: any Error, log: (any Error) -> Void) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as JSONSyntaxError: return Problem(.malformedJSON, "\(error).")
        case is CancellationError: return Problem(.draining, "The server is about to stop.", retryAfterSeconds: 2)
        default:
            log(error)
            return Problem(.internal, "The server's log knows more.")
        }
    }
}
