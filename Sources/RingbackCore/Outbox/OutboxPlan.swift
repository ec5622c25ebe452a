package import RingbackModel

/// Which webhooks and pushes are sent for which events. If there are none, nothing is written to the outbox.
package struct OutboxPlan: Sendable, Hashable {
    /// A webhook endpoint.
    package struct Webhook: Sendable, Hashable {
        package var lane: OutboxLane
        package var types: Set<WebhookType>

        package init(name: String, types: Set<WebhookType>) {
            lane = .webhook(name)
            self.types = types
        }
    }

    package var webhooks: [Webhook] = []
    /// The push services for which there is a key (``PushSubscription/service``), which wake devices that are not
    /// present.
    package var pushServices: Set<String> = []

    package init(webhooks: [Webhook] = [], pushServices: Set<String> = []) {
        self.webhooks = webhooks
        self.pushServices = pushServices
    }

    /// Whether devices that are not present receive pushes.
    var usesPush: Bool { !pushServices.isEmpty }

    package var isEmpty: Bool { webhooks.isEmpty && !usesPush }

    /// The lanes of the endpoints that are told of `type`.
    func lanes(for type: WebhookType) -> [OutboxLane] {
        webhooks.lazy.filter { $0.types.contains(type) }.map(\.lane)
    }

    /// The message of a webhook, once for each endpoint that is told of its type.
    ///
    /// - Parameters:
    ///   - key: Orders the messages about one thing.
    ///   - log: The user whose cursor the message has.
    ///   - users: The users whom it is about.
    ///   - expiresAt: After which it is not sent; ``OutboxMessage/lifetime`` from now if it is `nil`.
    package func messages(
        _ type: WebhookType, key: String, log: UserID? = nil, users: [UserID], at now: Timestamp,
        expiresAt: Timestamp? = nil, data: (inout JSONWriter) -> Void
    ) -> [OutboxMessage] {
        let lanes = lanes(for: type)
        guard !lanes.isEmpty else { return [] }
        let body = WebhookType.body(type.rawValue, at: now, data: data)
        return lanes.map {
            OutboxMessage(
                lane: $0, key: key, type: type.rawValue, log: log, users: users, body: body, createdAt: now,
                expiresAt: expiresAt)
        }
    }

    /// The messages about a user of whom nothing but the identifier is left.
    package func messages(_ type: WebhookType, aboutErased user: UserID, at now: Timestamp) -> [OutboxMessage] {
        messages(type, key: "user \(user)", users: [], at: now) { json in
            json.name("user")
            json.object { $0.field("userId", user.rawValue) }
        }
    }
}

extension StoreWriter {
    /// Adds a user, and the messages about it.
    ///
    /// - Returns: Whether the identifier was free.
    func insert(_ account: Account, telling plan: OutboxPlan) throws -> Bool {
        guard try insert(account) else { return false }
        let messages = plan.messages(
            .userCreated, key: "user \(account.userId)", users: [account.userId], at: account.createdAt
        ) { $0.field("user", account.user) }
        try enqueue(messages)
        return true
    }
}

/// The types of webhook messages.
package enum WebhookType: String, Sendable, Hashable, CaseIterable {
    /// Somebody is called of whom no device is present.
    case callIncoming = "call.incoming"
    case callAnswered = "call.answered"
    /// A call has ended that its callee would want to return.
    case callMissed = "call.missed"
    case callEnded = "call.ended"
    case userCreated = "user.created"
    case userErased = "user.erased"

    /// The type of messages that `ringback webhooks test` sends.
    package static let test = "webhook.test"

    /// The body of a message: `{"type":…,"timestamp":…,"data":{…}}`.
    ///
    /// - Parameter data: Writes the members of `data`.
    package static func body(
        _ type: String, at now: Timestamp, data: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.object { json in
            json.field("type", type)
            json.field("timestamp", now)
            json.name("data")
            json.object(data)
        }
        return json.finish()
    }
}
