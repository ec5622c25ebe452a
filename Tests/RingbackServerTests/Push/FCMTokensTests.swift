import RingbackCore
import RingbackTesting
import Synchronization
import Testing

@testable import RingbackServer

struct FCMTokensTests {
    /// Gives numbered tokens, or nothing.
    private final class Source: Sendable {
        let count = Mutex(0)
        let isDown = Mutex(false)

        func next() throws(FCMTokens.Failure) -> (text: String, lifetime: Duration) {
            if isDown.withLock(\.self) { throw .init(reason: "down") }
            let number = count.withLock { count in
                count += 1
                return count
            }
            return ("token \(number)", .seconds(3600))
        }
    }

    private let time = ManualTime()
    private let source = Source()
    private let tokens: FCMTokens

    init() {
        let source = source
        tokens = FCMTokens(time: time) { () async throws(FCMTokens.Failure) in
            // Lets others ask meanwhile.
            await Task.yield()
            return try source.next()
        }
    }

    @Test func `A token is fetched once for all, and again shortly before it expires`() async throws {
        let texts = await withTaskGroup(of: String?.self) { group in
            for _ in 1...20 { group.addTask { try? await tokens.current() } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(texts == ["token 1"])
        time.advance(by: .seconds(3599) - FCMTokens.margin)
        #expect(try await tokens.current() == "token 1")
        time.advance(by: .seconds(1))
        #expect(try await tokens.current() == "token 2")
    }

    @Test func `A token that is refused is fetched anew, once`() async throws {
        let first = try await tokens.current()
        tokens.refused(first)
        #expect(try await tokens.current() == "token 2")
        tokens.refused(first)
        #expect(try await tokens.current() == "token 2")
    }

    @Test func `Without a token the reason is known, and the next request tries again`() async throws {
        source.isDown.withLock { $0 = true }
        await #expect(throws: FCMTokens.Failure(reason: "down")) { try await tokens.current() }
        source.isDown.withLock { $0 = false }
        #expect(try await tokens.current() == "token 1")
    }
}
