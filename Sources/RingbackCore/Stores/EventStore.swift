package import RingbackModel

/// An event in a user's log.
package final class StoredEvent: Sendable {
    package let user: UserID
    /// Counted from 1 within the user's log, without gaps.
    package let position: Int64
    /// For this device alone.
    package let only: DeviceID?
    /// For all but this device.
    package let except: DeviceID?
    package let body: EventBody

    package init(user: UserID, position: Int64, only: DeviceID?, except: DeviceID?, body: EventBody) {
        self.user = user
        self.position = position
        self.only = only
        self.except = except
        self.body = body
    }

    package func isMeant(for device: DeviceID) -> Bool {
        except != device && (only == nil || only == device)
    }
}

/// What a write answers: a status of HTTP, the JSON, and where what it made can be found.
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

/// A client's key for a write that is no write to a call: the same device, route and key is the same write.
package struct IdempotencyKey: Sendable, Hashable {
    package var device: DeviceID
    package var route: String
    package var key: String
    /// SHA-256 of what was asked.
    package var fingerprint: [UInt8]

    package init(device: DeviceID, route: String, key: String, fingerprint: [UInt8]) {
        self.device = device
        self.route = route
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// What comes after a place in a user's log.
package enum EventRead: Sendable {
    case events([StoredEvent])
    /// Some of it was pruned, or the place is not in this log.
    case gone
}

package protocol EventReader {
    /// Events of a user after a position, in order, for whichever device; at most `limit`.
    func events(of user: UserID, after position: Int64, limit: Int) throws -> EventRead
    /// The position of a user's newest event, 0 for an empty log. Never later than what this reader sees.
    func newestPosition(of user: UserID) throws -> Int64
}

/// Before which moments things are removed.
package struct PruneHorizon: Sendable, Hashable {
    package var events: Timestamp
    /// For the payloads of calls that ended before it. The calls themselves stay: they are the history.
    package var payloads: Timestamp
    package var expiredDevices: Timestamp

    package init(events: Timestamp, payloads: Timestamp, expiredDevices: Timestamp) {
        self.events = events
        self.payloads = payloads
        self.expiredDevices = expiredDevices
    }
}
