import RingbackCore
import RingbackModel
import Testing

/// Users and devices on which calls do not ring.
struct QuietContract {
    static let cases = [
        StoreCase("A call to somebody who is not to be disturbed is missed") { stores in
            try await QuietContract(stores).`A call to somebody who is not to be disturbed is missed`()
        },
        StoreCase("A muted device is told of a call that must not ring there") { stores in
            try await QuietContract(stores).`A muted device is told of a call that must not ring there`()
        },
        StoreCase("A new sign-in ends the muting of a device") { stores in
            try await QuietContract(stores).`A new sign-in ends the muting of a device`()
        },
        StoreCase("A missed call that is seen on one device is so on all") { stores in
            try await QuietContract(stores).`A missed call that is seen on one device is so on all`()
        },
    ]

    private let stores: StoreFactory

    init(_ stores: StoreFactory) { self.stores = stores }

    /// With a push subscription of Petya's tablet, and a webhook for incoming calls.
    private func exchange() async throws -> Exchange {
        var timing = CallTiming()
        timing.outbox = OutboxPlan(webhooks: [.init(name: "one", types: [.callIncoming])], pushServices: ["web"])
        timing.unreachable = .seconds(30)
        let exchange = try await Exchange.withCast(in: stores, timing: timing)
        let subscription = PushSubscription(device: Cast.petyaTablet.deviceId, .app(.fcm, token: "1"))
        try await exchange.store.write { try $0.save(subscription, at: ManualTime.start) }
        return exchange
    }

    private func messages(_ exchange: Exchange, _ kind: String) async throws -> [String] {
        try await exchange.store.outbox.messages(OutboxQuery(kind: kind, limit: 100)).map(\.type)
    }

    private func events(of device: Participant, _ exchange: Exchange) async throws -> [EventBody] {
        let start = Cursor(epoch: exchange.store.epoch, position: 0)
        return try await EventFeed(store: exchange.store).read(after: start, for: device, limit: 10).events.map(\.body)
    }

    func `A call to somebody who is not to be disturbed is missed`() async throws {
        let exchange = try await exchange()
        let setting = DoNotDisturb(until: ManualTime.start + .seconds(3600))
        try await exchange.store.write { store in
            var account = try #require(try store.account(Cast.petya.userId))
            account.doNotDisturb = setting
            try store.update(account)
        }
        let stored = try await exchange.store.read { try $0.account(Cast.petya.userId)?.doNotDisturb }
        #expect(stored == setting)
        let id = try await exchange.invite()
        #expect(try await exchange.call(id)?.state == .inviting)
        #expect(try await events(of: Cast.petya, exchange).isEmpty)
        #expect(try await exchange.calls.snapshot(for: Cast.petya).calls.isEmpty)
        #expect(try await exchange.calls.snapshot(for: Cast.vasya).calls.count == 1)
        exchange.time.advance(by: .seconds(30))
        try await exchange.calls.expire()
        #expect(try await exchange.call(id)?.ending?.reason == .unreachable)
        #expect(try await events(of: Cast.petya, exchange).map(\.type) == [.callEnded])
        let history = try await exchange.calls.history(HistoryQuery(user: Cast.petya.userId, limit: 1))
        #expect(history.first?.missed == true)
        #expect(try await messages(exchange, "webhook") == [])
        #expect(try await messages(exchange, "devices") == [])

        exchange.time.advance(by: .seconds(3600))
        _ = try await exchange.invite()
        #expect(try await events(of: Cast.petya, exchange).map(\.type) == [.callEnded, .callIncoming])
    }

    func `A muted device is told of a call that must not ring there`() async throws {
        let exchange = try await exchange()
        exchange.store.presence.opened(Cast.petyaTablet)
        try await exchange.store.write { try $0.setMuted(true, Cast.petyaTablet.deviceId) }
        let id = try await exchange.invite()
        let event = try #require(try await events(of: Cast.petyaTablet, exchange).first)
        #expect(event.type == .callIncoming)
        let json = try JSONSlice(parsing: Array("{".utf8) + event.members + Array("}".utf8))
        #expect(json["data"]?["call"]?["callId"]?.string == id.rawValue)
        #expect(json["data"]?["mutedDevices"]?.elements?.map(\.string) == [Cast.petyaTablet.deviceId.rawValue])
        #expect(try await exchange.calls.snapshot(for: Cast.petyaTablet).calls.isEmpty)
        #expect(try await exchange.calls.snapshot(for: Cast.petya).calls.count == 1)
        // The one that is present does not ring, so somebody outside is told. A push would not ring either.
        #expect(try await messages(exchange, "webhook") == ["call.incoming"])
        #expect(try await messages(exchange, "devices") == [])
    }

    func `A missed call that is seen on one device is so on all`() async throws {
        let exchange = try await exchange()
        var missed: [CallID] = []
        for _ in 1...3 {
            missed.append(try await exchange.invite())
            _ = try await exchange.calls.perform(.cancel, on: missed[missed.count - 1], by: Cast.vasya)
            exchange.time.advance(by: .seconds(1))
        }
        let petya = Exchange.signIn(of: Cast.petya)
        for id in [missed[1], missed[0], missed[1]] { try await exchange.calls.markSeen(id, by: petya) }
        let history = try await exchange.calls.history(HistoryQuery(user: Cast.petya.userId, limit: 3))
        #expect(history.map(\.seen) == [false, true, true])
        #expect(try await events(of: Cast.petya, exchange).count == 6)
        let seen = try await events(of: Cast.petyaTablet, exchange).filter { $0.type == .callSeen }
        #expect(seen.count == 1, "both were seen already")
        let json = try JSONSlice(parsing: Array("{".utf8) + seen[0].members + Array("}".utf8))
        #expect(json["callId"]?.string == missed[1].rawValue)
        #expect(json["data"]?["until"]?.string == "\(ManualTime.start + .seconds(1))")
        #expect(try await exchange.call(missed[1])?.state == .ended)

        let live = try await exchange.invite()
        for (id, signIn, code) in [
            (live, petya, Problem.Code.invalidTransition), (missed[2], Exchange.signIn(of: Cast.vasya), .forbidden),
            (missed[2], Exchange.signIn(of: Cast.stranger), .notFound),
            (missed[2], SignIn(Cast.petya, generation: 1), .unauthenticated),
        ] {
            let problem = await #expect(throws: Problem.self) { try await exchange.calls.markSeen(id, by: signIn) }
            #expect(problem?.code == code)
        }
    }

    func `A new sign-in ends the muting of a device`() async throws {
        let exchange = try await exchange()
        let device = Cast.petyaTablet
        try await exchange.store.write { try $0.setMuted(true, device.deviceId) }
        #expect(try await exchange.store.read { try $0.device(device.deviceId)?.isMuted } == true)
        try await exchange.store.write { try $0.save(Exchange.record(of: device)) }
        #expect(try await exchange.store.read { try $0.device(device.deviceId)?.isMuted } == false)
    }
}
