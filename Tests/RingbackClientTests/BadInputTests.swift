import Foundation
import Testing

@testable import RingbackClient

/// Invalid responses of servers: a typed error in bounded time and memory.
struct BadInputTests {
    /// What a server does to a request, and the expected error.
    enum BadResponse: String, CaseIterable, Sendable {
        case garbage, halfJSON, wrongJSON, page, redirect, hugeBody, endlessHead, silence, empty, wrongLength, halfHead,
            deepJSON,
            badStatus
    }

    @Test(arguments: BadResponse.allCases)
    func `a request ends with a typed error`(bad: BadResponse) async throws {
        let server = try ScriptedServer { request, connection in Self.answer(bad, request, connection) }
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session,
            network: NetworkOptions(proxy: "", connectTimeout: .seconds(1), requestTimeout: .seconds(5)),
            retries: RetryPolicy(maximumRetries: 0))
        let before = Self.residentBytes()
        let started = ContinuousClock.now
        let error = await #expect(throws: RingbackError.self) { try await client.getMe() }
        #expect(ContinuousClock.now - started < .seconds(8))
        // The thread sanitizer uses additional memory for every byte.
        if !Self.isSanitized { #expect(Self.residentBytes() - before < 200 << 20) }
        switch (bad, error) {
        case (.silence, .transport(let failure)): #expect(failure.kind == .timedOut)
        case (.garbage, .transport(let failure)), (.badStatus, .transport(let failure)):
            #expect(failure.kind == .notHTTP)
        case (.empty, .transport(let failure)), (.wrongLength, .transport(let failure)),
            (.halfHead, .transport(let failure)):
            #expect(failure.kind == .connectionLost)
        case (.endlessHead, .transport), (.endlessHead, .unexpectedResponse): break
        case (.redirect, .unexpectedResponse(let response)):
            #expect(response.status == 302 && response.location == "/v1/users/me")
            // It does not overflow.
            #expect(server.requests.count == 1)
        case (.page, .unexpectedResponse(let response)): #expect(response.contentType == "text/html")
        case (.halfJSON, .unexpectedResponse), (.wrongJSON, .unexpectedResponse), (.hugeBody, .unexpectedResponse),
            (.deepJSON, .unexpectedResponse):
            break
        default: Issue.record("\(bad): \(String(describing: error))")
        }
    }

