package import RingbackModel

/// A ticket: for whom it opens a stream or a socket, and until when.
package struct Ticket: Sendable, Hashable {
    /// SHA-256 of its text.
    package var hash: [UInt8]
    package var holder: SignIn
    package var expiresAt: Timestamp

    package init(hash: [UInt8], holder: SignIn, expiresAt: Timestamp) {
        self.hash = hash
        self.holder = holder
        self.expiresAt = expiresAt
    }
}

/// The tickets that have not been used. They live for seconds, and whoever loses one gets another: a store of one process may
/// keep them in memory.
package protocol TicketStore: Sendable {
    /// Adds a ticket, and removes the oldest of its device beyond `limit`.
    func insert(_ ticket: Ticket, limit: Int) async throws
    /// Removes a ticket. Of several who ask for the same one, on whichever node, one gets it.
    func take(hash: [UInt8]) async throws -> Ticket?
    /// Removes what nobody used in time. To be called now and then.
    func removeTickets(expiredBy moment: Timestamp) async throws
}
