import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

struct LiveCallsTests {
    @Test func `A caller is busy at once, a callee once a device has accepted`() throws {
        let live = LiveCalls()
        var driven = DrivenCall()
        #expect(live.update([driven.call]).users == [Cast.vasya.userId])
        #expect(live.isBusy(Cast.vasya.userId) && !live.isBusy(Cast.petya.userId))
        #expect(live.calls(of: Cast.vasya) == [])
        try driven.perform(.accept, by: Cast.petya)
        let accepted = live.update([driven.call])
        #expect(accepted.users == [Cast.petya.userId] && accepted.joined == [Cast.vasya, Cast.petya])
        #expect(live.isBusy(Cast.petya.userId))
        #expect(live.calls(of: Cast.petya) == [driven.call.id] && live.calls(of: Cast.petyaTablet) == [])
        #expect(live.update([driven.call]).users == [], "nothing new")
        try driven.perform(.hangUp(.completed), by: Cast.vasya)
        let ended = live.update([driven.call])
        #expect(ended.users == [Cast.vasya.userId, Cast.petya.userId] && ended.joined == [])
        #expect(live.count == 0 && !live.isBusy(Cast.vasya.userId) && live.calls(of: Cast.vasya) == [])
    }

    @Test func `A blocked caller's call does not make the callee busy`() {
        let live = LiveCalls()
        _ = live.update([DrivenCall(reception: .concealed).call])
        #expect(!live.isBusy(Cast.petya.userId) && live.isBusy(Cast.vasya.userId))
    }

    @Test func `A user in two calls is busy until both have ended`() throws {
        let live = LiveCalls()
        var calls = (0..<2).map { Cast.invitedCall(id: Cast.callID($0)) }
        for index in calls.indices { _ = try calls[index].apply(.accept, by: Cast.petya, at: ManualTime.start) }
        #expect(Set(live.update(calls).users) == [Cast.vasya.userId, Cast.petya.userId])
        #expect(live.calls(of: Cast.petya).count == 2)
        _ = calls[0].endByAdministrator(at: ManualTime.start)
        _ = live.update([calls[0]])
        #expect(live.isBusy(Cast.petya.userId) && live.calls(of: Cast.petya) == [Cast.callID(1)])
        _ = calls[1].endByAdministrator(at: ManualTime.start)
        _ = live.update([calls[1]])
        #expect(!live.isBusy(Cast.petya.userId))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `Whatever happens to calls, it knows what the calls say`(seed: UInt64) {
        let live = LiveCalls()
        var calls = (0..<6).map { RandomCall(seed: seed * 100 + UInt64($0), id: Cast.callID($0)) }
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<120 {
            let index = generator.number(below: calls.count)
            calls[index].step()
            _ = live.update([calls[index].call])
        }
        _ = live.update(calls.map(\.call))
        let states = calls.map(\.call)
        #expect(live.count == states.count { $0.isLive })
        #expect(live.isBusy(Cast.vasya.userId) == states.contains { $0.isLive })
        #expect(live.isBusy(Cast.petya.userId) == states.contains { $0.isUnderWay })
        for device in Cast.devices {
            let expected = states.filter { $0.isUnderWay && $0.side(of: device) != nil }.map(\.id)
            #expect(live.calls(of: device) == Set(expected), "seed \(seed)")
        }
    }
}
