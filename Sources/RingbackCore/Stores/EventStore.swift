package import RingbackModel

/// An event in a user's log.
package final class StoredEvent: Sendable {
    package let user: UserID
    /// Counted from 1 within the user's log, without gaps.
    package let position: Int64
    /// The only device that may receive the event; `nil` for all.
    package let only: DeviceID?
    /// A device that does not receive the event.
    package let except: DeviceID?
    package let body: EventBody

    package init(user: UserID, position: Int64, only: DeviceID?, except: DeviceID?, body: EventBody) {
        self.user = user
        self.position = position
        self.only = only
        self.except = except
        self.body = body
    }

    /// An event whose body was pruned is for no device.
    package func isMeant(for device: DeviceID) -> Bool {
        except != device && (only == nil || only == device) && !body.members.isEmpty
    }
}

/// The answer to a write: an HTTP status, the JSON, and the location of what was created.
package struct Answer: Sendable, Hashable {
    package var status: Int
    package var body: [UInt8]
    package var location: String?

    package init(_ status: Int, body: [UInt8] = [], location: String? = nil) {
        self.status = status
        self.body = body
        self.location = location
    }

    package init(_ status: Int, _ value: some JSONWritable, location: String? = nil) {
        self.init(status, body: value.json, location: location)
    }
}

/// The idempotency key of a write outside of calls. The same device, route and key identify the same write.
package struct IdempotencyKey: Sendable, Hashable {
    package var device: DeviceID
    package var route: String
    package var key: String
    /// HMAC-SHA-256 of the request.
    package var fingerprint: [UInt8]

    package init(device: DeviceID, route: String, key: String, fingerprint: [UInt8]) {
        self.device = device
        self.route = route
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// The result of reading a user's log after a position.
package enum EventRead: Sendable {
    case events([StoredEvent])
    /// Some of the events were pruned, or the position is not in this log.
    case gone
}

package protocol EventReader {
    /// The events of a user after a position, in order, for all devices: at most `limit`, up to the one that brings
    /// their bodies to ``Limits/pageBytes``.
    func events(of user: UserID, after position: Int64, limit: Int) throws -> EventRead
    /// The position of a user's newest event; 0 for an empty log. Never newer than what this reader sees.
    func newestPosition(of user: UserID) throws -> Int64
}

/// The times before which data is removed.
package struct PruneHorizon: Sendable, Hashable {
    package var events: Timestamp
    /// For the offers, answers and candidates of ended calls, by the time of their end. Their events remain in the logs
    /// without a body.
    package var payloads: Timestamp
    /// For the timeline, legs, custom data, media state and quality of ended calls, by the time of their end.
    package var details: Timestamp
    /// For ended calls, by the time of their end: they leave the histories. No later than ``events``.
    package var calls: Timestamp
    package var expiredDevices: Timestamp
    /// For the audit log.
    package var audit: Timestamp
    /// Events before this time hardly change any more, so a store may keep them in a more compact form.
    package var compact: Timestamp

    package init(
        events: Timestamp, payloads: Timestamp, details: Timestamp = Timestamp(milliseconds: 0),
        calls: Timestamp = Timestamp(milliseconds: 0), expiredDevices: Timestamp,
        audit: Timestamp = Timestamp(milliseconds: 0),
        compact: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.events = events
        self.payloads = payloads
        self.details = details
        self.calls = min(calls, events)
        self.expiredDevices = expiredDevices
        self.audit = audit
        self.compact = compact
    }
}
