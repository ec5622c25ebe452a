import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

/// How many live calls may have been begun from one address.
struct AddressCallsTests {
    private let office = IPAddress("192.0.2.1")!

    private func ended(_ call: CallID) -> CallState {
        var state = Cast.invitedCall(id: call)
        _ = state.advance(to: ManualTime.start + .seconds(600), timing: CallTiming())
        return state
    }

    @Test func `Calls count until they have ended`() throws {
        let calls = AddressCalls(maximum: 2)
        for number in 0..<2 {
            try calls.check(office)
            calls.began(Cast.callID(number), from: office)
        }
        let problem = #expect(throws: Problem.self) { try calls.check(office) }
        #expect(problem?.code == .rateLimited && problem?.retryAfterSeconds == 10)
        try calls.check(IPAddress("192.0.2.2"))
        try calls.check(nil)
        calls.changed([Cast.invitedCall(id: Cast.callID(0))])
        #expect(throws: Problem.self) { try calls.check(office) }
        calls.changed([ended(Cast.callID(0)), ended(Cast.callID(7))])
        try calls.check(office)
    }

    @Test func `A repeated invitation counts once, and so do the addresses of a subscriber`() throws {
        let calls = AddressCalls(maximum: 2)
        for text in ["2001:db8::1", "2001:db8::2"] { calls.began(Cast.callID(), from: IPAddress(text)!) }
        try calls.check(IPAddress("2001:db8::3"))
        calls.began(Cast.callID(1), from: IPAddress("2001:db8::1")!)
        #expect(throws: Problem.self) { try calls.check(IPAddress("2001:db8::3")) }
    }

    @Test func `Addresses that approach the maximum are compared with the store, and not again at once`() {
        let calls = AddressCalls(maximum: 16)
        for number in 0..<7 { calls.began(Cast.callID(number), from: office) }
        #expect(calls.takeUnchecked(all: false).isEmpty)
        calls.began(Cast.callID(7), from: office)
        #expect(calls.takeUnchecked(all: false).count == 8)
        #expect(calls.takeUnchecked(all: false).isEmpty)
        #expect(calls.takeUnchecked(all: true).count == 8)
    }
}
