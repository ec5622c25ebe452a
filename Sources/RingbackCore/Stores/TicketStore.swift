package import RingbackModel

/// A ticket, which opens one stream or socket.
package struct Ticket: Sendable, Hashable {
    /// The SHA-256 hash of the text.
    package var hash: [UInt8]
    package var holder: SignIn
    package var expiresAt: Timestamp
    /// When the token of the holder expires.
    package var holderUntil: Timestamp

    package init(hash: [UInt8], holder: SignIn, expiresAt: Timestamp, holderUntil: Timestamp) {
        self.hash = hash
        self.holder = holder
        self.expiresAt = expiresAt
        self.holderUntil = holderUntil
    }
}

/// The unused tickets. They are valid for seconds and easily replaced, so a store with a single process may keep them
/// in memory.
package protocol TicketStore: Sendable {
    /// Adds a ticket, and removes the oldest tickets of the device beyond `limit`.
    func insert(_ ticket: Ticket, limit: Int) async throws
    /// Removes and returns a ticket. Of concurrent calls for the same ticket, on any node, only one gets it.
    func take(hash: [UInt8]) async throws -> Ticket?
    /// Removes expired tickets. Must be called regularly.
    func removeTickets(expiredBy moment: Timestamp) async throws
}
