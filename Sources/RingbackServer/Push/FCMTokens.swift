import CurlTransport
import RingbackCore
import RingbackModel
import Synchronization

/// The access token for FCM. It is fetched once for all who need it, and again shortly before it expires.
final class FCMTokens: Sendable {
    /// Before its expiry, a token is not used any more for so long.
    static let margin: Duration = .seconds(300)

    /// There is no token.
    struct Failure: Error, Sendable, Hashable {
        var reason: String
        var retryAfter: Duration?
        /// Whether the server's key was not accepted.
        var isDenied = false
    }

    private struct State {
        var token: (text: String, until: MonotonicTime)?
        var failure = Failure(reason: "no access token")
        var isFetching = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let time: any Timekeeper
    private let fetch: @Sendable () async throws(Failure) -> (text: String, lifetime: Duration)
    private let state = Mutex(State())

    /// - Parameter fetch: Gets a new token and how long it is valid.
    init(
        time: any Timekeeper, fetch: @escaping @Sendable () async throws(Failure) -> (text: String, lifetime: Duration)
    ) {
        self.time = time
        self.fetch = fetch
    }

    /// A valid token; fetches one if there is none.
    func current() async throws(Failure) -> String {
        if let token = valid { return token }
        if begins() { await fetchNow() } else { await fetched() }
        guard let token = valid else { throw state.withLock(\.failure) }
        return token
    }

    /// FCM does not accept a token.
    func refused(_ token: String) {
        state.withLock { state in
            if state.token?.text == token { state.token = nil }
        }
    }

    private var valid: String? {
        let now = time.monotonic
        return state.withLock { state in state.token.flatMap { $0.until > now ? $0.text : nil } }
    }

    private func begins() -> Bool {
        state.withLock { state in
            defer { state.isFetching = true }
            return !state.isFetching
        }
    }

    private func fetched() async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                if state.isFetching { state.waiters.append(continuation) }
                return state.isFetching
            }
            if !waits { continuation.resume() }
        }
    }

    private func fetchNow() async {
        let result: Result<(text: String, lifetime: Duration), Failure>
        do {
            result = .success(try await fetch())
        } catch {
            result = .failure(error)
        }
        let now = time.monotonic
        let waiters = state.withLock { state in
            switch result {
            case .success(let new): state.token = (new.text, now + max(new.lifetime - Self.margin, .seconds(1)))
            case .failure(let failure): state.failure = failure
            }
            state.isFetching = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
