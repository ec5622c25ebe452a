package import RingbackModel
import Synchronization

/// Single-use tickets for the two places where a browser can't set a header: `EventSource` and `WebSocket`.
///
/// Kept in memory: a ticket is valid for 30 s, and a client that loses one requests another.
package final class SocketTickets: Sendable {
    package static let lifetime: Duration = .seconds(30)
    /// The maximum number of unused tickets of one device. A further one invalidates the oldest.
    private static let perDevice = 16

    private struct Ticket {
        let holder: Participant
        let expiresAt: Timestamp
    }

    private struct State {
        var tickets: [String: Ticket] = [:]
        var held: [Participant: [String]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    package func issue(to holder: Participant, at now: Timestamp) -> String {
        let text = OpaqueText.random(bytes: 32)
        state.withLock { state in
            var held = (state.held[holder] ?? []).filter { text in
                guard let ticket = state.tickets[text] else { return false }
                if ticket.expiresAt <= now { state.tickets[text] = nil }
                return ticket.expiresAt > now
            }
            while held.count >= Self.perDevice { state.tickets[held.removeFirst()] = nil }
            state.tickets[text] = Ticket(holder: holder, expiresAt: now + Self.lifetime)
            state.held[holder] = held + [text]
        }
        return text
    }

    /// Returns the device of a ticket and invalidates the ticket.
    package func redeem(_ text: String, at now: Timestamp) -> Participant? {
        guard OpaqueText.isValid(text) else { return nil }
        let ticket = state.withLock { state -> Ticket? in
            guard let ticket = state.tickets.removeValue(forKey: text) else { return nil }
            state.held[ticket.holder]?.removeAll { $0 == text }
            if state.held[ticket.holder]?.isEmpty == true { state.held[ticket.holder] = nil }
            return ticket
        }
        guard let ticket, ticket.expiresAt > now else { return nil }
        return ticket.holder
    }

    /// Removes expired tickets. Call periodically.
    package func sweep(at now: Timestamp) {
        state.withLock { state in
            state.tickets = state.tickets.filter { $0.value.expiresAt > now }
            state.held = state.held.compactMapValues { held in
                let held = held.filter { state.tickets[$0] != nil }
                return held.isEmpty ? nil : held
            }
        }
    }
}
