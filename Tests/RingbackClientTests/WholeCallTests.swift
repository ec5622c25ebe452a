import RingbackClient
import RingbackModel
import Testing

/// Two clients and a server, over every transport.
struct WholeCallTests {
    @Test(arguments: Transport.allCases)
    func `a call goes from the invitation to the end`(transport: Transport) async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: .patient)
        let petya = try await RingbackClient.signedIn("petya", at: server, network: .patient)
        var vasyas = vasya.events(over: .only(transport)).makeAsyncIterator()
        var petyas = petya.events(over: .only(transport)).makeAsyncIterator()
        #expect(try await vasyas.next()?.kind == .connection(.connected(transport)))
        #expect(try await vasyas.next()?.kind == .snapshot([]))
        #expect(try await petyas.next()?.kind == .connection(.connected(transport)))
        #expect(try await petyas.next()?.kind == .snapshot([]))

        let outgoing = try await vasya.invite(
            UserID("petya")!, media: .init(audio: true, video: false), ringSeconds: 30,
            custom: JSONText(Array(#"{"b":1.50,"a":[null]}"#.utf8)))
        #expect(outgoing.isOutgoing)
        guard case .incoming(let call) = try await petyas.next()?.kind else { throw Unexpected() }
        #expect(call.callId == outgoing.id)
        #expect(call.custom.map { String(decoding: $0.utf8, as: UTF8.self) } == #"{"b":1.50,"a":[null]}"#)
        let incoming = petya.handle(call)
        #expect(!incoming.isOutgoing)
        try await incoming.alerting()
        guard case .ringing = try await vasyas.next()?.kind else { throw Unexpected() }
        try await incoming.accept()
        guard case .accepted(let accepted) = try await vasyas.next()?.kind else { throw Unexpected() }
        #expect(accepted.callee.deviceId == petya.session?.deviceId)

        try await outgoing.sendOffer(sdp: "v=0\r\no=\"ø\"\r\n")
        guard case .offer(let offer) = try await petyas.next()?.kind else { throw Unexpected() }
        #expect(offer.sdpText == "v=0\r\no=\"ø\"\r\n")
        try await incoming.sendAnswer(sdp: "v=0\r\n", negotiation: offer.negotiation)
        guard case .answer(let answer) = try await vasyas.next()?.kind else { throw Unexpected() }
        #expect(answer.kind == .answer && answer.negotiation == 1)
        let candidates = (0..<70).map { ICECandidate(candidate: "candidate:\($0)", sdpMid: "0", sdpMLineIndex: 0) }
        try await outgoing.addCandidates(candidates, negotiation: 1)
        var received: [ICECandidate] = []
        while received.count < candidates.count,
            case .candidates(let batch, negotiation: 1) = try await petyas.next()?.kind
        {
            received += batch
        }
        #expect(received == candidates)
        let page = try await petya.listCandidates(call.callId, limit: 60)
        let rest = try await petya.listCandidates(call.callId, after: page.next)
        #expect((page.items + rest.items).map(\.iceCandidate) == candidates)

        // The report of one side and the answer of the other suffice; the reporting side receives no event.
        #expect(try await outgoing.connected().state == .active)
        guard case .active = try await petyas.next()?.kind else { throw Unexpected() }
        try await incoming.setMedia(MediaState(tracks: ["mic": .init(kind: .audio, isMuted: true)]))
        guard case .media(let media) = try await vasyas.next()?.kind else { throw Unexpected() }
        #expect(media.mic == .init(kind: .audio, isMuted: true))
        try await outgoing.hangUp()
        let last = try await petyas.next()
        guard case .ended(let ended) = last?.kind else { throw Unexpected() }
        #expect(ended.reason == .completed)
        #expect(last?.actor?.userId == UserID("vasya"))

        let history = try await vasya.listCalls(.ended, with: UserID("petya"))
        #expect(history.items.map(\.callId) == [outgoing.id])
        #expect(history.items.first?.direction == .outgoing)
        #expect(try await vasya.getTimeline(outgoing.id).last?.what == "ended")
    }

    /// Over a socket, and over HTTP, since no frame holds it.
    @Test(arguments: [129, 300])
    func `an offer that is refused leaves the running call as it was`(kibibytes: Int) async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: .patient)
        let petya = try await RingbackClient.signedIn("petya", at: server, network: .patient)
        var vasyas = vasya.events(over: .only(.webSocket)).makeAsyncIterator()
        #expect(try await vasyas.next()?.kind == .connection(.connected(.webSocket)))
        let call = try await vasya.invite("petya")
        try await petya.accept(call.id)
        try await call.sendOffer(sdp: "v=0\r\n")
        try await petya.sendAnswer(call.id, sdp: "v=0\r\n", negotiation: 1)
        try await call.connected()
        let error = await #expect(throws: RingbackError.self) {
            try await call.sendOffer(sdp: String(repeating: "v", count: kibibytes * 1024))
        }
        #expect(error?.code == .payloadTooLarge)
        #expect(try await vasya.getCall(call.id).state == .active)
        #expect(try await call.sendOffer(sdp: String(repeating: "v", count: Limits.sdpBytes)).negotiation == 2)
    }

    @Test func `the transport changes in the middle and the events go on from the cursor`() async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: .patient)
        let petya = try await RingbackClient.signedIn("petya", at: server, network: .patient)
        let events = petya.events(over: .only(.webSocket))
        var iterator = events.makeAsyncIterator()
        #expect(try await iterator.next()?.kind == .connection(.connected(.webSocket)))
        #expect(try await iterator.next()?.kind == .snapshot([]))
        for transport in [Transport.longPoll, .sse, .webSocket, .sse, .longPoll] {
            let call = try await vasya.invite("petya")
            guard case .incoming(let heard) = try await iterator.next()?.kind else { throw Unexpected() }
            #expect(heard.callId == call.id)
            events.use(.only(transport))
            try await call.cancel()
            // Events during the change arrive once, before or after it.
            var kinds = [try await iterator.next()?.kind, try await iterator.next()?.kind]
            if case .ended = kinds[0] { kinds.swapAt(0, 1) }
            #expect(kinds[0] == .connection(.connected(transport)))
            guard case .ended(let ended) = kinds[1] else { throw Unexpected() }
            #expect(ended.callId == call.id)
        }
    }

    @Test func `a cursor is valid in the next run of the program`() async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: .patient)
        let petya = try await RingbackClient.signedIn("petya", at: server, network: .patient)
        let cursor = try await petya.pollEvents().cursor
        let call = try await vasya.invite("petya")
        for transport in Transport.allCases {
            var iterator = petya.events(after: cursor, over: .only(transport)).makeAsyncIterator()
            #expect(try await iterator.next()?.kind == .connection(.connected(transport)))
            guard case .incoming(let heard) = try await iterator.next()?.kind else { throw Unexpected() }
            #expect(heard.callId == call.id)
        }
    }

    @Test(arguments: Transport.allCases)
    func `an expired cursor gives a new snapshot`(transport: Transport) async throws {
        let server = try await TestServer.start()
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: .patient)
        let petya = try await RingbackClient.signedIn("petya", at: server, network: .patient)
        let call = try await vasya.invite("petya")
        var iterator = petya.events(after: Cursor("gone.7"), over: .only(transport)).makeAsyncIterator()
        #expect(try await iterator.next()?.kind == .connection(.connected(transport)))
        guard case .snapshot(let calls) = try await iterator.next()?.kind else { throw Unexpected() }
        #expect(calls.map(\.id) == [call.id])
    }
}

struct Unexpected: Error {}
