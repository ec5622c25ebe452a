package import RingbackModel

/// Single-use tickets for the two places where a browser can't set a header: `EventSource` and `WebSocket`.
extension SessionService {
    package static let ticketLifetime: Duration = .seconds(30)
    /// The maximum number of unused tickets of a device. A further one invalidates the oldest.
    private static let ticketsPerDevice = 16

    /// Issues a ticket: 256 random bits in base64url.
    ///
    /// - Parameter end: When the holder's token expires: what the ticket opens ends then.
    package func issueTicket(to holder: SignIn, until end: Timestamp) async throws -> String {
        let text = OpaqueText.random(bytes: 32)
        let ticket = Ticket(
            hash: Self.hash(text), holder: holder, expiresAt: time.now + Self.ticketLifetime, holderUntil: end)
        try await store.tickets.insert(ticket, limit: Self.ticketsPerDevice)
        return text
    }

    /// Redeems a ticket.
    ///
    /// - Returns: The holder; `nil` if the ticket is unknown, was used or has expired.
    /// - Throws: ``Problem`` `unauthenticated` or `token_expired` if the sign-in that it was issued to has ended.
    package func redeem(_ ticket: String) async throws -> Principal? {
        guard OpaqueText.isValid(ticket), let ticket = try await store.tickets.take(hash: Self.hash(ticket)),
            ticket.expiresAt > time.now
        else { return nil }
        guard ticket.holderUntil > time.now, case .device(let signIn, let end) = try await principal(of: ticket.holder)
        else { throw Problem(.tokenExpired, "Sign in again.") }
        return .device(signIn, expiresAt: min(end, ticket.holderUntil))
    }
}
