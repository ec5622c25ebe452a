import RingbackCore
import RingbackModel
import Testing

/// A write with the same key and the same content is not carried out twice.
struct IdempotencyContract {
    static let cases = [
        StoreCase("A repeated invitation gets the first answer, and there is one call") { stores in
            try await IdempotencyContract(stores).`A repeated invitation gets the first answer, and there is one call`()
        },
        StoreCase("A repeated invitation gets the first answer even if the platform no longer permits the call") {
            stores in
            try await IdempotencyContract(stores)
                .`A repeated invitation gets the first answer even if the platform no longer permits the call`()
        },
        StoreCase("The repeated answer is the first one even if the call has changed") { stores in
            try await IdempotencyContract(stores).`The repeated answer is the first one even if the call has changed`()
        },
        StoreCase("Candidates sent twice with one key are stored once") { stores in
            try await IdempotencyContract(stores).`Candidates sent twice with one key are stored once`()
        },
        StoreCase("Another request with a used key is a mismatch, and changes nothing") { stores in
            try await IdempotencyContract(stores).`Another request with a used key is a mismatch, and changes nothing`()
        },
        StoreCase("Keys belong to a device") { stores in
            try await IdempotencyContract(stores).`Keys belong to a device`()
        },
        StoreCase("A refusal is not remembered: the same request may succeed later") { stores in
            try await IdempotencyContract(stores).`A refusal is not remembered: the same request may succeed later`()
        },
        StoreCase("Of concurrent requests with one key, one is carried out") { stores in
            try await IdempotencyContract(stores).`Of concurrent requests with one key, one is carried out`()
        },
        StoreCase("Work outside the calls is repeatable too") { stores in
            try await IdempotencyContract(stores).`Work outside the calls is repeatable too`()
        },
        StoreCase("A write carried out before a restart is not carried out again after it") { stores in
            for argument in [false, true] {
                try await IdempotencyContract(stores)
                    .`A write carried out before a restart is not carried out again after it`(
                        isCheckpointed: argument)
            }
        },
        StoreCase("An invitation repeated after its call has ended does not ring again") { stores in
            for argument in [false, true] {
                try await IdempotencyContract(stores)
                    .`An invitation repeated after its call has ended does not ring again`(isBusy: argument)
            }
        },
        StoreCase("The key of an invitation is known while its call is live, for any time") { stores in
            try await IdempotencyContract(stores)
                .`The key of an invitation is known while its call is live, for any time`()
        },
        StoreCase("A repeated merged invitation gets the existing call, also after a restart") { stores in
            try await IdempotencyContract(stores)
                .`A repeated merged invitation gets the existing call, also after a restart`()
        },
        StoreCase("A call remembers only the newest keys of a device") { stores in
            try await IdempotencyContract(stores).`A call remembers only the newest keys of a device`()
        },
        StoreCase("A key belongs to an operation, and white space does not matter") { stores in
            try await IdempotencyContract(stores)
                .`A key belongs to an operation, and white space does not matter`()
        },
        StoreCase("A repeated older media state does not replace a newer one") { stores in
            try await IdempotencyContract(stores)
                .`A repeated older media state does not replace a newer one`()
        },
    ]

    private let stores: StoreFactory

    init(_ stores: StoreFactory) { self.stores = stores }

