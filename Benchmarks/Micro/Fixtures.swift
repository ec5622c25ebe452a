import RingbackModel

/// Vasya calls Petya, with the same texts as in the load generator.
enum Fixture {
    static let vasya = Participant(userId: UserID("vasya")!, deviceId: DeviceID("vasyas-phone")!)
    static let petya = Participant(userId: UserID("petya")!, deviceId: DeviceID("petyas-phone")!)
    static let call = CallID("AAAAAAAAAAAAAAAAAAAAAA")!
    static let now = Timestamp(milliseconds: 1_790_000_000_000)

    /// A JSON string of 3 KB.
    static let sdp = JSONText(
        unchecked: Array("\"\(String(repeating: "a=rtpmap:96 VP8/90000\\r\\n", count: 125))\"".utf8))

    static let candidate = JSONText(
        unchecked: Array(
            #"""
            {"candidate":"candidate:2999745851 1 udp 2113937151 192.168.56.101 51556 typ host generation 0 ufrag 4ZcD \#
            network-id 1 network-cost 50","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"4ZcD"}
            """#.utf8))

    static let offer = Description(
        callId: call, negotiation: 1, kind: .offer, sdp: sdp, iceRestart: false, from: vasya, createdAt: now)

    static func candidateEvent() -> EventBody {
        EventBody(type: .callCandidates, time: now, callId: call, callSeq: 7, actor: vasya) { json in
            json.name("candidates")
            json.array([candidate]) { $0.raw($1.utf8) }
        }
    }

    static func offerEvent() -> EventBody {
        EventBody(type: .callOffer, time: now, callId: call, callSeq: 4, actor: vasya) { offer.writeMembers(to: &$0) }
    }

    /// The event of a candidate as read from the log, without a live call.
    static let storedCandidate = EventBody(members: candidateEvent().members, type: .callCandidates, time: now)
}
