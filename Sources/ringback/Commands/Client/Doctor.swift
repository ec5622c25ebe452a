import ArgumentParser
import Foundation
import RingbackClient
import RingbackCore
import RingbackModel

/// `ringback doctor`
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a server and the connection to it, or its database, and suggest fixes.",
        discussion: """
            With a URL, checks the connection to the server, TLS, the clocks, each transport, and the STUN and TURN servers. The \
            checks that need a token require `ringback login` first. With --database, checks the settings and the schema of the \
            database that the server uses; `ringback check` also reads its contents. The exit code is 4 if a check has failed.
            """)

    @Argument(help: "The server: https://ringback.example.org; by default only the database is checked.")
    var url: String?

    @Option(help: "Seconds that the long poll of the check waits; clients wait 25.")
    var pollSeconds = 25

    @Option(help: "A file of PEM certificates to trust instead of the system's.", completion: .file())
    var certificateAuthorities: String?

    @OptionGroup var options: ClientOptions

    @OptionGroup var storage: DatabaseOptions

    func validate() throws {
        guard url != nil || storage.isGiven || ProcessInfo.processInfo.environment["RINGBACK_DATABASE"] != nil else {
            throw ValidationError("Specify the URL of a server, its database with --database, or both.")
        }
        guard Limits.waitSeconds.contains(pollSeconds) else { throw ValidationError("poll-seconds must be 0 to 60.") }
    }

    func run() async throws {
        try await reporting {
            // A postgresql:// URL in the place of the server's is taken for what it is.
            if let url, url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") {
                throw CommandError("That is the URL of a database. Write ringback doctor --database URL")
            }
            var isHealthy = true
            if url == nil || storage.isGiven {
                let database = try storage.location(storage.source())
                try database.requireExistence()
                Terminal.note("…    database: asking \(database)")
                isHealthy = database.report(.settings)
            }
            if let url { isHealthy = try await isHealthyServer(at: ServerURL.parse(url)) && isHealthy }
            if !isHealthy { throw CommandError("Something is broken; see above.", code: .unhealthy) }
        }
    }

    private func isHealthyServer(at url: URL) async throws -> Bool {
        let login = (try? StoredLogin.load(options.profile)).flatMap { $0.isAt(url) ? $0 : nil }
        let network = NetworkOptions(
            certificateAuthorities: certificateAuthorities ?? login?.certificateAuthorities,
            connectTimeout: .seconds(5))
        let client = try RingbackClient(
            baseURL: url, session: login?.session, network: network, retries: RetryPolicy(maximumRetries: 1))
        var isHealthy = true
        func report(_ place: String, _ finding: Finding) {
            finding.show(place)
            if finding.isBroken { isHealthy = false }
        }
        // Announces checks that take long.
        func look(at place: String, _ words: String = "") { Terminal.note("…    \(place)\(words)") }
        look(at: "server", ": asking \(url.absoluteString)")
        let reached = await reach(client)
        report("server", reached)
        guard !reached.isBroken else { throw CommandError("The other checks need the server.", code: .unhealthy) }
        report("tls", security(url))
        report("clock", await clock(client))
        if client.session == nil {
            report("sign-in", .skipped("not signed in; the remaining checks need it: ringback login \(url) USER"))
        } else {
            do {
                let me = try await client.getMe()
                report("sign-in", .fine("signed in as \(me.userId)"))
                for transport in Transport.allCases {
                    look(at: transport.rawValue, transport == .longPoll ? ": waiting \(pollSeconds) s" : "")
                    report(
                        transport.rawValue,
                        await TransportCheck.check(transport, client, pollSeconds: pollSeconds))
                }
                look(at: "ice")
                for (place, finding) in await iceServers(client) { report(place, finding) }
            } catch let error as RingbackError {
                let advice =
                    error.status == 401
                    ? "Sign in again: ringback login \(url) USER" : "See the server's log."
                report("sign-in", .broken("\(error)", advice: advice))
            }
        }
        return isHealthy
    }

    private func reach(_ client: RingbackClient) async -> Finding {
        do {
            let status = try await client.getReadiness()
            guard status == "ready" else {
                return .broken(
                    "not ready: \(status)", advice: "It is shutting down or can't use its database; see its log.")
            }
            return .fine("ready")
        } catch let error as RingbackError where error.status == 404 {
            // With a management port, readiness is not public.
            guard (try? await client.getHealth()) != nil else {
                return .broken("\(error)", advice: "This is not a Ringback server, or a proxy responds in its place.")
            }
            return .fine("it responds; readiness is reported on its management port")
        } catch RingbackError.transport(let failure) {
            if let plain = await ServerURL.plain(client.baseURL) {
                return .broken(
                    "it has no TLS on this port",
                    advice: "Ask \(plain.absoluteString), or put a proxy with TLS before the server.")
            }
            return .broken(failure.detail, advice: ServerURL.advice(failure, client.baseURL))
        } catch let error as RingbackError {
            return .broken(
                "\(error)", advice: "This is not a Ringback server, or a proxy responds in its place.")
        } catch {
            return .broken("\(error)", advice: "See the server's log.")
        }
    }

    private func security(_ url: URL) -> Finding {
        if url.scheme?.lowercased() == "https" { return .fine("the certificate is trusted and valid for this name") }
        if ["localhost", "127.0.0.1", "::1"].contains(url.host() ?? "") {
            return .skipped("not needed on this machine")
        }
        return .warning(
            "the connection is not encrypted",
            advice:
                "Passwords and tokens can be intercepted, and browsers deny the camera: put a TLS proxy in front of it."
        )
    }

    private func clock(_ client: RingbackClient) async -> Finding {
        do {
            let skew = try await client.clockSkew()
            let seconds = skew.components.seconds
            guard abs(seconds) > 30 else { return .fine("agrees with the server's within \(abs(seconds) + 1) s") }
            return .warning(
                "this machine's is \(abs(seconds)) s \(seconds < 0 ? "behind" : "ahead of") the server's",
                advice: "Synchronize both by NTP: TURN credentials depend on the clock.")
        } catch {
            return .skipped("the server's responses have no Date")
        }
    }

    private func iceServers(_ client: RingbackClient) async -> [(String, Finding)] {
        let servers: [ICEServer]
        do {
            servers = try await client.getICEServers().servers
        } catch {
            return [("ice", .broken("\(error)", advice: "See the server's log."))]
        }
        guard !servers.isEmpty else {
            return [
                (
                    "ice",
                    .warning(
                        "no STUN and TURN servers are configured",
                        advice: "Calls between two networks need them: --stun-urls, --turn-urls and --turn-secret.")
                )
            ]
        }
        var findings: [(String, Finding)] = []
        for server in servers {
            for url in server.urls {
                let finding = await ICECheck.check(
                    url, server, certificateAuthorities: client.network.certificateAuthorities)
                findings.append((Terminal.clean(url), finding))
            }
        }
        return findings
    }
}
