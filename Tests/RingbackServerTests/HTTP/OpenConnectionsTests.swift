import NIOCore
import NIOEmbedded
import RingbackCore
import RingbackModel
import Testing

@testable import RingbackServer

struct OpenConnectionsTests {
    private let connections = OpenConnections(maximum: 8, maximumPerSubscriber: 6, proxies: [])

    private func open(from address: String, at seconds: Int = 0) throws -> (
        EmbeddedChannel, Result<OpenConnection, Problem>
    ) {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let now = MonotonicTime(milliseconds: Int64(seconds) * 1000)
        return (
            channel,
            Result { () throws(Problem) in try connections.admit(channel, from: IPAddress(address), at: now) }
        )
    }

    private func admit(from address: String, at seconds: Int = 0) throws -> (EmbeddedChannel, OpenConnection?) {
        let (channel, result) = try open(from: address, at: seconds)
        return (channel, try? result.get())
    }

    /// Why a connection is refused.
    private func refusal(of address: String) throws -> Problem? {
        if case .failure(let problem) = try open(from: address).1 { problem } else { nil }
    }

    private func idle(from address: String, since seconds: UInt64) throws -> EmbeddedChannel {
        let (channel, connection) = try admit(from: address)
        try #require(connection).becameIdle(at: .uptimeNanoseconds(seconds * 1_000_000_000))
        return channel
    }

    @Test func `Whoever has more than a quarter of all gives way, however long others were idle`() throws {
        let other = try idle(from: "192.0.2.1", since: 1)
        let many = try (2...6).map { try idle(from: "192.0.2.66", since: $0) }
        _ = try idle(from: "192.0.2.2", since: 7)
        _ = try idle(from: "192.0.2.3", since: 8)
        for address in ["192.0.2.66", "192.0.2.4"] { #expect(try admit(from: address).1 != nil) }
        #expect(other.isActive)
        #expect(many.map(\.isActive) == [false, false, true, true, true])
    }

    @Test func `If nobody has many, the connection that was idle longest gives way`() throws {
        let all = try (1...8).map { try idle(from: "192.0.2.\($0)", since: 10 - $0) }
        #expect(try admit(from: "192.0.2.9").1 != nil)
        #expect(all.map(\.isActive) == [true, true, true, true, true, true, true, false])
    }

    @Test func `At the limit of one address its own connection gives way`() throws {
        let other = try idle(from: "192.0.2.1", since: 1)
        let own = try (2...7).map { try idle(from: "192.0.2.66", since: $0) }
        #expect(try admit(from: "192.0.2.66").1 != nil)
        #expect(other.isActive)
        #expect(own.map(\.isActive) == [false, true, true, true, true, true])
    }

    @Test func `Whoever connects again and again has to wait`() throws {
        for _ in 1...12 { try admit(from: "192.0.2.66").0.close().wait() }
        let problem = try #require(try refusal(of: "192.0.2.66"))
        #expect(problem.detail == "The address opens connections too fast." && problem.retryAfterSeconds == 2)
        #expect(problem.code == .tooManyConnections && problem.status == 503)
        #expect(try admit(from: "192.0.2.1").1 != nil)
        #expect(try admit(from: "192.0.2.66", at: 1).1 == nil)
        #expect(try admit(from: "192.0.2.66", at: 2).1 != nil)
    }

    @Test func `If every connection is busy, there is no room`() throws {
        for number in 1...8 { try #require(try admit(from: "192.0.2.\(number)").1).becameBusy() }
        let problem = try #require(try refusal(of: "192.0.2.9"))
        #expect(problem.detail == "The server has no room for one more connection.")
        #expect(problem.retryAfterSeconds == 1 && problem.status == 503)
    }
}
