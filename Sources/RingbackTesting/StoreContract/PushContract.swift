import RingbackCore
import RingbackModel
import Testing

/// Push subscriptions, and the calls that wait for devices that are woken.
struct PushContract {
    static let cases = [
        StoreCase("A device has one push subscription, until it is signed out") { stores in
            try await PushContract(stores).`A device has one push subscription, until it is signed out`()
        },
        StoreCase("A device has a token of an app instead of a browser's subscription") { stores in
            try await PushContract(stores).`A device has a token of an app instead of a browser's subscription`()
        },
        StoreCase("Of registrations of a device at the same time, one is left") { stores in
            try await PushContract(stores).`Of registrations of a device at the same time, one is left`()
        },
        StoreCase("Pushes for apps wait in lanes of their own, and only an incoming call wakes iOS") { stores in
            try await PushContract(stores)
                .`Pushes for apps wait in lanes of their own, and only an incoming call wakes iOS`()
        },
        StoreCase("Two devices that register a token at once do not both keep it") { stores in
            try await PushContract(stores).`Two devices that register a token at once do not both keep it`()
        },
        StoreCase("A token of a service without a key wakes nobody") { stores in
            try await PushContract(stores).`A token of a service without a key wakes nobody`()
        },
        StoreCase("A bounded number of pushes waits for a device, those of the newest calls") { stores in
            try await PushContract(stores)
                .`A bounded number of pushes waits for a device, those of the newest calls`()
        },
        StoreCase("A push goes to every device that is not present, and to no other") { stores in
            try await PushContract(stores).`A push goes to every device that is not present, and to no other`()
        },
        StoreCase("A push that comes too late is not sent") { stores in
            try await PushContract(stores).`A push that comes too late is not sent`()
        },
        StoreCase("Of missed calls only the newest waits for a device") { stores in
            try await PushContract(stores).`Of missed calls only the newest waits for a device`()
        },
        StoreCase("A concealed call waits as if no device were present") { stores in
            try await PushContract(stores).`A concealed call waits as if no device were present`()
        },
        StoreCase("A call waits for a device that is woken, also after a restart") { stores in
            try await PushContract(stores).`A call waits for a device that is woken, also after a restart`()
        },
    ]

    private let stores: StoreFactory

    init(_ stores: StoreFactory) { self.stores = stores }

    private static var timing: CallTiming {
        var timing = CallTiming()
        timing.outbox = OutboxPlan(pushServices: ["web", "apns", "fcm"])
        timing.unreachable = .seconds(10)
        return timing
    }

    private func subscription(_ device: Participant, _ host: String = "push.example.org") -> PushSubscription {
        PushSubscription(
            device: device.deviceId,
            .browser(
                WebPushResource(
                    endpoint: "https://\(host)/\(device.deviceId)", publicKey: [UInt8](repeating: 4, count: 65),
                    secret: [UInt8](repeating: 5, count: 16))))
    }

    private func exchange(subscribed devices: [Participant] = [Cast.petya, Cast.petyaTablet]) async throws -> Exchange {
        let exchange = try await Exchange.withCast(in: stores, timing: Self.timing)
        let subscriptions = devices.map { subscription($0) }
        try await exchange.store.write { store in
            for subscription in subscriptions { try store.save(subscription, at: ManualTime.start) }
        }
        return exchange
    }

    private func subscriptions(_ exchange: Exchange) async throws -> Set<PushSubscription> {
        Set(try await exchange.store.read { try $0.pushSubscriptions(of: Cast.petya.userId) })
    }

    func `A device has one push subscription, until it is signed out`() async throws {
        let exchange = try await exchange()
        let (old, new) = (subscription(Cast.petya), subscription(Cast.petya, "other.example.org"))
        try await exchange.store.write { store in
            try store.save(new, at: ManualTime.start)
            // A push service has ended the one before.
            try store.delete(old, endedAt: ManualTime.start)
            try store.delete(Cast.petyaTablet.deviceId)
        }
        #expect(try await subscriptions(exchange) == [new])
        #expect(try await exchange.store.read { try $0.pushSubscription(of: Cast.petya.deviceId) } == new)
        try await exchange.store.write { try $0.deletePushSubscription(of: Cast.petya.deviceId) }
        #expect(try await subscriptions(exchange) == [])
    }

