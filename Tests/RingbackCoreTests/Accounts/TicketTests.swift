import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Tickets and the sign-ins that they are issued to.
struct TicketTests {
    private let exchange: Exchange
    private let sessions: SessionService

    init() async throws {
        exchange = try await Exchange.withCast()
        sessions = SessionService(
            store: exchange.store, hasher: PasswordHasher(costExponent: 4), time: exchange.time,
            lifetime: .seconds(3600), administratorToken: nil)
    }

    private func signIn(_ device: DeviceID? = nil) async throws -> SignIn {
        let session = try await sessions.open(Cast.vasya.userId, deviceName: nil, device: device)
        guard case .device(let signIn, _) = try await sessions.authenticate(session.token) else {
            preconditionFailure("a device")
        }
        return signIn
    }

    private func isGood(_ ticket: String, for signIn: SignIn) async throws -> Bool {
        guard case .device(signIn, _) = try await sessions.redeem(ticket) else { return false }
        return true
    }

    @Test func `A ticket is valid once, for the sign-in that it was issued to`() async throws {
        let (phone, laptop) = (try await signIn(), try await signIn())
        let (forPhone, forLaptop) = try await (
            sessions.issueTicket(to: phone, until: exchange.time.now + .seconds(600)),
            sessions.issueTicket(to: laptop, until: exchange.time.now + .seconds(600))
        )
        #expect(forPhone != forLaptop)
        #expect(try await isGood(forLaptop, for: laptop))
        #expect(try await isGood(forPhone, for: phone))
        #expect(try await sessions.redeem(forPhone) == nil)
        for none in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA"] { #expect(try await sessions.redeem(none) == nil) }
    }

    @Test func `A ticket is valid for 30 seconds`() async throws {
        let phone = try await signIn()
        let (early, late) = try await (
            sessions.issueTicket(to: phone, until: exchange.time.now + .seconds(600)),
            sessions.issueTicket(to: phone, until: exchange.time.now + .seconds(600))
        )
        exchange.time.advance(by: .milliseconds(29_999))
        #expect(try await isGood(early, for: phone))
        exchange.time.advance(by: .milliseconds(1))
        #expect(try await sessions.redeem(late) == nil)
    }

    @Test func `A device has at most 16 unused tickets, the newest`() async throws {
        let phone = try await signIn()
        var tickets: [String] = []
        for _ in 0..<17 {
            tickets.append(try await sessions.issueTicket(to: phone, until: exchange.time.now + .seconds(600)))
        }
        #expect(try await sessions.redeem(tickets[0]) == nil)
        for ticket in tickets.dropFirst() { #expect(try await isGood(ticket, for: phone)) }
    }

    /// With a stolen token, an attacker could create a ticket, wait until the owner signed the device in again, and
    /// open a socket, over which the next ticket could be created.
    @Test func `A ticket that was created with a stolen token is invalid once its owner signs in again`() async throws {
        let stolen = try await signIn()
        let ticket = try await sessions.issueTicket(to: stolen, until: exchange.time.now + .seconds(600))
        let owner = try await signIn(stolen.participant.deviceId)
        #expect(owner.participant == stolen.participant && owner != stolen)
        let problem = await #expect(throws: Problem.self) { try await sessions.redeem(ticket) }
        #expect(problem?.code == .unauthenticated)
        #expect(try await isGood(sessions.issueTicket(to: owner, until: exchange.time.now + .seconds(600)), for: owner))
    }
}