    @Test(arguments: BadResponse.allCases, Transport.allCases)
    func `events end with a typed error`(bad: BadResponse, transport: Transport) async throws {
        // Here the head is invalid; a body that never ends is a valid stream without events.
        if bad == .hugeBody, transport == .sse { return }
        let server = try ScriptedServer { request, connection in Self.answer(bad, request, connection) }
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session,
            network: NetworkOptions(
                proxy: "", connectTimeout: .seconds(1), requestTimeout: .seconds(2), silenceTimeout: .seconds(1)),
            retries: .forTests)
        var error: RingbackError?
        do {
            for try await event in client.events(over: .only(transport)) {
                guard case .connection(.lost(_, let reason, _)) = event.kind else { continue }
                error = reason
                break
            }
        } catch let thrown as RingbackError {
            error = thrown
        }
        switch error {
        case .transport, .unexpectedResponse: break
        default: Issue.record("\(bad): \(String(describing: error))")
        }
    }

    @Test(arguments: ["Sun, 06 Nov 99999999999999 08:49:37 GMT", "Sun, 06 Nov 292277026597 08:49:37 GMT", "", "now"])
    func `a time beyond all dates does not crash the client`(date: String) async throws {
        let server = try ScriptedServer { _, connection in
            connection.answer(200, "application/json", #"{"status":"ok"}"#, headers: ["Date: \(date)"])
        }
        let client = try RingbackClient.forTests(server.url)
        do {
            #expect(abs(try await client.clockSkew().components.seconds) > 1_000_000)
        } catch let error as RingbackError {
            guard case .unexpectedResponse = error else { throw error }
        }
    }

    private static func answer(_ bad: BadResponse, _ request: ScriptedServer.Request, _ connection: Connection)
        -> Bool
    {
        switch bad {
        case .garbage: connection.write((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919) })
        case .halfJSON: return connection.answer(200, "application/json", #"{"userId":"vas"#)
        case .wrongJSON: return connection.answer(200, "application/json", #"{"userId":7,"cursor":[],"events":{}}"#)
        case .page: return connection.answer(200, "text/html", "<!doctype html><title>Welcome to our Wi-Fi</title>")
        case .redirect: return connection.answer(302, "text/html", "", headers: ["Location: /v1/users/me"])
        case .hugeBody:
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n".utf8)
            let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
            while connection.write(chunk) {}
        case .endlessHead:
            connection.write("HTTP/1.1 200 OK\r\n".utf8)
            while connection.write("X-\(UUID()): \(String(repeating: "x", count: 2000))\r\n".utf8) {}
        case .silence: while connection.read() != nil {}
        case .empty: break
        case .wrongLength:
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}".utf8)
        case .halfHead: connection.write("HTTP/1.1 200 OK\r\nContent-Ty".utf8)
        case .deepJSON:
            return connection.answer(200, "application/json", String(repeating: "[", count: 1_000_000))
        case .badStatus: connection.write("HTTP/9.9 -1 What\r\n\r\n".utf8)
        }
        return false
    }

    static var isSanitized: Bool { ProcessInfo.processInfo.environment["TSAN_OPTIONS"] != nil }

    static func residentBytes() -> Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
            .dropFirst().first
        return pages.flatMap { Int($0) }.map { $0 * 4096 } ?? 0
    }

    /// What a server does to an open WebSocket.
    enum BadFrames: String, CaseIterable, Sendable {
        case masked, reservedBits, unknownOpcode, fragmentedPing, longPing, hugeFrame, hugeHead, badUTF8
        case lonelyContinuation, noJSON
        case noWelcome, wrongAccept, wrongProtocol
    }

    @Test(arguments: BadFrames.allCases)
    func `a socket with broken frames ends with a typed error`(bad: BadFrames) async throws {
        let server = try ScriptedServer { request, connection in
            switch bad {
            case .wrongAccept:
                connection.write(
                    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n"
                        .utf8)
            case .wrongProtocol:
                let accept = Handshake.accept(request.headers["sec-websocket-key"] ?? "")
                connection.write(
                    "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
                        .utf8)
            default: connection.upgrade(request)
            }
            if ![.noWelcome, .wrongAccept, .wrongProtocol].contains(bad) {
                connection.frame("{\"event\":\(Script.welcome)}")
            }
            switch bad {
            case .masked: connection.write([0x81, 0x82, 1, 2, 3, 4, 0x7A, 0x7F])
            case .reservedBits: connection.write([0xF1, 2, 0x7B, 0x7D])
            case .unknownOpcode: connection.write([0x83, 0])
            case .fragmentedPing: connection.write([0x09, 0])
            case .longPing: connection.write([0x89, 126, 0, 126] + [UInt8](repeating: 0, count: 126))
            case .hugeFrame: connection.write([0x81, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7B])
            case .hugeHead: connection.write([0x81, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
            case .badUTF8: connection.write([0x81, 2, 0xC3, 0x28])
            case .lonelyContinuation: connection.write([0x80, 1, 0x7B])
            case .noJSON: connection.frame("hello")
            case .noWelcome: connection.frame("{\"event\":\(Script.presence("p-1", cursor: 1))}")
            case .wrongAccept, .wrongProtocol: break
            }
            while connection.read() != nil {}
            return false
        }
        let client = try RingbackClient(
            baseURL: server.url, session: Script.session, network: .forTests, retries: .forTests)
        var error: RingbackError?
        do {
            for try await event in client.events(over: .only(.webSocket)) {
                guard case .connection(.lost(_, let reason, _)) = event.kind else { continue }
                error = reason
                break
            }
        } catch let thrown as RingbackError {
            error = thrown
        }
        // libcurl reports a head together with the first byte after it; without one it is a timeout.
        if bad == .hugeHead, LibcurlSocket.isAvailable, case .transport(let failure) = error {
            #expect(failure.kind == .timedOut)
            return
        }
        guard case .unexpectedResponse = error else {
            Issue.record("\(bad): \(String(describing: error))")
            return
        }
    }
}
