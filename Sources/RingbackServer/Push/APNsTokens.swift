import RingbackCore
import RingbackModel
import Synchronization

/// The token with which the server authenticates to APNs. Apple accepts one that is at most an hour old, and wants no
/// more than one in 20 minutes.
final class APNsTokens: Sendable {
    static let lifetime: Duration = .seconds(40 * 60)
    static let shortestLifetime: Duration = .seconds(20 * 60)

    private struct State {
        var token: (text: String, issuedAt: MonotonicTime)?
        /// When a token was refused last.
        var refusedAt: MonotonicTime?
    }

    private let settings: APNsSettings
    private let state = Mutex(State())

    init(_ settings: APNsSettings) { self.settings = settings }

    func current(at now: Moment) throws -> String {
        try state.withLock { state in
            if let token = state.token, now.monotonic - token.issuedAt < Self.lifetime { return token.text }
            return try issue(&state, at: now)
        }
    }

    /// A token in place of one that APNs says has expired.
    ///
    /// - Returns: `nil` if that has happened just now already: another one would not be better.
    func renewed(after refused: String, at now: Moment) throws -> String? {
        try state.withLock { state in
            if let token = state.token, token.text != refused { return token.text }
            if let last = state.refusedAt, now.monotonic - last < Self.shortestLifetime { return nil }
            state.refusedAt = now.monotonic
            return try issue(&state, at: now)
        }
    }

    private func issue(_ state: inout State, at now: Moment) throws -> String {
        let text = try settings.token(at: now.wall)
        state.token = (text, now.monotonic)
        return text
    }
}
