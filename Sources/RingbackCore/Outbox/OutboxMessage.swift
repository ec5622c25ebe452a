package import RingbackModel

/// A message to a service outside, such as a webhook endpoint, as it is written in the transaction that caused it.
package struct OutboxMessage: Sendable, Hashable {
    /// How long a message is retried.
    package static let lifetime: Duration = .seconds(86_400)

    /// Whose message it is. Lanes do not wait for each other.
    package var lane: OutboxLane
    /// Messages of a lane with the same key are delivered in their order: the call or the user that they are about.
    package var key: String
    package var type: String
    /// The device to which it is sent, in a lane for several.
    package var recipient: DeviceID?
    /// The user whose cursor the message has: the one before the events of the same change.
    package var log: UserID?
    /// The users whom it is about, at most two. When one of them is erased, it is removed.
    package var users: [UserID]
    package var body: [UInt8]
    package var createdAt: Timestamp
    /// When it is given up.
    package var expiresAt: Timestamp
    /// How many messages of its recipient and type may wait, with it; the oldest make room. `nil` for any number. Only
    /// in ``OutboxWriter/enqueue(_:)``.
    package var maximumWaiting: Int?

    package init(
        lane: OutboxLane, key: String, type: String, recipient: DeviceID? = nil, log: UserID? = nil,
        users: [UserID] = [], body: [UInt8], createdAt: Timestamp, expiresAt: Timestamp? = nil
    ) {
        self.lane = lane
        self.key = key
        self.type = type
        self.recipient = recipient
        self.log = log
        self.users = users
        self.body = body
        self.createdAt = createdAt
        self.expiresAt = expiresAt ?? createdAt + Self.lifetime
    }
}

/// A queue of messages that is delivered independently of all others: `webhook/NAME`, `push/ORIGIN`.
package struct OutboxLane: Sendable, Hashable, RawRepresentable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static func webhook(_ name: String) -> Self { Self(rawValue: "webhook/\(name)") }

    /// What delivers the messages of the lane: the part before the slash.
    package var kind: Substring { rawValue.prefix { $0 != "/" } }

    /// The part after the slash.
    package var name: Substring { rawValue.dropFirst(kind.count + 1) }
}

/// A message in the store.
package struct OutboxDelivery: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable, CaseIterable { case waiting, delivered, failed }

    /// Increases with each message of the store.
    package var number: Int64
    package var lane: OutboxLane
    package var key: String
    package var type: String
    package var recipient: DeviceID?
    /// The position in the log of ``OutboxMessage/log``.
    package var position: Int64?
    package var body: [UInt8]
    package var createdAt: Timestamp
    package var expiresAt: Timestamp
    /// When it is tried next; `nil` if it was delivered or given up.
    package var dueAt: Timestamp?
    package var attempts: Int
    package var doneAt: Timestamp?
    package var isDelivered: Bool
    /// Why the last attempt failed.
    package var error: String?

    package init(
        number: Int64, lane: OutboxLane, key: String, type: String, recipient: DeviceID?, position: Int64?,
        body: [UInt8], createdAt: Timestamp, expiresAt: Timestamp, dueAt: Timestamp?, attempts: Int,
        doneAt: Timestamp?, isDelivered: Bool, error: String?
    ) {
        self.number = number
        self.lane = lane
        self.key = key
        self.type = type
        self.recipient = recipient
        self.position = position
        self.body = body
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.dueAt = dueAt
        self.attempts = attempts
        self.doneAt = doneAt
        self.isDelivered = isDelivered
        self.error = error
    }

    package var status: Status { dueAt != nil ? .waiting : isDelivered ? .delivered : .failed }
}

/// What became of an attempt to deliver a message.
package struct OutboxOutcome: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case delivered
        /// It is not tried again.
        case failed(String)
        case retry(at: Timestamp, String)
    }

    package var number: Int64
    package var lane: OutboxLane
    package var key: String
    package var kind: Kind

    package init(_ delivery: OutboxDelivery, _ kind: Kind) {
        number = delivery.number
        lane = delivery.lane
        key = delivery.key
        self.kind = kind
    }
}
