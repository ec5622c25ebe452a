import RingbackClient
import RingbackModel

/// Tries each transport, and reports problems that proxies cause.
enum TransportCheck {
    static func check(_ transport: Transport, _ client: RingbackClient, pollSeconds: Int) async -> Finding {
        do {
            for try await event in client.events(over: .only(transport)) {
                switch event.kind {
                case .connection(.connected): break
                case .connection(.lost(_, let error, _)): return finding(transport, error)
                default: continue
                }
                return transport == .longPoll ? try await poll(client, pollSeconds) : .fine("events arrive")
            }
            return .broken("it ended", advice: "See the server's log.")
        } catch let error as RingbackError {
            return finding(transport, error)
        } catch {
            return .broken("\(error)", advice: "See the server's log.")
        }
    }

    private static func finding(_ transport: Transport, _ error: RingbackError) -> Finding {
        let advice =
            switch (transport, error) {
            case (.webSocket, .unexpectedResponse), (.webSocket, .problem):
                "A proxy does not forward the upgrade. In nginx: proxy_http_version 1.1, and the headers Upgrade and Connection."
            case (.webSocket, _): "Something closes the connection; clients fall back to the stream."
            case (.sse, .transport(let failure)) where failure.kind == .timedOut:
                "A proxy buffers the stream. In nginx: proxy_buffering off."
            case (.sse, _): "Something interrupts the stream; clients fall back to long polls."
            case (.longPoll, _): "Clients have no other transport: see the logs of the proxy and the server."
            }
        return .broken("\(error)", advice: advice)
    }

    /// Waits as long as clients do, to detect a proxy that cuts long requests off.
    private static func poll(_ client: RingbackClient, _ seconds: Int) async throws -> Finding {
        let cursor = try await client.pollEvents(waitSeconds: 0).cursor
        let started = ContinuousClock.now
        let once = try RingbackClient(
            baseURL: client.baseURL, session: client.session, network: client.network,
            retries: RetryPolicy(maximumRetries: 0))
        do {
            _ = try await once.pollEvents(after: cursor, waitSeconds: seconds)
            return .fine("a poll may wait \(seconds) s")
        } catch let error as RingbackError {
            let waited = (ContinuousClock.now - started).components.seconds
            return .broken(
                "a poll was cut off after \(waited) s: \(error)",
                advice: "A proxy cuts long requests off. In nginx: proxy_read_timeout 90s.")
        }
    }
}