    func `A device has a token of an app instead of a browser's subscription`() async throws {
        let exchange = try await exchange()
        let phone = PushSubscription(device: Cast.petya.deviceId, .app(.apns, token: "0a"))
        try await exchange.store.write { try $0.save(phone, at: ManualTime.start) }
        #expect(try await subscriptions(exchange) == [phone, subscription(Cast.petyaTablet)])
        // The token had ended before it was registered.
        try await exchange.store.write { try $0.delete(phone, endedAt: ManualTime.start - .seconds(1)) }
        #expect(try await exchange.store.read { try $0.pushSubscription(of: Cast.petya.deviceId) } == phone)
        // The app was installed anew, or somebody else has signed in there.
        let tablet = PushSubscription(device: Cast.petyaTablet.deviceId, .app(.apns, token: "0a"))
        try await exchange.store.write { try $0.save(tablet, at: ManualTime.start) }
        #expect(try await subscriptions(exchange) == [tablet])
        try await exchange.store.write { store in
            try store.save(subscription(Cast.petyaTablet), at: ManualTime.start)
            try store.save(phone, at: ManualTime.start)
            try store.delete(phone, endedAt: ManualTime.start)
        }
        #expect(try await subscriptions(exchange) == [subscription(Cast.petyaTablet)])
    }