    func `A repeated invitation gets the first answer, and there is one call`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let first = try await exchange.calls.invite(Cast.invitation(), key: "k")
        exchange.time.advance(by: .seconds(5))
        #expect(try await exchange.calls.invite(Cast.invitation(), key: "k") == first)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
        #expect(try await exchange.calls.invite(Cast.invitation(), key: "other") != first)
    }

    func `The repeated answer is the first one even if the call has changed`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.connectingCall()
        let offer = try await exchange.calls.sendOffer(
            Cast.json(#""a""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: "k")
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.petya)
        #expect(
            try await exchange.calls.sendOffer(
                Cast.json(#""a""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: "k")
                == offer)
    }

    /// The policy was asked before the key was looked up.
    func `A repeated invitation gets the first answer even if the platform no longer permits the call`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let first = try await exchange.calls.invite(Cast.invitation(), key: "k")
        var refused = Cast.invitation()
        refused.isPermitted = false
        let repeated = try await exchange.calls.invite(refused, key: "k")
        #expect(repeated.status == 201 && repeated.body == first.body)
        for key in ["other", nil] {
            let problem = try await #require(throws: Problem.self) {
                try await exchange.calls.invite(refused, key: key)
            }
            #expect(problem.code == .callNotPermitted)
        }
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
    }

    func `Candidates sent twice with one key are stored once`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.connectingCall()
        for _ in 0..<2 {
            _ = try await exchange.calls.addCandidates(
                [Cast.json("{}")], negotiation: nil, on: id, by: Cast.vasya, key: "k")
        }
        #expect(try await exchange.calls.candidates(of: id, after: 0, limit: 9, for: Cast.petya).count == 1)
        #expect(try await exchange.call(id)?.callerSide.candidates == 1)
    }

    func `Another request with a used key is a mismatch, and changes nothing`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        _ = try await exchange.calls.invite(Cast.invitation(), key: "k")
        let problem = try await #require(throws: Problem.self) {
            try await exchange.calls.invite(Cast.invitation(ringSeconds: 20), key: "k")
        }
        #expect(problem.code == .idempotencyMismatch)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
    }

    func `Keys belong to a device`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let first = try await exchange.calls.invite(Cast.invitation(), key: "k")
        let other = try await exchange.calls.invite(
            Cast.invitation(from: Cast.vasyaTablet), key: "k")
        #expect(first != other)
    }

    func `A refusal is not remembered: the same request may succeed later`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.invite()
        let send = {
            try await exchange.calls.sendOffer(
                Cast.json(#""a""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: "k")
        }
        let problem = try await #require(throws: Problem.self) { try await send() }
        #expect(problem.code == .notAccepted && problem.callState == .inviting)
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(try await send().status == 201)
    }

    func `Of concurrent requests with one key, one is carried out`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let answers = try await withThrowingTaskGroup(of: RingbackCore.Answer.self) { group in
            for _ in 0..<20 { group.addTask { try await exchange.calls.invite(Cast.invitation(), key: "k") } }
            return try await group.reduce(into: Set<RingbackCore.Answer>()) { $0.insert($1) }
        }
        #expect(answers.count == 1)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
    }

    private static let key = IdempotencyKey(device: Cast.vasya.deviceId, route: "r", key: "k", fingerprint: [1])

    func `Work outside the calls is repeatable too`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let work: @Sendable (Int) async throws -> RingbackCore.Answer = { number in
            try await exchange.calls.repeatable(Self.key) { RingbackCore.Answer(200, body: Array("\(number)".utf8)) }
        }
        #expect(try await work(1) == work(2))
        let problem = try await #require(throws: Problem.self) {
            try await exchange.calls.repeatable(
                IdempotencyKey(device: Cast.vasya.deviceId, route: "r", key: "k", fingerprint: [9])
            ) { RingbackCore.Answer(200) }
        }
        #expect(problem.code == .idempotencyMismatch)
    }

    // MARK: After a restart, and after the end

    private let sdp = Cast.json(#""a""#)

    /// The writes that are carried out once, each with a key of its own, and their answers.
    private func write(
        _ exchange: Exchange, on id: CallID, after restart: Bool = false
    ) async throws -> [RingbackCore.Answer] {
        let calls = exchange.calls
        return [
            try await calls.invite(Cast.invitation(), key: "invite"),
            try await calls.sendOffer(
                sdp, negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: "offer"),
            try await calls.addCandidates(
                [Cast.json(#"{"candidate": "a"}"#)], negotiation: 1, on: id, by: Cast.vasya, key: "candidates"),
            try await calls.sendAnswer(sdp, negotiation: 1, on: id, by: Cast.petya, key: "answer"),
            try await calls.reportQuality(Cast.json("{}"), on: id, by: Cast.petya, key: "quality"),
            try await calls.setMedia(Cast.json(#"{"held":true}"#), on: id, by: Cast.petya, key: "media"),
        ]
    }

    func `A write carried out before a restart is not carried out again after it`(isCheckpointed: Bool) async throws {
        let database = try TemporaryDatabase()
        let time = ManualTime()
        let (id, first, events): (CallID, [RingbackCore.Answer], Int64)
        do {
            let exchange = try Exchange(in: stores, database, time: time)
            try await exchange.register(Cast.devices)
            let invited = try await exchange.calls.invite(Cast.invitation(), key: "invite")
            id = try Exchange.callID(in: invited)
            _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
            first = try await write(exchange, on: id)
            #expect(first[0] == invited)
            events = try await exchange.store.read { try $0.newestPosition(of: Cast.petya.userId) }
            if isCheckpointed {
                let never = Timestamp(milliseconds: 0)
                let horizon = PruneHorizon(events: never, payloads: never, expiredDevices: never)
                _ = try await exchange.store.write { try $0.prune(horizon, limit: 1) }
            }
        }
        time.advance(by: .seconds(5))
        let exchange = try Exchange(in: stores, database, time: time)
        let call = try await exchange.call(id)
        #expect(try await write(exchange, on: id) == first)
        #expect(try await exchange.call(id) == call)
        #expect(try await exchange.store.read { try $0.newestPosition(of: Cast.petya.userId) } == events)
        let problem = try await #require(throws: Problem.self) {
            try await exchange.calls.sendOffer(
                Cast.json(#""b""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: "offer")
        }
        #expect(problem.code == .idempotencyMismatch)
    }

    func `An invitation repeated after its call has ended does not ring again`(isBusy: Bool) async throws {
        let database = try TemporaryDatabase()
        let time = ManualTime()
        let first: RingbackCore.Answer
        do {
            let exchange = try Exchange(in: stores, database, time: time)
            try await exchange.register(Cast.devices)
            if isBusy {
                _ = try await exchange.connectingCall()
                try await exchange.store.write { store in
                    var account = Exchange.account(Cast.petya.userId)
                    account.busy = .reject
                    try store.update(account)
                }
            }
            first = try await exchange.calls.invite(Cast.invitation(from: Cast.vasyaTablet), key: "k")
            let id = try Exchange.callID(in: first)
            if !isBusy { _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasyaTablet) }
            #expect(try await exchange.call(id)?.isLive == false)
            #expect(try await exchange.calls.invite(Cast.invitation(from: Cast.vasyaTablet), key: "k") == first)
        }
        let exchange = try Exchange(in: stores, database, time: time)
        #expect(try await exchange.calls.invite(Cast.invitation(from: Cast.vasyaTablet), key: "k") == first)
        // A later write moves the time on, and the key of the ended call is removed.
        time.advance(by: .seconds(601))
        _ = try await exchange.calls.invite(Cast.invitation(), key: "later")
        #expect(try await exchange.calls.invite(Cast.invitation(from: Cast.vasyaTablet), key: "k") != first)
    }

    func `The key of an invitation is known while its call is live, for any time`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let first = try await exchange.calls.invite(Cast.invitation(), key: "k")
        let id = try Exchange.callID(in: first)
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        for actor in [Cast.vasya, Cast.petya] { _ = try await exchange.calls.perform(.connected, on: id, by: actor) }
        exchange.time.advance(by: .seconds(3600))
        _ = try await exchange.calls.invite(Cast.invitation(from: Cast.vasyaTablet), key: "later")
        #expect(try await exchange.calls.invite(Cast.invitation(), key: "k") == first)
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.petya)
        #expect(try await exchange.calls.invite(Cast.invitation(), key: "k") != first)
    }

    func `A repeated merged invitation gets the existing call, also after a restart`() async throws {
        let database = try TemporaryDatabase()
        let back = Cast.invitation(from: Cast.petya, to: Cast.vasya.userId)
        let id: CallID
        do {
            let exchange = try Exchange(in: stores, database)
            try await exchange.register(Cast.devices)
            id = try await exchange.invite()
            #expect(try await exchange.calls.invite(back, key: "k").status == 200)
            #expect(try Exchange.callID(in: await exchange.calls.invite(back, key: "k")) == id)
        }
        let exchange = try Exchange(in: stores, database)
        let again = try await exchange.calls.invite(back, key: "k")
        #expect(again.status == 200)
        #expect(try Exchange.callID(in: again) == id)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
    }

    func `A call remembers only the newest keys of a device`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.connectingCall()
        let send: (Int) async throws -> RingbackCore.Answer = { number in
            try await exchange.calls.addCandidates(
                [Cast.json(#"{"n":\#(number)}"#)], negotiation: nil, on: id, by: Cast.vasya, key: "k\(number)")
        }
        for number in 0...CallState.keyedWritesPerSide { _ = try await send(number) }
        let candidates = CallState.keyedWritesPerSide + 1
        for number in 1...CallState.keyedWritesPerSide { _ = try await send(number) }
        #expect(try await exchange.call(id)?.callerSide.candidates == candidates)
        #expect(try await exchange.call(id)?.callerSide.keyedWrites.count == CallState.keyedWritesPerSide)
        _ = try await send(0)
        #expect(try await exchange.call(id)?.callerSide.candidates == candidates + 1, "forgotten")
    }

    func `A key belongs to an operation, and white space does not matter`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.connectingCall()
        let calls = exchange.calls
        for text in [#"{"candidate":"a b"}"#, #"{ "candidate" : "a b" }"#] {
            _ = try await calls.addCandidates([Cast.json(text)], negotiation: 1, on: id, by: Cast.petya, key: "k")
        }
        #expect(try await exchange.call(id)?.calleeSide.candidates == 1)
        _ = try await calls.setMedia(Cast.json(#"{"held":true}"#), on: id, by: Cast.petya, key: "k")
        #expect(try await exchange.call(id)?.calleeSide.media == Cast.json(#"{"held":true}"#))
        for text in [#"{"candidate":"a  b"}"#, #"{"candidate":"a b","sdpMid":"0"}"#] {
            let problem = try await #require(throws: Problem.self) {
                try await calls.addCandidates([Cast.json(text)], negotiation: 1, on: id, by: Cast.petya, key: "k")
            }
            #expect(problem.code == .idempotencyMismatch)
        }
        let problem = try await #require(throws: Problem.self) {
            try await calls.addCandidates(
                [Cast.json(#"{"candidate":"a b"}"#)], negotiation: 1, on: id, by: Cast.petyaTablet, key: "k")
        }
        #expect(problem.code == .notAParticipant, "another device's key is another key")
    }

    func `A repeated older media state does not replace a newer one`() async throws {
        let exchange = try await Exchange.withCast(in: stores)
        let id = try await exchange.connectingCall()
        let set: (String, String) async throws -> Void = { media, key in
            _ = try await exchange.calls.setMedia(Cast.json(media), on: id, by: Cast.petya, key: key)
        }
        try await set(#"{"held":true}"#, "1")
        try await set(#"{"held":true}"#, "2")
        try await set(#"{"held":false}"#, "3")
        try await set(#"{"held":true}"#, "1")
        try await set(#"{"held":true}"#, "2")
        #expect(try await exchange.call(id)?.calleeSide.media == Cast.json(#"{"held":false}"#))
    }
}
