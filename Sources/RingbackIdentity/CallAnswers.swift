import RingbackModel

/// What the platform has answered lately, and who waits for its answer.
struct CallAnswers {
    struct Pair: Hashable {
        let caller: UserID
        let callee: UserID
    }

    private typealias Answers = [Pair: (isAllowed: Bool, until: ContinuousClock.Instant)]

    /// The maximum number of questions that wait for an answer.
    static let maximumPending = 256
    /// The same for a caller, so that one who calls many leaves room for others.
    static let maximumPendingOfCaller = 4
    /// The number of answers that are remembered: at least the newest half.
    static let capacity = 10_000

    private var newer: Answers = [:]
    /// From before ``newer`` was last full.
    private var older: Answers = [:]
    private var pending = 0
    private var pendingOf: [UserID: Int] = [:]

    /// - Returns: An answer that is remembered; `nil` if the platform must be asked, after which ``end(_:with:until:)``
    ///   must be called.
    /// - Throws: ``Problem`` `rate_limited`.
    mutating func begin(_ pair: Pair, at now: ContinuousClock.Instant) throws -> Bool? {
        if let answer = newer[pair] ?? older[pair], answer.until > now { return answer.isAllowed }
        let ofCaller = pendingOf[pair.caller] ?? 0
        guard pending < Self.maximumPending, ofCaller < Self.maximumPendingOfCaller else {
            throw Problem(.rateLimited, "Too many calls wait for the platform's permission.", retryAfterSeconds: 1)
        }
        pending += 1
        pendingOf[pair.caller] = ofCaller + 1
        return nil
    }

    /// - Parameters:
    ///   - isAllowed: The answer; `nil` if there was none that could be used, which is not remembered.
    ///   - until: How long it is remembered.
    mutating func end(_ pair: Pair, with isAllowed: Bool?, until: ContinuousClock.Instant) {
        pending -= 1
        let ofCaller = (pendingOf[pair.caller] ?? 0) - 1
        pendingOf[pair.caller] = ofCaller > 0 ? ofCaller : nil
        guard let isAllowed else { return }
        if newer.count >= Self.capacity / 2 { (older, newer) = (newer, [:]) }
        newer[pair] = (isAllowed, until)
    }
}
