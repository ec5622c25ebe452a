import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

struct TicketBoothTests {
    private let booth = TicketBooth()
    private let now = ManualTime.start

    @Test func `A ticket is good once`() {
        let ticket = booth.issue(to: Cast.vasya, at: now)
        #expect(booth.redeem(ticket, at: now) == Cast.vasya)
        #expect(booth.redeem(ticket, at: now) == nil)
    }

    @Test func `A ticket is good for 30 seconds`() {
        let (early, late) = (booth.issue(to: Cast.vasya, at: now), booth.issue(to: Cast.vasya, at: now))
        #expect(booth.redeem(early, at: now + .milliseconds(29_999)) == Cast.vasya)
        #expect(booth.redeem(late, at: now + .seconds(30)) == nil)
        #expect(booth.redeem(late, at: now) == nil, "used up all the same")
    }

    @Test func `Tickets are their holder's, and nobody's else`() {
        let tickets = Cast.devices.map { booth.issue(to: $0, at: now) }
        #expect(Set(tickets).count == tickets.count)
        #expect(tickets.reversed().map { booth.redeem($0, at: now) } == Cast.devices.reversed())
        #expect(booth.redeem("", at: now) == nil)
        #expect(booth.redeem("x", at: now) == nil)
    }

    @Test func `A device has at most 16 unused tickets, the newest`() {
        let tickets = (0..<17).map { _ in booth.issue(to: Cast.vasya, at: now) }
        #expect(booth.redeem(tickets[0], at: now) == nil)
        #expect(tickets.dropFirst().allSatisfy { booth.redeem($0, at: now) == Cast.vasya })
    }

    @Test func `Old tickets are swept away, and new ones are not`() {
        let ticket = booth.issue(to: Cast.vasya, at: now)
        booth.sweep(at: now + .seconds(29))
        #expect(booth.redeem(ticket, at: now + .seconds(29)) == Cast.vasya)
    }

    @Test func `A device that takes more and more tickets loses its oldest, and nobody else does`() {
        let other = booth.issue(to: Cast.petya, at: now)
        let tickets = (0..<200).map { _ in booth.issue(to: Cast.vasya, at: now) }
        #expect(booth.redeem(tickets[0], at: now) == nil)
        #expect(booth.redeem(tickets[199], at: now) == Cast.vasya)
        #expect(booth.redeem(other, at: now) == Cast.petya)
    }

    @Test func `Sweeping leaves the tickets that are still good`() {
        let (old, new) = (booth.issue(to: Cast.vasya, at: now), booth.issue(to: Cast.vasya, at: now + .seconds(1)))
        booth.sweep(at: now + .seconds(30))
        #expect(booth.redeem(old, at: now) == nil)
        #expect(booth.redeem(new, at: now + .seconds(30)) == Cast.vasya)
    }
}
