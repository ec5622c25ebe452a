import RingbackModel
import RingbackTesting
import Synchronization
import Testing

@testable import RingbackCore

final class RepeatedAnswersTests: Sendable {
    private let answers = RepeatedAnswers()
    private let time = ManualTime()
    private let done = Mutex(0)

    private func key(_ number: Int, of device: String = "a-device", asking fingerprint: UInt8 = 0) -> IdempotencyKey {
        IdempotencyKey(
            device: Cast.device(device), route: "updateMe", key: "key-\(number)", fingerprint: [fingerprint])
    }

    /// - Returns: How many writes were carried out for it.
    private func write(_ key: IdempotencyKey) async throws -> Int {
        let before = done.withLock(\.self)
        _ = try await answers.answer(key, at: time.monotonic) {
            done.withLock { $0 += 1 }
            return RingbackCore.Answer(200)
        }
        return done.withLock(\.self) - before
    }

    @Test func `A repeated write is not carried out again for ten minutes`() async throws {
        #expect(try await write(key(1)) == 1)
        time.advance(by: .seconds(599))
        #expect(try await write(key(1)) == 0)
        #expect(try await write(key(1, of: "other-device")) == 1, "the key is another's")
        time.advance(by: .seconds(1))
        #expect(try await write(key(1)) == 1)
    }

    @Test func `A key is of one request`() async throws {
        _ = try await write(key(1))
        let problem = try await #require(throws: Problem.self) { try await write(key(1, asking: 1)) }
        #expect(problem.code == .idempotencyMismatch)
    }

    @Test func `A device has the newest 16 answers, and takes none from others`() async throws {
        _ = try await write(key(0, of: "other-device"))
        for number in 0..<17 { _ = try await write(key(number)) }
        for number in 1..<17 { #expect(try await write(key(number)) == 0, "\(number)") }
        #expect(try await write(key(0)) == 1)
        #expect(try await write(key(0, of: "other-device")) == 0)
    }

    @Test func `All devices together have 10,000 answers`() async throws {
        for number in 0..<10_001 { _ = try await write(key(0, of: "device-\(number)")) }
        #expect(try await write(key(0, of: "device-1")) == 0)
        #expect(try await write(key(0, of: "device-0")) == 1)
    }

    @Test func `A write that failed is carried out again`() async throws {
        struct TestError: Error {}
        await #expect(throws: TestError.self) {
            try await answers.answer(key(1), at: time.monotonic) { throw TestError() }
        }
        #expect(try await write(key(1)) == 1)
    }
}
