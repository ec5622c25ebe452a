package import RingbackModel
import Synchronization

/// Single-use tickets for the two places where a browser can't set a header: `EventSource` and `WebSocket`.
///
/// In memory: a ticket lives for 30 s, and a client that loses one gets another.
package final class SocketTickets: Sendable {
    package static let lifetime: Duration = .seconds(30)
    /// Unused tickets of one device; another one voids the oldest.
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

    /// Whose ticket it is; it is used up.
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

    /// Forgets tickets that nobody used in time. To be called now and then.
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
