import RingbackModel
import RingbackTesting
import Testing

struct EventTests {
    @Test(
        "A cursor is an epoch and a position",
        arguments: [("abc.0", "abc", 0), ("a1b2c3.42", "a1b2c3", 42), ("e.9223372036854775807", "e", .max)]
            as [(String, String, Int64)])
    func cursor(text: String, epoch: String, position: Int64) throws {
        let cursor = try #require(Cursor(text))
        #expect(cursor.epoch == epoch && cursor.position == position)
        #expect(cursor == Cursor(epoch: epoch, position: position))
        #expect(cursor.description == text)
    }

    @Test(
        "Text that no server has given out is no cursor",
        arguments: [
            "", ".", "abc", "abc.", ".5", "abc.-1", "abc.+1", "abc.01", "abc.1.2", "abc. 1", "abc.1 ", "abc.x",
            "abc.９", "abc.9223372036854775808", "abc.1e3", String(repeating: "e", count: 63) + ".1",
        ])
    func noCursor(text: String) {
        #expect(Cursor(text) == nil)
    }

    @Test func `An event is delivered with its stored members, the reader's cursor and its age`() throws {
        let body = EventBody(
            type: .callEnded, time: ManualTime.start, callId: Cast.callID(), callSeq: 7, actor: Cast.petya
        ) { $0.field("x", 1) }
        var json = JSONWriter()
        body.write(to: &json, cursor: Cursor(epoch: "e", position: 3), now: ManualTime.start + .milliseconds(1500))
        let text = json.finish()
        #expect(
            String(decoding: text, as: UTF8.self) == """
                {"cursor":"e.3","ageMs":1500,"id":"call-1000000.7","type":"call.ended","time":"2026-01-31T09:30:00.000Z",\
                "callId":"call-1000000","callSeq":7,"actor":{"userId":"petya","deviceId":"petya-phone"},"data":{"x":1}}
                """)
        #expect(throws: Never.self) { try JSONSlice(parsing: text) }
    }

    @Test func `The age of an event is never negative, even if the clock goes back`() throws {
        let body = EventBody(type: .presence, time: ManualTime.start, id: "p") { _ in }
        var json = JSONWriter()
        body.write(to: &json, cursor: Cursor(epoch: "e", position: 0), now: ManualTime.start - .seconds(5))
        let event = try JSONSlice(parsing: json.finish())
        #expect(event["ageMs"]?.integer == 0)
        #expect(event["type"]?.string == "presence")
        #expect(event["callId"] == nil)
        #expect(event["data"]?.members?.isEmpty == true)
    }

    @Test func `An event caused by the server has no actor`() throws {
        let body = EventBody(type: .callEnded, time: ManualTime.start, callId: Cast.callID(), callSeq: 1, actor: nil) {
            _ in
        }
        #expect(try JSONSlice(parsing: [UInt8(ascii: "{")] + body.members + [UInt8(ascii: "}")])["actor"] == nil)
    }
}
