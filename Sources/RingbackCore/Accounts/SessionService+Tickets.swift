import RingbackModel

/// Single-use tickets for the two places where a browser can't set a header: `EventSource` and `WebSocket`.
extension SessionService {
    package static let ticketLifetime: Duration = .seconds(30)
    /// Unused tickets of one device; another one voids the oldest.
    private static let ticketsPerDevice = 16

    /// A new ticket's text: 256 random bits in base64url.
    package func issueTicket(to holder: SignIn) async throws -> String {
        let text = OpaqueText.random(bytes: 32)
        let ticket = Ticket(hash: Self.hash(text), holder: holder, expiresAt: time.now + Self.ticketLifetime)
        try await store.tickets.insert(ticket, limit: Self.ticketsPerDevice)
        return text
    }

    /// Uses a ticket up.
    ///
    /// - Returns: Whose it was; `nil` for one that was used, has expired, or is none.
    /// - Throws: ``Problem`` `unauthenticated`, `token_expired` when the sign-in that it was given to is over.
    package func redeem(_ ticket: String) async throws -> Principal? {
        guard OpaqueText.isValid(ticket), let ticket = try await store.tickets.take(hash: Self.hash(ticket)),
            ticket.expiresAt > time.now
        else { return nil }
        return try await principal(of: ticket.holder)
    }
}
