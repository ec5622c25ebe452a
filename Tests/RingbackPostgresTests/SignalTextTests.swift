import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackPostgres

/// What notifications carry from one node to another.
struct SignalTextTests {
    private let vasya = Cast.vasya.userId

    private func event(_ position: Int64, _ members: String, only: DeviceID? = nil, except: DeviceID? = nil)
        -> StoredEvent
    {
        StoredEvent(
            user: vasya, position: position, only: only, except: except,
            body: EventBody(members: Array(members.utf8), type: .callCandidates, time: ManualTime.start))
    }

    /// Takes each payload by itself, as a listener does.
    private func carried(_ text: SignalText) -> SignalText {
        var heard = SignalText()
        for payload in text.payloads(from: "node") {
            #expect(payload.utf8.count < 8000 && SignalText.sender(of: payload) == "node")
            heard.read(payload)
        }
        return heard
    }

    @Test func `Everything arrives as it was`() throws {
        var text = SignalText()
        text.committedAt = ManualTime.start
        text.presence = [Cast.petya.userId]
        text.revoked = [SignIn(Cast.petya, generation: 7)]
        text.watching = [Cast.vasyaTablet]
        text.add(event(8, #""type":"call.candidates","data":{"text":"a  b é 🌂 \n g vasya 99"}"#))
        text.add(event(9, #""data":{}"#, only: Cast.vasya.deviceId))
        text.add(event(10, #""data":{}"#, except: Cast.vasyaTablet.deviceId))
        let heard = carried(text)
        #expect(heard.grew == [vasya: 10] && heard.presence == text.presence && heard.committedAt == text.committedAt)
        #expect(heard.revoked == text.revoked && heard.watching == text.watching)
        #expect(heard.events.map(\.position) == [8, 9, 10])
        for (event, original) in zip(heard.events, text.events) {
            #expect(event.user == vasya && event.only == original.only && event.except == original.except)
            #expect(event.body.members == original.body.members && event.body.type == original.body.type)
            #expect(event.body.time == original.body.time)
        }
    }

    /// Whoever lacks one of them reads.
    @Test(arguments: [
        String(repeating: "x", count: 7500), "\"data\":\n{}", "\"data\":\t{}",
    ])
    func `An event that finds no room, or is not one line, is only told of`(members: String) {
        var text = SignalText()
        text.add(event(1, "\"data\":{}"))
        text.add(event(2, members))
        text.add(event(3, "\"data\":{}"))
        let heard = carried(text)
        #expect(heard.events.map(\.position) == [1, 3] && heard.grew == [vasya: 3])
    }

    @Test func `The events of users whom nobody reads here are passed over`() {
        var text = SignalText()
        text.add(event(1, "\"data\":{}"))
        text.add(
            StoredEvent(
                user: Cast.petya.userId, position: 5, only: nil, except: nil, body: event(5, "\"data\":{}").body))
        var heard = SignalText()
        for payload in text.payloads(from: "node") { heard.read(payload) { $0 == Cast.petya.userId } }
        #expect(heard.events.map(\.user) == [Cast.petya.userId])
        #expect(heard.grew == [vasya: 1, Cast.petya.userId: 5])
    }

    @Test func `A notification is as large as it may be, but not larger`() {
        for size in 7400..<7520 {
            var text = SignalText()
            text.add(event(1, String(repeating: "x", count: size)))
            text.add(event(2, "\"data\":{}"))
            #expect(carried(text).events.map(\.position).last == 2)
        }
    }

    @Test func `Many events are several notifications, with the ends of the logs behind them`() throws {
        var text = SignalText()
        for position in 1...10 { text.add(event(Int64(position), String(repeating: "x", count: 3000))) }
        let payloads = text.payloads(from: "node")
        #expect(payloads.count == 5 && payloads.dropLast().allSatisfy { !$0.contains("\ng ") })
        #expect(carried(text).events.map(\.position) == Array(1...10))
    }

    @Test func `While the database takes no notifications, what waits for it is bounded`() {
        var text = SignalText()
        for position in 1...500 { text.add(event(Int64(position), String(repeating: "x", count: 3000))) }
        #expect(text.events.count == (1 << 20) / 3000 && text.grew == [vasya: 500])
    }

    @Test(arguments: [
        "", "node", "node\ne", "node\ne vasya 1", "node\nx vasya 1\n\n", "node\ng vasya many", "node\ng vasya 1 2",
        "node\ne vasya 1 2 call.candidates - -", "node\ne vasya 1 2 call.candidates - - ", "node\n\n \np",
        "node\nt now",
    ])
    func `What a node does not know is passed over`(payload: String) {
        var text = SignalText()
        text.read(payload)
        #expect(text.isEmpty && text.events.isEmpty)
    }
}
