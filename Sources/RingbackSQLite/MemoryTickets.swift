import RingbackCore
import RingbackModel
import Synchronization

/// Keeps tickets in memory, because only one process uses the database.
final class MemoryTickets: TicketStore {
    private struct State {
        var tickets: [[UInt8]: Ticket] = [:]
        /// The hashes of the tickets of each device, the oldest first.
        var held: [DeviceID: [[UInt8]]] = [:]

        mutating func remove(_ hash: [UInt8]) -> Ticket? {
            guard let ticket = tickets.removeValue(forKey: hash) else { return nil }
            let device = ticket.holder.participant.deviceId
            held[device]?.removeAll { $0 == hash }
            if held[device]?.isEmpty == true { held[device] = nil }
            return ticket
        }
    }

    private let state = Mutex(State())

    func insert(_ ticket: Ticket, limit: Int) {
        let device = ticket.holder.participant.deviceId
        state.withLock { state in
            while let oldest = state.held[device]?.first, state.held[device, default: []].count >= limit {
                _ = state.remove(oldest)
            }
            state.tickets[ticket.hash] = ticket
            state.held[device, default: []].append(ticket.hash)
        }
    }

    func take(hash: [UInt8]) -> Ticket? { state.withLock { $0.remove(hash) } }

    func removeTickets(expiredBy moment: Timestamp) {
        state.withLock { state in
            for (hash, ticket) in state.tickets where ticket.expiresAt <= moment { _ = state.remove(hash) }
        }
    }
}
