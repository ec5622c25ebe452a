import RingbackCore
import RingbackModel
import Testing

/// The use cases of calls with a real database.
struct CallServiceContract {
    static let cases = [
        StoreCase("A whole call, and the events that every device receives") { stores in
            try await CallServiceContract(stores).`A whole call, and the events that every device receives`()
        },
        StoreCase("Nobody reads or writes descriptions and candidates before accept, nor other devices after") {
            stores in
            try await CallServiceContract(stores)
                .`Nobody reads or writes descriptions and candidates before accept, nor other devices after`()
        },
        StoreCase("Of devices that accept at the same time, one wins") { stores in
            try await CallServiceContract(stores).`Of devices that accept at the same time, one wins`()
        },
        StoreCase("An invitation to oneself or to a user that doesn't exist is refused") { stores in
            try await CallServiceContract(stores)
                .`An invitation to oneself or to a user that doesn't exist is refused`()
        },
        StoreCase("Simultaneous invitations become one call") { stores in
            try await CallServiceContract(stores).`Simultaneous invitations become one call`()
        },
        StoreCase("An overdue invitation is not merged") { stores in
            try await CallServiceContract(stores).`An overdue invitation is not merged`()
        },
        StoreCase("A busy user with the policy reject is busy") { stores in
            for argument in ["connecting", "calling out", "being called"] {
                try await CallServiceContract(stores).`A busy user with the policy reject is busy`(engagement: argument)
            }
        },
        StoreCase("A busy user with the policy wait is rung") { stores in
            try await CallServiceContract(stores).`A busy user with the policy wait is rung`()
        },
        StoreCase("A blocked caller's call is hidden from the callee and looks like any other to the caller") {
            stores in
            try await CallServiceContract(stores)
                .`A blocked caller's call is hidden from the callee and looks like any other to the caller`()
        },
        StoreCase("Expired devices are not rung") { stores in
            try await CallServiceContract(stores).`Expired devices are not rung`()
        },
        StoreCase("A device that was not seen for a day does not ring") { stores in
            try await CallServiceContract(stores).`A device that was not seen for a day does not ring`()
        },
        StoreCase("The number of listed legs is limited, but the accepting device is always listed") { stores in
            try await CallServiceContract(stores)
                .`The number of listed legs is limited, but the accepting device is always listed`()
        },
        StoreCase("The number of active calls of a user, and of two users with each other, is limited") { stores in
            try await CallServiceContract(stores)
                .`The number of active calls of a user, and of two users with each other, is limited`()
        },
        StoreCase("The number of outgoing calls of a user is limited") { stores in
            try await CallServiceContract(stores).`The number of outgoing calls of a user is limited`()
        },
    ]

    private let stores: StoreFactory

    init(_ stores: StoreFactory) { self.stores = stores }

