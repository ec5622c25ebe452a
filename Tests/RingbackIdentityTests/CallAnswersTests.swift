import RingbackModel
import Testing

@testable import RingbackIdentity

struct CallAnswersTests {
    private enum Outcome: Equatable {
        case known(Bool)
        case asks
        case refused(Problem.Code, retryAfterSeconds: Int?)
    }

    private static let full = Outcome.refused(.rateLimited, retryAfterSeconds: 1)

    private var answers = CallAnswers()
    private let now = ContinuousClock.now

    private mutating func begin(_ caller: String, _ callee: String, after wait: Duration = .zero) throws -> Outcome {
        do {
            return try answers.begin(pair(caller, callee), at: now + wait).map(Outcome.known) ?? .asks
        } catch let problem as Problem {
            return .refused(problem.code, retryAfterSeconds: problem.retryAfterSeconds)
        }
    }

    private mutating func end(_ caller: String, _ callee: String, _ answer: Bool?) {
        answers.end(pair(caller, callee), with: answer, until: now + .seconds(10))
    }

    private func pair(_ caller: String, _ callee: String) -> CallAnswers.Pair {
        CallAnswers.Pair(caller: UserID(caller)!, callee: UserID(callee)!)
    }

    /// A caller of ever new users took the whole room, and everybody else's calls were refused for good.
    @Test mutating func `A caller who waits for many answers leaves room for others`() throws {
        let count = CallAnswers.maximumPendingOfCaller
        let own = try (0...count).map { try begin("vasya", "user-\($0)") }
        #expect(own == Array(repeating: .asks, count: count) + [Self.full] && Problem.Code.rateLimited.isRetryable)
        let other = try begin("masha", "petya")
        #expect(other == .asks)
        end("vasya", "user-0", nil)
        let again = try begin("vasya", "user-0")
        #expect(again == .asks, "that there was no answer is not remembered")
    }

    @Test mutating func `All wait for a bounded number of answers`() throws {
        let count = CallAnswers.maximumPending
        let all = try (0...count).map { try begin("user-\($0)", "petya") }
        #expect(all == Array(repeating: .asks, count: count) + [Self.full])
        end("user-0", "petya", false)
        let next = try [
            begin("vasya", "petya"), begin("user-0", "petya"), begin("user-0", "petya", after: .seconds(10)),
        ]
        #expect(next == [.asks, .known(false), Self.full], "what is remembered need not wait")
    }

    @Test mutating func `The oldest answers make room for new ones`() throws {
        let names = (0..<CallAnswers.capacity * 2).map { "user-\($0)" }
        for name in names {
            _ = try begin("vasya", name)
            end("vasya", name, true)
        }
        var known: [String] = []
        for name in names {
            if try begin("vasya", name) == .asks { end("vasya", name, nil) } else { known.append(name) }
        }
        #expect(known == Array(names.suffix(CallAnswers.capacity)))
    }
}
