import CurlTransport
package import Logging
import RingbackModel
import Synchronization

/// The keys at a URL. They are cached, and fetched again when they are old or a token names an unknown one. If the URL
/// can't be reached, the cached keys stay in use.
package final class RemoteKeys: Sendable {
    /// Where the keys are.
    package enum Location: Sendable, Hashable {
        /// A JWK Set.
        case keySet(String)
        /// An issuer, whose document says where its JWK Set is (OpenID Connect Discovery 1.0, section 4).
        case issuer(String)
    }

    private struct State {
        var keys: KeySet?
        var refresh = KeyRefresh()
        var isFetching = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private static let timeout: Duration = .seconds(5)

    private let location: Location
    private let logger: Logger
    private let driver: CurlDriver
    private let options: CurlOptions
    private let state = Mutex(State())

    package init(_ location: Location, certificateAuthorities: String? = nil, logger: Logger) {
        (self.location, self.logger) = (location, logger)
        driver = CurlDriver(connectionsPerHost: 2)
        options = CurlOptions(certificateAuthorities: certificateAuthorities, connectTimeout: Self.timeout)
    }

    /// Keeps the keys fresh until it is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await fetch(.age)
            try? await Task.sleep(for: KeyRefresh.pause)
        }
    }

    /// The keys; fetches them when there are none.
    func current() async -> KeySet? {
        if state.withLock({ $0.keys == nil }) { await fetch(.age) }
        return state.withLock(\.keys)
    }

    /// Fetches the keys at once because a token names one that is not among them, unless that was done just now.
    func currentForUnknownKey() async -> KeySet? {
        await fetch(.unknownKey)
        return state.withLock(\.keys)
    }

    private func fetch(_ reason: KeyRefresh.Reason) async {
        if begins(reason) { return await fetchNow() }
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.isFetching { state.waiters.append(continuation) }
                return state.isFetching
            }
            if !waits { continuation.resume() }
        }
    }

    private func begins(_ reason: KeyRefresh.Reason) -> Bool {
        state.withLock { state in
            guard !state.isFetching, state.refresh.begins(reason, at: .now) else { return false }
            state.isFetching = true
            return true
        }
    }

    private func fetchNow() async {
        let keys = await fetched()
        let waiters = state.withLock { state in
            if let keys {
                state.keys = keys
                state.refresh.succeeded(at: .now)
            }
            state.isFetching = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func fetched() async -> KeySet? {
        do {
            let url =
                switch location {
                case .keySet(let url): url
                case .issuer(let issuer): try await discovered(issuer)
                }
            return try await KeySet.jwks(get(url))
        } catch {
            logger.warning("the keys of the platform's tokens were not fetched", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private func discovered(_ issuer: String) async throws -> String {
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let document = try? JSONSlice(parsing: try await get("\(base)/.well-known/openid-configuration"))
        guard let document, document["issuer"]?.isString(issuer) == true else {
            throw VerificationKey.Unusable(description: "the issuer's document is not JSON or names another issuer")
        }
        guard let url = document["jwks_uri"]?.string else {
            throw VerificationKey.Unusable(description: "the issuer's document has no jwks_uri")
        }
        guard KeyURL.isAcceptable(url), KeyURL.isSecure(url) || !KeyURL.isSecure(issuer) else {
            throw VerificationKey.Unusable(description: "the jwks_uri of the issuer's document is not an https: URL")
        }
        return url
    }

    private func get(_ url: String) async throws -> [UInt8] {
        var request = CurlRequest(url: url, options: options)
        request.timeout = Self.timeout
        request.maximumBytes = KeySet.maximumBytes
        // Keys come from where the operator says, and from nowhere else.
        request.maximumRedirects = 0
        request.headers = [("Accept", "application/json, */*;q=0.1"), ("User-Agent", "Ringback")]
        let response = try await driver.perform(CurlTransfer(request))
        guard response.head.status == 200 else {
            throw VerificationKey.Unusable(description: "\(url) answers \(response.head.status)")
        }
        return response.body
    }
}

/// Which URLs keys may come from.
package enum KeyURL {
    static func isSecure(_ url: String) -> Bool { url.lowercased().hasPrefix("https://") }

    /// `https:`, and `http:` to this machine.
    package static func isAcceptable(_ url: String) -> Bool {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), url.utf8.count <= 2048 else { return false }
        let lower = url.lowercased()
        // No user and password: what looks like the host may be the user.
        guard !lower.prefix(while: { $0 != "?" }).contains("@") else { return false }
        if isSecure(url) { return lower.utf8.count > 8 }
        return ["http://localhost", "http://127.0.0.1", "http://[::1]"].contains { host in
            lower.hasPrefix(host) && [":", "/", nil].contains(lower.dropFirst(host.count).first)
        }
    }
}
