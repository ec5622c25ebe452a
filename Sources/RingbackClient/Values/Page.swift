public import RingbackModel

/// A page of a list.
public struct Page<Item: Sendable>: Sendable {
    /// The items, in the order of the list.
    public var items: [Item]
    /// The value for the parameter that requests the next page; `nil` on the last page. Opaque.
    public var next: String?
}

extension Page: Equatable where Item: Equatable {}

/// A blocked user.
public struct Block: Sendable, Hashable {
    /// The user who is blocked.
    public var userId: UserID
    /// When the block was created.
    public var createdAt: Timestamp
}

/// A user who may call while only contacts may.
public struct Contact: Sendable, Hashable {
    /// The user who is a contact.
    public var userId: UserID
    /// When the contact was added.
    public var createdAt: Timestamp
}

/// An entry of the timeline of a call.
public struct TimelineEntry: Sendable, Hashable {
    /// The number of the entry within the call, from 1.
    public var seq: Int
    /// When it happened, by the server's clock.
    public var time: Timestamp
    /// What happened: `invited`, `alerting`, `accepted`, … Later versions of the server may add values.
    public var what: String
    /// The device that caused it; `nil` if the server did.
    public var actor: Participant?
    /// Further details, for people.
    public var detail: String?
}

/// The calls that a history contains.
public enum CallFilter: String, Sendable, Hashable, CaseIterable {
    /// Calls that have not ended.
    case live
    /// Calls that have ended.
    case ended
    /// Calls in the state `inviting`.
    case inviting
    /// Calls in the state `ringing`.
    case ringing
    /// Calls in the state `connecting`.
    case connecting
    /// Calls in the state `active`.
    case active
}

/// The result of a long poll.
public struct EventsPage: Sendable {
    /// The events, in order.
    public var events: [Event]
    /// The cursor for the next request.
    public var cursor: Cursor
    /// The live calls of the user; only in a snapshot.
    public var calls: [LiveCall]?
}

/// A single-use ticket with which a browser opens an `EventSource` or a `WebSocket`.
public struct Ticket: Sendable, Hashable {
    /// The value for `?ticket=`.
    public var ticket: String
    /// How long the ticket is valid.
    public var expiresIn: Duration
}
