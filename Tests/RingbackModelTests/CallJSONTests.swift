import Foundation
import RingbackModel
import RingbackTesting
import Testing

/// The JSON of the writers is decoded by Codable.
struct CallJSONTests {
    private func decoded<Value: Decodable>(_ value: some JSONWritable, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(value.json))
    }

    @Test func `The smallest call has only required members`() throws {
        let call = Call(
            callId: Cast.callID(), caller: Cast.vasya, callee: .init(userId: Cast.petya.userId), state: .inviting,
            media: .init(), negotiation: 0, createdAt: ManualTime.start)
        #expect(
            String(decoding: call.json, as: UTF8.self) == """
                {"callId":"call-1000000","caller":{"userId":"vasya","deviceId":"vasya-phone"},"callee":{"userId":"petya"},\
                "state":"inviting","media":{"audio":true,"video":true},"negotiation":0,\
                "createdAt":"2026-01-31T09:30:00.000Z","legs":[],"participants":[]}
                """)
        #expect(try decoded(call, as: Call.self) == call)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `Every call is decoded to an equal value`(seed: UInt64) throws {
        var random = RandomCall(seed: seed)
        for _ in 0..<12 {
            random.step()
            var call = random.view
            call.custom = Cast.json(#"{"at":[1,2.5,null],"subject":"tea"}"#)
            call.direction = .incoming
            call.missed = seed.isMultiple(of: 2)
            try #require(try decoded(call, as: Call.self) == call, "seed \(seed)")
            let again = try JSONDecoder().decode(Call.self, from: JSONEncoder().encode(call))
            try #require(again == call, "seed \(seed)")
        }
    }

    @Test func `Accounts are decoded to equal values`() throws {
        let user = User(
            userId: Cast.vasya.userId, displayName: "Vasya \"V\" Ё", createdAt: ManualTime.start, busy: .reject)
        #expect(try decoded(user, as: User.self) == user)
        let session = Session(
            token: "t", userId: Cast.vasya.userId, deviceId: Cast.vasya.deviceId, deviceName: nil,
            createdAt: ManualTime.start, expiresAt: ManualTime.start + .seconds(1))
        #expect(try decoded(session, as: Session.self) == session)
        let device = Device(
            deviceId: Cast.vasya.deviceId, deviceName: "phone", createdAt: ManualTime.start,
            expiresAt: ManualTime.start,
            lastSeenAt: ManualTime.start, current: true, muted: false)
        #expect(try decoded(device, as: Device.self) == device)
        for presence in [
            Presence(userId: Cast.vasya.userId, status: .offline),
            Presence(userId: Cast.vasya.userId, status: .busy, lastSeenAt: ManualTime.start),
        ] {
            #expect(try decoded(presence, as: Presence.self) == presence)
        }
    }

    @Test func `An offer contains its SDP unchanged, an answer has no iceRestart`() throws {
        var description = Description(
            callId: Cast.callID(), negotiation: 2, kind: .offer, sdp: Cast.json(#""v=0\r\n\u0041""#), iceRestart: true,
            from: Cast.vasya, createdAt: ManualTime.start)
        #expect(
            String(decoding: description.json, as: UTF8.self) == #"""
                {"callId":"call-1000000","negotiation":2,"description":{"type":"offer","sdp":"v=0\r\n\u0041"},\#
                "iceRestart":true,"from":{"userId":"vasya","deviceId":"vasya-phone"},"createdAt":"2026-01-31T09:30:00.000Z"}
                """#)
        description.kind = .answer
        let answer = try JSONSlice(parsing: description.json)
        #expect(answer["iceRestart"] == nil)
        #expect(answer["description"]?["type"]?.string == "answer")
    }

    @Test func `A candidate is passed on unchanged`() throws {
        let text = #"{"candidate":"","sdpMid":null,"x":1.50}"#
        let candidate = StoredCandidate(
            position: 3, from: Cast.petya, negotiation: nil, candidate: Cast.json(text), createdAt: ManualTime.start)
        let json = try JSONSlice(parsing: candidate.json)
        #expect(json["candidate"]?.text.utf8 == Array(text.utf8))
        #expect(json["negotiation"] == nil)
        #expect(json["position"]?.integer == 3)
    }
}