    func `Of registrations of a device at the same time, one is left`() async throws {
        let exchange = try await exchange(subscribed: [])
        let (store, device) = (exchange.store, Cast.petya)
        let all = (1...4).flatMap { number in
            [
                subscription(device, "push-\(number).example.org"),
                PushSubscription(device: device.deviceId, .app(.fcm, token: "token-\(number)")),
            ]
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for subscription in all {
                group.addTask {
                    try await store.write(of: device.userId) { try $0.save(subscription, at: ManualTime.start) }
                }
            }
            try await group.waitForAll()
        }
        let left = try await subscriptions(exchange)
        #expect(left.count == 1 && left.isSubset(of: all))
        // In a second table, another could come to light.
        try await store.write { try $0.delete(try #require(left.first), endedAt: ManualTime.start) }
        #expect(try await subscriptions(exchange) == [])
    }

    func `Pushes for apps wait in lanes of their own, and only an incoming call wakes iOS`() async throws {
        let exchange = try await exchange(subscribed: [])
        let phone = PushSubscription(device: Cast.petya.deviceId, .app(.apns, token: "0a"))
        let tablet = PushSubscription(device: Cast.petyaTablet.deviceId, .app(.fcm, token: "b"))
        try await exchange.store.write { store in
            for subscription in [phone, tablet] { try store.save(subscription, at: ManualTime.start) }
        }
        let id = try await exchange.invite()
        #expect(try await exchange.call(id)?.isAwaited == true)
        _ = try await fanOut(exchange)
        _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
        _ = try await fanOut(exchange)
        #expect(try await messages(exchange, "apns").map(\.type) == ["call.incoming"])
        #expect(try await messages(exchange, "fcm").map(\.type) == ["call.incoming", "call.missed"])
    }

    func `Two devices that register a token at once do not both keep it`() async throws {
        let exchange = try await exchange(subscribed: [])
        let devices = [Cast.petya, Cast.petyaTablet, Cast.vasya]
        for token in ["0a", "0b", "0c", "0d"] {
            try await withThrowingTaskGroup { group in
                for device in devices {
                    group.addTask {
                        let phone = PushSubscription(device: device.deviceId, .app(.apns, token: token))
                        try await exchange.store.write { try $0.save(phone, at: ManualTime.start) }
                    }
                }
                try await group.waitForAll()
            }
            let kept = try await exchange.store.read { store in
                try devices.compactMap { try store.pushSubscription(of: $0.deviceId) }
            }
            #expect(kept.filter { $0.target == .app(.apns, token: token) }.count == 1)
        }
    }

    func `A token of a service without a key wakes nobody`() async throws {
        var timing = Self.timing
        timing.outbox.pushServices = ["fcm"]
        let exchange = try await Exchange.withCast(in: stores, timing: timing)
        let phone = PushSubscription(device: Cast.petya.deviceId, .app(.apns, token: "0a"))
        try await exchange.store.write { store in
            try store.save(phone, at: ManualTime.start)
            try store.save(subscription(Cast.petyaTablet), at: ManualTime.start)
        }
        let id = try await exchange.invite()
        #expect(try await exchange.call(id)?.isAwaited == false)
        let tablet = PushSubscription(device: Cast.petyaTablet.deviceId, .app(.fcm, token: "b"))
        try await exchange.store.write { try $0.save(tablet, at: ManualTime.start) }
        let other = try await exchange.invite()
        #expect(try await exchange.call(other)?.isAwaited == true)
        _ = try await fanOut(exchange, services: timing.outbox.pushServices)
        #expect(try await messages(exchange, "apns").isEmpty)
        #expect(try await messages(exchange, "fcm").map(\.type) == ["call.incoming"])
    }

    func `A bounded number of pushes waits for a device, those of the newest calls`() async throws {
        let exchange = try await exchange(subscribed: [Cast.petya])
        var calls: [CallID] = []
        for _ in 1...DeviceFanOut.maximumWaiting + 2 {
            // Of many callers; here there is one, who calls again after each call.
            let id = try await exchange.invite()
            _ = try await fanOut(exchange)
            _ = try await exchange.calls.perform(.cancel, on: id, by: Cast.vasya)
            _ = try await fanOut(exchange)
            calls.append(id)
        }
        let incoming = try await messages(exchange, "push").filter { $0.type == "call.incoming" }
        let kept = calls.suffix(DeviceFanOut.maximumWaiting).map { "\($0) \(Cast.petya.deviceId)" }
        #expect(incoming.map(\.key) == kept)
    }

    private func messages(_ exchange: Exchange, _ kind: String) async throws -> [OutboxDelivery] {
        try await exchange.store.outbox.messages(OutboxQuery(kind: kind, limit: 100)).reversed()
    }

    private func fanOut(
        _ exchange: Exchange, services: Set<String> = Self.timing.outbox.pushServices
    ) async throws -> [OutboxResult] {
        let sender = DeviceFanOut(store: exchange.store, time: exchange.time, services: services)
        let (outbox, now) = (exchange.store.outbox, exchange.time.now)
        var results: [OutboxResult] = []
        while let delivery = try await outbox.take(from: DeviceFanOut.lane, limit: 1, except: [], at: now).first {
            results.append(await sender.send(delivery))
            try await outbox.settle([OutboxOutcome(delivery, .delivered)], at: now)
        }
        return results
    }

    func `A push goes to every device that is not present, and to no other`() async throws {
        let exchange = try await exchange()
        exchange.store.presence.opened(Cast.petya)
        let id = try await exchange.invite()
        #expect(try await fanOut(exchange) == [.delivered])
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(try await fanOut(exchange) == [.delivered])
        let pushes = try await messages(exchange, "push")
        #expect(pushes.map(\.type) == ["call.incoming", "call.stopped"])
        #expect(pushes.allSatisfy { $0.recipient == Cast.petyaTablet.deviceId })
        let body = try JSONSlice(parsing: try #require(pushes.first).body)
        #expect(body["callId"]?.string == id.rawValue)
        #expect(body["expiresAt"]?.string == "\(ManualTime.start + .seconds(60))")
        #expect(body["cursor"]?.string == "\(exchange.store.epoch).0")
        #expect(pushes.first?.expiresAt == ManualTime.start + .seconds(60))

        // With every device present, nobody has to be woken.
        exchange.store.presence.opened(Cast.petyaTablet)
        _ = try await exchange.invite()
        #expect(try await fanOut(exchange) == [])
    }

    func `A push that comes too late is not sent`() async throws {
        let exchange = try await exchange()
        let id = try await exchange.invite()
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petyaTablet)
        #expect(try await fanOut(exchange) == [.void("the call does not ring any more"), .delivered])
        #expect(try await messages(exchange, "push").map(\.type) == ["call.stopped"])
    }

    func `Of missed calls only the newest waits for a device`() async throws {
        let exchange = try await exchange()
        var newest: CallID?
        for _ in 1...3 {
            newest = try await exchange.invite()
            _ = try await exchange.calls.perform(.cancel, on: try #require(newest), by: Cast.vasya)
            _ = try await fanOut(exchange)
        }
        let missed = try await messages(exchange, "push").filter { $0.type == "call.missed" }
        #expect(Set(missed.compactMap(\.recipient)) == [Cast.petya.deviceId, Cast.petyaTablet.deviceId])
        #expect(missed.count == 2)
        for message in missed {
            #expect(try JSONSlice(parsing: message.body)["callId"]?.string == newest?.rawValue)
        }
        let refusing = DeviceFanOut(
            store: exchange.store, time: exchange.time, services: Self.timing.outbox.pushServices
        ) { _ in false }
        _ = try await exchange.invite()
        let delivery = try await exchange.store.outbox.take(
            from: DeviceFanOut.lane, limit: 1, except: [], at: exchange.time.now
        ).first
        #expect(await refusing.send(try #require(delivery)) == .void("too many calls of the same user"))
    }

    func `A concealed call waits as if no device were present`() async throws {
        let exchange = try await exchange()
        exchange.store.presence.opened(Cast.petya)
        exchange.store.presence.opened(Cast.petyaTablet)
        #expect(try await exchange.call(exchange.invite())?.isAwaited == false)
        try await exchange.store.write { store in
            try store.block(
                Cast.vasya.userId, by: Cast.petya.userId, at: ManualTime.start, showing: Concealment(lastSeenAt: nil))
        }
        let concealed = try await exchange.invite()
        #expect(try await exchange.call(concealed)?.isAwaited == true)
        exchange.time.advance(by: .seconds(10))
        try await exchange.calls.expire()
        #expect(try await exchange.call(concealed)?.isLive == true)
        #expect(try await fanOut(exchange) == [])
    }

    func `A call waits for a device that is woken, also after a restart`() async throws {
        let (database, time, waits) = try await twoCalls()
        let exchange = try Exchange(in: stores, database, time: time, timing: Self.timing)
        #expect(try await exchange.call(waits)?.isAwaited == true)
        time.advance(by: .seconds(30))
        try await exchange.calls.expire()
        #expect(try await exchange.call(waits)?.state == .inviting)
        time.advance(by: .seconds(30))
        try await exchange.calls.expire()
        #expect(try await exchange.call(waits)?.ending?.reason == .unreachable)
        #expect(try await messages(exchange, "devices").map(\.type) == ["call.incoming", "call.missed"])
    }

    /// A call to a device that can be woken, and another that ends because nobody can be.
    private func twoCalls() async throws -> (TemporaryDatabase, ManualTime, CallID) {
        let exchange = try await exchange(subscribed: [Cast.petya])
        let waits = try await exchange.invite()
        let ends = try await exchange.invite(Cast.invitation(to: Cast.stranger.userId))
        exchange.time.advance(by: .seconds(10))
        try await exchange.calls.expire()
        #expect(try await exchange.call(ends)?.ending?.reason == .unreachable)
        #expect(try await exchange.call(waits)?.state == .inviting)
        await exchange.store.close()
        return (exchange.database, exchange.time, waits)
    }
}
