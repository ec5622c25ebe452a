package import RingbackModel
import Synchronization

/// Single-use tickets for the two places where a browser can't set a header: `EventSource` and `WebSocket`.
///
/// In memory: a ticket lives for 30 s, and a client that loses one gets another.
package final class TicketBooth: Sendable {
    package static let lifetime: Duration = .seconds(30)
    private static let capacity = 100_000

    private struct Ticket {
        let holder: Participant
        let expiresAt: Timestamp
    }

    private let tickets = Mutex<[String: Ticket]>([:])

    package init() {}

    /// - Throws: ``Problem`` `rate_limited` when there are too many unused ones.
    package func issue(to holder: Participant, at now: Timestamp) throws -> String {
        let text = OpaqueText.random(bytes: 32)
        let isFull = tickets.withLock { tickets in
            if tickets.count >= Self.capacity { tickets = tickets.filter { $0.value.expiresAt > now } }
            guard tickets.count < Self.capacity else { return true }
            tickets[text] = Ticket(holder: holder, expiresAt: now + Self.lifetime)
            return false
        }
        if isFull { throw Problem(.rateLimited, "Too many unused tickets.", retryAfterSeconds: 30) }
        return text
    }

    /// Whose ticket it is; it is used up.
    package func redeem(_ text: String, at now: Timestamp) -> Participant? {
        guard let ticket = tickets.withLock({ $0.removeValue(forKey: text) }), ticket.expiresAt > now else {
            return nil
        }
        return ticket.holder
    }
}
