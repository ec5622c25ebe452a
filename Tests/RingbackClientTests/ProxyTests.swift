import Foundation
import Testing

@testable import RingbackClient

/// `NetworkOptions.proxy` with a working proxy, one that requires a password, and unusable ones.
struct ProxyTests {
    private func network(_ proxy: String) -> NetworkOptions {
        NetworkOptions(
            proxy: proxy, connectTimeout: .seconds(20))
    }

    @Test(arguments: [nil, "petya:battery staple"])
    func `requests and every transport go through the proxy`(credentials: String?) async throws {
        let server = try await TestServer.start()
        let proxy = try HTTPProxy(credentials: credentials)
        let written = credentials.map { $0.replacing(" ", with: "%20") + "@" } ?? ""
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: network(proxy.url(written)))
        #expect(try await vasya.getMe().userId == UserID("vasya"))
        for transport in Transport.allCases {
            var events = vasya.events(over: .only(transport)).makeAsyncIterator()
            #expect(try await events.next()?.kind == .connection(.connected(transport)))
        }
        let base = "http://127.0.0.1:\(server.port)"
        let lines = proxy.lines.filter { !$0.contains("/v1/events?") }
        #expect(
            lines == [
                "GET \(base)/v1/users/me HTTP/1.1", "CONNECT 127.0.0.1:\(server.port) HTTP/1.1",
                "GET \(base)/v1/events/stream HTTP/1.1",
            ])
        #expect(proxy.lines.contains { $0.hasPrefix("GET \(base)/v1/events?") })
    }

    /// The errors of a request and of a socket.
    private func errors(_ proxy: String) async throws -> [RingbackError] {
        let client = try RingbackClient(
            baseURL: try #require(.init(string: "http://127.0.0.1:9")), session: Script.session,
            network: network(proxy), retries: RetryPolicy(maximumRetries: 0, firstDelay: .milliseconds(1)))
        var errors: [RingbackError] = []
        do { _ = try await client.getMe() } catch let error as RingbackError { errors.append(error) }
        do {
            for try await event in client.events(over: .only(.webSocket)) {
                guard case .connection(.lost(_, let error, _)) = event.kind else { continue }
                errors.append(error)
                break
            }
        } catch let error as RingbackError { errors.append(error) }
        return errors
    }

    @Test func `a proxy that requires a password is reported`() async throws {
        let proxy = try HTTPProxy(credentials: "petya:battery staple")
        for credentials in ["", "petya:wrong@"] {
            let errors = try await errors(proxy.url(credentials))
            #expect(errors == [.proxyWantsPassword, .proxyWantsPassword])
        }
        #expect(proxy.lines.count == 4)
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:9", .unreachable, "port 9"), ("socks5h://127.0.0.1:9", .unreachable, "port 9"),
            ("http://no-such-proxy.invalid:3128", .nameNotFound, "resolve proxy: no-such-proxy.invalid"),
            ("gopher://127.0.0.1:9", .proxy, "proxy scheme"), ("http://[", .proxy, "proxy syntax"),
        ] as [(String, TransportFailure.Kind, String)])
    func `an unusable proxy is named`(proxy: String, kind: TransportFailure.Kind, words: String) async throws {
        let errors = try await errors(proxy)
        #expect(errors.count == 2)
        for error in errors {
            guard case .transport(let failure) = error else { throw Unexpected() }
            #expect(failure.kind == kind && failure.detail.contains(words), "\(failure)")
            #expect(error.isRetryable == (kind != .proxy))
        }
    }
}
