import Foundation
import Testing

@testable import RingbackClient

/// WebSocket frames. `scripts/test` runs these tests with the framing of wslay and of libcurl.
struct SocketTests {
    /// The first events over a socket whose server runs `script` after the welcome, and the error at the end.
    private func take(
        _ count: Int, _ script: @escaping @Sendable (Connection) -> Void
    ) async throws -> ([Event.Kind], RingbackError?) {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let server = try ScriptedServer { request, connection in
            connection.upgrade(request)
            connection.frame("{\"event\":\(Script.welcome)}")
            script(connection)
            end.yield()
            while connection.read() != nil {}
            return false
        }
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session, network: .patient, retries: .forTests)
        var kinds: [Event.Kind] = []
        var failure: RingbackError?
        do {
            for try await event in client.events(after: Cursor("e.1"), over: .only(.webSocket)) {
                kinds.append(event.kind)
                if kinds.count == count { break }
            }
        } catch {
            failure = error as? RingbackError
        }
        // The server must not close before it has read everything.
        for await _ in ends { break }
        withExtendedLifetime(server) {}
        return (kinds, failure)
    }

    /// `scripts/test` runs these tests twice, and sets a variable when libcurl supports WebSockets.
    @Test func `libcurl is used for framing where it should be`() {
        let isMeantTo = ProcessInfo.processInfo.environment["RINGBACK_LIBCURL_SOCKETS"] != nil
        #expect(LibcurlSocket.isAvailable || !isMeantTo)
    }

    @Test func `a ping that arrives byte by byte is answered, and an empty one as well`() async throws {
        let (kinds, error) = try await take(2) { connection in
            for byte in [0x89, 6] + Array("ping-1".utf8) { connection.write([byte]) }
            connection.frame("", opcode: 9)
            guard connection.readFrame() == Frame(0x8A, "ping-1"), connection.readFrame() == Frame(0x8A, "") else {
                return
            }
            connection.frame("{\"event\":\(Script.presence("a", cursor: 2))}")
        }
        guard error == nil, case .presence = kinds.last else { throw Unexpected() }
    }

    @Test func `a message may arrive byte by byte, and in fragments of which the last is empty`() async throws {
        let (kinds, error) = try await take(3) { connection in
            let text = Array("{\"event\":\(Script.presence("a", cursor: 2))}".utf8)
            for byte in [0x81, 126, UInt8(text.count >> 8), UInt8(text.count & 255)] + text { connection.write([byte]) }
            connection.frame("{\"event\":\(Script.presence("b", cursor: 3))}", isFinal: false)
            connection.frame("", opcode: 0)
        }
        #expect(error == nil && kinds.count == 3, "\(kinds)")
        #expect(kinds.dropFirst().allSatisfy { if case .presence = $0 { true } else { false } })
    }

    @Test func `a message beyond the bound is refused before it is whole`() async throws {
        let (counts, count) = AsyncStream<Int>.makeStream()
        let (kinds, error) = try await take(2) { connection in
            let megabyte = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
            var written = 0
            connection.write([0x01, 127, 0, 0, 0, 0, 0, 0x10, 0, 0] + megabyte)
            while connection.write([0x00, 127, 0, 0, 0, 0, 0, 0x10, 0, 0] + megabyte) { written += 1 }
            count.yield(written)
        }
        guard case .unexpectedResponse(let response) = Self.end(kinds, error) else { throw Unexpected() }
        #expect(response.reason.contains("frames"))
        // Nor is more of it read from the network than the bound and the data in transit.
        for await megabytes in counts {
            #expect(megabytes < 16 + 8)
            break
        }
    }

    @Test(arguments: [([], 1000), ([0x0F, 0xA0], 4000), ([0x03, 0xE9], 1001)] as [([UInt8], UInt16)])
    func `a close is answered`(payload: [UInt8], code: UInt16) async throws {
        let (answers, answer) = AsyncStream<Frame?>.makeStream()
        let (kinds, _) = try await take(2) { connection in
            connection.write([0x88, UInt8(payload.count)] + payload)
            answer.yield(connection.readFrame())
        }
        guard case .connection(.lost) = kinds.last else { throw Unexpected() }
        for await frame in answers {
            #expect(frame?.opcode == 0x88)
            // An empty one is answered with an empty one, or with 1000.
            let said = frame?.payload ?? []
            #expect(said == [UInt8(code >> 8), UInt8(code & 255)] || payload.isEmpty && said.isEmpty, "\(said)")
            break
        }
    }

    @Test(arguments: [[3], [0x03, 0xE7], [0x03, 0xED], [0x03, 0xE8, 0xC3, 0x28]] as [[UInt8]])
    func `an invalid close frame violates the protocol`(payload: [UInt8]) async throws {
        let (kinds, error) = try await take(9) { $0.write([0x88, UInt8(payload.count)] + payload) }
        guard case .unexpectedResponse = Self.end(kinds, error) else {
            Issue.record("\(kinds) \(String(describing: error))")
            return
        }
    }

    @Test func `a client that leaves sends a close frame`() async throws {
        let (answers, answer) = AsyncStream<Frame?>.makeStream()
        _ = try await take(1) { answer.yield($0.readFrame()) }
        for await frame in answers {
            #expect(frame == Frame(0x88, [0x03, 0xE8]))
            break
        }
    }

    /// The first error, whether or not the sequence continued.
    private static func end(_ kinds: [Event.Kind], _ error: RingbackError?) -> RingbackError? {
        for case .connection(.lost(_, let error, _)) in kinds { return error }
        return error
    }
}
