import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

struct SocketTicketsTests {
    private let all = SocketTickets()
    private let now = ManualTime.start

    @Test func `A ticket is good once`() {
        let ticket = all.issue(to: Cast.vasya, at: now)
        #expect(all.redeem(ticket, at: now) == Cast.vasya)
        #expect(all.redeem(ticket, at: now) == nil)
    }

    @Test func `A ticket is good for 30 seconds`() {
        let (early, late) = (all.issue(to: Cast.vasya, at: now), all.issue(to: Cast.vasya, at: now))
        #expect(all.redeem(early, at: now + .milliseconds(29_999)) == Cast.vasya)
        #expect(all.redeem(late, at: now + .seconds(30)) == nil)
        #expect(all.redeem(late, at: now) == nil, "used up all the same")
    }

    @Test func `Tickets are their holder's, and nobody's else`() {
        let tickets = Cast.devices.map { all.issue(to: $0, at: now) }
        #expect(Set(tickets).count == tickets.count)
        #expect(tickets.reversed().map { all.redeem($0, at: now) } == Cast.devices.reversed())
        #expect(all.redeem("", at: now) == nil)
        #expect(all.redeem("x", at: now) == nil)
    }

    @Test func `A device has at most 16 unused tickets, the newest`() {
        let tickets = (0..<17).map { _ in all.issue(to: Cast.vasya, at: now) }
        #expect(all.redeem(tickets[0], at: now) == nil)
        #expect(tickets.dropFirst().allSatisfy { all.redeem($0, at: now) == Cast.vasya })
    }

    @Test func `Old tickets are swept away, and new ones are not`() {
        let ticket = all.issue(to: Cast.vasya, at: now)
        all.sweep(at: now + .seconds(29))
        #expect(all.redeem(ticket, at: now + .seconds(29)) == Cast.vasya)
    }

    @Test func `A device that takes more and more tickets loses its oldest, and nobody else does`() {
        let other = all.issue(to: Cast.petya, at: now)
        let tickets = (0..<200).map { _ in all.issue(to: Cast.vasya, at: now) }
        #expect(all.redeem(tickets[0], at: now) == nil)
        #expect(all.redeem(tickets[199], at: now) == Cast.vasya)
        #expect(all.redeem(other, at: now) == Cast.petya)
    }

    @Test func `Sweeping leaves the tickets that are still good`() {
        let (old, new) = (all.issue(to: Cast.vasya, at: now), all.issue(to: Cast.vasya, at: now + .seconds(1)))
        all.sweep(at: now + .seconds(30))
        #expect(all.redeem(old, at: now) == nil)
        #expect(all.redeem(new, at: now + .seconds(30)) == Cast.vasya)
    }
}
