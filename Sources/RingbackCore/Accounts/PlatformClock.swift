import RingbackModel
import Synchronization

/// How far the clock of the platform is ahead of this server's, by the tokens that were received.
///
/// If it is, a token that was issued before a sign-out may have a later `iat`.
final class PlatformClock: Sendable {
    /// How long a difference is assumed to last: clocks are corrected.
    private static let memory: Duration = .seconds(3600)

    private let largest = Mutex<(lead: Duration, receivedAt: Timestamp)?>(nil)

    /// A token was received that was issued then, by the clock of the platform.
    func received(_ issuedAt: Timestamp, at now: Timestamp) {
        let lead = issuedAt - now
        guard lead > .zero else { return }
        largest.withLock { largest in
            if let known = largest, known.lead > lead, now - known.receivedAt < Self.memory { return }
            largest = (lead, now)
        }
    }

    /// The latest time that the clock of the platform may show now; never before `now`.
    func latest(at now: Timestamp) -> Timestamp {
        largest.withLock { largest in
            guard let known = largest, now - known.receivedAt < Self.memory else { return now }
            return now + known.lead
        }
    }
}