    private let sdp = Cast.json(#""v=0\r\n""#)

    /// The events for a device in its user's log, in order, as `"type"`.
    private func events(for device: Participant, in exchange: Exchange) async throws -> [String] {
        let feed = EventFeed(store: exchange.store)
        let page = try await feed.read(
            after: Cursor(epoch: feed.epoch, position: 0), for: device, limit: 1000)
        return page.events.map(\.body.type.rawValue)
    }

    func `A whole call, and the events that every device receives`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let (calls, vasya, petya) = (exchange.calls, Cast.vasya, Cast.petya)
        let invited = try await calls.invite(Cast.invitation(custom: Cast.json(#"{"a":1}"#)))
        let id = try Exchange.callID(in: invited)
        #expect(invited.status == 201 && invited.location == "/v1/calls/\(id)")
        _ = try await calls.perform(.alerting, on: id, by: petya)
        exchange.time.advance(by: .seconds(3))
        _ = try await calls.perform(.accept, on: id, by: petya)
        #expect(try await calls.sendOffer(sdp, negotiation: nil, iceRestart: false, on: id, by: vasya).status == 201)
        _ = try await calls.addCandidates([Cast.json(#"{"candidate":"a"}"#)], negotiation: 1, on: id, by: vasya)
        #expect(try await calls.sendAnswer(sdp, negotiation: 1, on: id, by: petya).status == 201)
        let added = try await calls.addCandidates(
            [Cast.json("{}"), Cast.json(#"{"candidate":""}"#)], negotiation: nil, on: id, by: petya)
        #expect(added.status == 202)
        #expect(String(decoding: added.body, as: UTF8.self) == #"{"callId":"\#(id)","accepted":2}"#)
        _ = try await calls.perform(.connected, on: id, by: vasya)
        _ = try await calls.setMedia(Cast.json(#"{"held":true}"#), on: id, by: petya)
        #expect(try await calls.reportQuality(Cast.json("{}"), on: id, by: vasya) == RingbackCore.Answer(204))
        exchange.time.advance(by: .seconds(60))
        _ = try await calls.perform(.hangUp(.completed), on: id, by: petya)

        let call = try await calls.call(id, for: vasya.userId)
        #expect(call.state == .ended && call.reason == .completed && call.ringSeconds == 3 && call.talkSeconds == 60)
        #expect(call.custom == Cast.json(#"{"a":1}"#) && call.negotiation == 1)
        #expect(
            try await events(for: vasya, in: exchange) == [
                "call.ringing", "call.accepted", "call.answer", "call.candidates", "call.media", "call.ended",
            ])
        #expect(
            try await events(for: Cast.vasyaTablet, in: exchange) == [
                "call.ringing", "call.accepted", "call.active", "call.ended",
            ])
        #expect(
            try await events(for: petya, in: exchange) == [
                "call.incoming", "call.offer", "call.candidates", "call.active",
            ])
        #expect(
            try await events(for: Cast.petyaTablet, in: exchange) == [
                "call.incoming", "call.ringing", "call.accepted", "call.stopped", "call.active", "call.ended",
            ])
        #expect(
            try await calls.timeline(of: id, for: petya.userId).map(\.what) == [
                "invited", "alerting", "accepted", "offer", "candidates", "answer", "candidates", "connected", "active",
                "media", "quality", "ended",
            ])
        #expect(try await calls.newestDescription(.answer, of: id, for: vasya).sdp == sdp)
        #expect(try await calls.candidates(of: id, after: 0, limit: 9, for: vasya).map(\.position) == [2, 3])
        #expect(await problemCode { try await calls.call(id, for: Cast.stranger.userId) } == .notFound)
        #expect(await problemCode { try await calls.timeline(of: id, for: Cast.stranger.userId) } == .notFound)
    }

    func `Nobody reads or writes descriptions and candidates before accept, nor other devices after`()
        async throws
    {
        let exchange = try await Exchange.withCast(in: stores)
        let calls = exchange.calls
        let id = try await exchange.invite()
        for actor in Cast.devices {
            #expect(
                await problemCode {
                    try await calls.sendOffer(sdp, negotiation: nil, iceRestart: false, on: id, by: actor)
                }
                    == .notAccepted)
            #expect(
                await problemCode { try await calls.sendAnswer(sdp, negotiation: nil, on: id, by: actor) }
                    == .notAccepted)
            #expect(
                await problemCode { try await calls.addCandidates([sdp], negotiation: nil, on: id, by: actor) }
                    == .notAccepted)
            #expect(await problemCode { try await calls.newestDescription(.offer, of: id, for: actor) } == .notAccepted)
            #expect(
                await problemCode { try await calls.candidates(of: id, after: 0, limit: 9, for: actor) } == .notAccepted
            )
        }
        _ = try await calls.perform(.accept, on: id, by: Cast.petya)
        for actor in [Cast.vasyaTablet, Cast.petyaTablet] {
            #expect(
                await problemCode {
                    try await calls.sendOffer(sdp, negotiation: nil, iceRestart: false, on: id, by: actor)
                }
                    == .notAParticipant)
            #expect(
                await problemCode { try await calls.newestDescription(.offer, of: id, for: actor) } == .notAParticipant)
            #expect(
                await problemCode { try await calls.candidates(of: id, after: 0, limit: 9, for: actor) }
                    == .notAParticipant
            )
        }
        #expect(await problemCode { try await calls.newestDescription(.offer, of: id, for: Cast.vasya) } == .notFound)
        #expect(try await exchange.store.read { try $0.newestDescription(.offer, of: id) } == nil)
    }

    func `Of devices that accept at the same time, one wins`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let devices = (0..<8).map { Cast.participant("petya", "petya-device-\($0)") }
        try await exchange.register(devices)
        let id = try await exchange.invite()
        let outcomes = await withTaskGroup(of: Problem.Code?.self) { group in
            for device in devices {
                group.addTask { await problemCode { try await exchange.calls.perform(.accept, on: id, by: device) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .alreadyAccepted } == 7)
    }

    // MARK: Invitations

    func `An invitation to oneself or to a user that doesn't exist is refused`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        #expect(
            await problemCode { try await exchange.calls.invite(Cast.invitation(to: Cast.vasya.userId)) } == .callSelf)
        #expect(
            await problemCode { try await exchange.calls.invite(Cast.invitation(to: Cast.user("nobody"))) }
                == .userNotFound
        )
        #expect(try await exchange.store.read { try $0.liveCalls() } == [])
    }

    func `Simultaneous invitations become one call`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.invite()
        let answer = try await exchange.calls.invite(Cast.invitation(from: Cast.petyaTablet, to: Cast.vasya.userId))
        #expect(answer.status == 200 && answer.location == nil)
        #expect(try Exchange.callID(in: answer) == id)
        let call = try #require(try await exchange.call(id))
        #expect(call.state == .connecting && call.isMerged && call.calleeDevice == Cast.petyaTablet.deviceId)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
        #expect(try await events(for: Cast.petya, in: exchange) == ["call.incoming", "call.accepted", "call.stopped"])
        #expect(
            try await exchange.calls.invite(Cast.invitation(from: Cast.petya, to: Cast.vasya.userId)).status == 201,
            "a second call, not a merge")
    }

    func `An overdue invitation is not merged`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.invite()
        exchange.time.advance(by: .seconds(60))
        #expect(try await exchange.calls.invite(Cast.invitation(from: Cast.petya, to: Cast.vasya.userId)).status == 201)
        #expect(try await exchange.call(id)?.ending?.reason == .unreachable)
    }

    func `A busy user with the policy reject is busy`(engagement: String) async throws {
        let exchange = try await Exchange.withCast(in: stores)
        var account = Exchange.account(Cast.petya.userId)
        account.busy = .reject
        let rejecting = account
        try await exchange.store.write { try $0.update(rejecting) }
        switch engagement {
        case "connecting":
            let id = try await exchange.invite(Cast.invitation(from: Cast.stranger))
            _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        case "calling out": _ = try await exchange.invite(Cast.invitation(from: Cast.petya, to: Cast.stranger.userId))
        default: _ = try await exchange.invite(Cast.invitation(from: Cast.stranger))
        }
        let id = try await exchange.invite()
        let call = try #require(try await exchange.call(id))
        // A user who is being called is not busy.
        #expect((call.ending?.reason == .busy) == (engagement != "being called"))
        let missed = try await exchange.calls.history(HistoryQuery(user: Cast.petya.userId, limit: 1))
        #expect(missed.first?.direction == .incoming && missed.first?.missed == (engagement != "being called"))
    }

    func `A busy user with the policy wait is rung`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let first = try await exchange.invite(Cast.invitation(from: Cast.stranger))
        _ = try await exchange.calls.perform(.accept, on: first, by: Cast.petya)
        #expect(try await exchange.call(try await exchange.invite())?.state == .inviting)
    }

    func `A blocked caller's call is hidden from the callee and looks like any other to the caller`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let calls = exchange.calls
        try await exchange.store.write {
            try $0.block(
                Cast.vasya.userId, by: Cast.petya.userId, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
        }
        let id = try await exchange.invite()
        #expect(try await calls.call(id, for: Cast.vasya.userId).legs.count == 2)
        #expect(try await events(for: Cast.petya, in: exchange) == [])
        #expect(await problemCode { try await calls.call(id, for: Cast.petya.userId) } == .notFound)
        #expect(await problemCode { try await calls.perform(.accept, on: id, by: Cast.petya) } == .notFound)
        #expect(try await calls.snapshot(for: Cast.petya).calls.isEmpty)
        #expect(try await calls.history(HistoryQuery(user: Cast.petya.userId, limit: 9)).isEmpty)
        #expect(
            try await calls.invite(Cast.invitation(from: Cast.petya, to: Cast.vasya.userId)).status == 201,
            "no merge: that would tell")
        exchange.time.advance(by: .seconds(60))
        try await calls.expire()
        #expect(try await calls.call(id, for: Cast.vasya.userId).reason == .unreachable)
        #expect(try await events(for: Cast.petyaTablet, in: exchange).filter { $0 == "call.incoming" } == [])
    }

    func `Expired devices are not rung`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        var record = Exchange.record(of: Cast.petyaTablet)
        record.expiresAt = exchange.time.now
        let expired = record
        try await exchange.store.write { try $0.save(expired) }
        #expect(try await exchange.call(try await exchange.invite())?.legs.map(\.device) == [Cast.petya.deviceId])
    }

    func `A device that was not seen for a day does not ring`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let now = exchange.time.now
        var legs: [[DeviceID]] = []
        for age in [86_399, 86_400] {
            var record = Exchange.record(of: Cast.petyaTablet)
            record.lastSeenAt = now - .seconds(age)
            let tablet = record
            try await exchange.store.write { try $0.save(tablet) }
            legs.append(try #require(try await exchange.call(try await exchange.invite())).legs.map(\.device))
        }
        #expect(legs == [[Cast.petya.deviceId, Cast.petyaTablet.deviceId], [Cast.petya.deviceId]])
    }

    func `The number of listed legs is limited, but the accepting device is always listed`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let others = (0..<Limits.listedLegs).map { Cast.participant("petya", "petya-phone-\($0)") }
        try await exchange.register(others)
        let id = try await exchange.invite()
        for device in others { _ = try await exchange.calls.perform(.alerting, on: id, by: device) }
        #expect(try await exchange.call(id)?.legs.count == Limits.listedLegs)
        let last = try #require(others.last)
        _ = try await exchange.calls.perform(.accept, on: id, by: last)
        let call = try #require(try await exchange.call(id))
        #expect(call.calleeDevice == last.deviceId && call.legs.count <= Limits.listedLegs + 1)
        #expect(call.legs.contains { $0.device == last.deviceId && $0.state == .accepted })
    }

    /// Two devices once created 4,500 active calls, and each invitation of their users searched all of them.
    func `The number of active calls of a user, and of two users with each other, is limited`() async throws {
        var timing = CallTiming()
        (timing.liveCallsOfPair, timing.liveCalls) = (2, 3)
        let exchange = try await Exchange.withCast(in: stores, timing: timing)
        for _ in 0..<2 { _ = try await exchange.connectingCall() }
        #expect(await problemCode { try await exchange.calls.invite(Cast.invitation()) } == .rateLimited)
        let back = Cast.invitation(from: Cast.petya, to: Cast.vasya.userId)
        #expect(await problemCode { try await exchange.calls.invite(back) } == .rateLimited)
        let third = try await exchange.invite(Cast.invitation(from: Cast.stranger))
        #expect(
            await problemCode { try await exchange.calls.invite(Cast.invitation(from: Cast.stranger)) } == .rateLimited)
        _ = try await exchange.calls.perform(.cancel, on: third, by: Cast.stranger)
        #expect(try await exchange.calls.invite(Cast.invitation(from: Cast.stranger)).status == 201)
    }

    func `The number of outgoing calls of a user is limited`() async throws {
        var timing = CallTiming()
        (timing.liveCallsOfPair, timing.liveCalls) = (.max, .max)
        let exchange = try await Exchange.withCast(in: stores, timing: timing)
        for _ in 0..<Limits.outgoingCalls { _ = try await exchange.invite() }
        #expect(await problemCode { try await exchange.calls.invite(Cast.invitation()) } == .rateLimited)
        #expect(try await exchange.calls.invite(Cast.invitation(from: Cast.stranger)).status == 201)
    }
}
