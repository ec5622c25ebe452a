package import RingbackModel

/// Turns a message for the devices of a user into one for each device that is not present and has a subscription.
package struct DeviceFanOut: OutboxSender {
    package static let lane = OutboxLane(rawValue: "devices/all")
    /// How long a missed call is worth a push.
    private static let missedTime: Duration = .seconds(86_400)
    /// Pushes of a type that wait for a device, of all callers. The newest calls are those that can still be answered.
    package static let maximumWaiting = 16

    private let store: any Store
    private let time: any Timekeeper
    private let services: Set<String>
    private let admit: @Sendable (PushCause) -> Bool

    /// - Parameters:
    ///   - services: ``OutboxPlan/pushServices``. Subscriptions of others count as absent.
    ///   - admit: Whether devices may be woken once more for the same reason.
    package init(
        store: any Store, time: any Timekeeper, services: Set<String>,
        admit: @escaping @Sendable (PushCause) -> Bool = { _ in true }
    ) {
        self.store = store
        self.time = time
        self.services = services
        self.admit = admit
    }

    package func send(_ delivery: OutboxDelivery) async -> OutboxResult {
        guard let json = JSONSlice(kept: delivery.body),
            let type = json["type"]?.string.flatMap({ PushType(rawValue: $0) }),
            let user = json["userId"]?.string.flatMap({ UserID($0) }), let id = CallID(delivery.key)
        else { return .void("a message of another version") }
        do {
            let present = try await store.presence.presentDevices(of: user)
            let (call, subscriptions) = try await store.read { store in
                (try store.call(id), try store.pushSubscriptions(of: user).filter { services.contains($0.service) })
            }
            guard let call, type != .incoming || call.stillRings else {
                return .void("the call does not ring any more")
            }
            guard subscriptions.isEmpty || admit(PushCause(caller: call.caller.userId, callee: user, type: type)) else {
                return .void("too many calls of the same user")
            }
            let messages = subscriptions.filter { subscription in
                !present.contains(subscription.device) && subscription.device != delivery.recipient
                    && subscription.receives(type)
            }.map { message(type, for: $0, call, delivery) }
            if !messages.isEmpty { try await store.write { _ = try $0.enqueue(messages) } }
            return .delivered
        } catch {
            return .unavailable("\(error)")
        }
    }

    private func message(
        _ type: PushType, for subscription: PushSubscription, _ call: CallState, _ delivery: OutboxDelivery
    ) -> OutboxMessage {
        let now = time.now
        var json = JSONWriter()
        json.object { json in
            json.field("type", type.rawValue)
            json.field("callId", call.id.rawValue)
            json.field("expiresAt", call.ringsUntil)
            if let position = delivery.position {
                json.field("cursor", "\(Cursor(epoch: store.epoch, position: position))")
            }
        }
        var message = OutboxMessage(
            lane: subscription.lane, key: "\(call.id) \(subscription.device)", type: type.rawValue,
            recipient: subscription.device, users: [call.callee], body: json.finish(), createdAt: now,
            expiresAt: type == .missed ? now + Self.missedTime : call.ringsUntil)
        message.maximumWaiting = type == .missed ? 1 : Self.maximumWaiting
        return message
    }
}

/// What makes a server send pushes, of which there is a limit.
package struct PushCause: Sendable, Hashable {
    package let caller: UserID
    package let callee: UserID
    package let type: PushType

    package init(caller: UserID, callee: UserID, type: PushType) {
        self.caller = caller
        self.callee = callee
        self.type = type
    }
}

/// What a push to a device says of a call.
package enum PushType: String, Sendable, Hashable {
    case incoming = "call.incoming"
    /// It was accepted or declined elsewhere.
    case stopped = "call.stopped"
    case missed = "call.missed"
}

extension CallState {
    /// Whether the call waits for somebody to accept it.
    package var stillRings: Bool { state == .inviting || state == .ringing }
}

extension OutboxPlan {
    /// The message for the devices of the callee.
    ///
    /// - Parameter except: The device that has caused it.
    func devices(_ type: PushType, _ call: CallState, except: DeviceID? = nil, at now: Timestamp) -> OutboxMessage {
        var json = JSONWriter()
        json.object { json in
            json.field("type", type.rawValue)
            json.field("userId", call.callee.rawValue)
        }
        return OutboxMessage(
            lane: DeviceFanOut.lane, key: call.id.rawValue, type: type.rawValue, recipient: except,
            log: type == .incoming ? call.callee : nil, users: [call.callee], body: json.finish(), createdAt: now,
            expiresAt: type == .incoming ? call.ringsUntil : nil)
    }

    /// The messages for a new call: to endpoints if its callee has no device present that rings, and to devices that
    /// are not present.
    ///
    /// - Parameter muted: The devices of the callee that do not ring.
    func incoming(_ call: CallState, muted: [DeviceID], _ facts: any CallFacts) throws -> [OutboxMessage] {
        let now = call.createdAt
        var messages = messages(
            .callIncoming, key: call.id.rawValue, log: call.callee, users: call.users, at: now,
            expiresAt: call.ringsUntil
        ) { $0.field("call", call.call) }
        guard usesPush || !messages.isEmpty else { return [] }
        // Whom the callee has blocked sees the callee offline, and must not learn otherwise from when the call ends.
        let present = call.isConcealed ? [] : try facts.presentDevices(of: call.callee)
        if !present.subtracting(muted).isEmpty { messages = [] }
        if usesPush,
            try facts.pushSubscriptions(of: call.callee).contains(where: {
                pushServices.contains($0.service) && !present.contains($0.device)
            })
        {
            messages.append(devices(.incoming, call, at: now))
        }
        return messages
    }
}
