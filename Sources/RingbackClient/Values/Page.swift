public import RingbackModel

/// A page of a list.
public struct Page<Item: Sendable>: Sendable {
    /// In the order of the list.
    public var items: [Item]
    /// Where the next page begins; `nil` on the last one. Opaque.
    public var next: String?
}

extension Page: Equatable where Item: Equatable {}

/// A user who is blocked, and since when.
public struct Block: Sendable, Hashable {
    /// Who is blocked.
    public var userId: UserID
    /// Since when.
    public var createdAt: Timestamp
}

/// One thing that happened in a call.
public struct TimelineEntry: Sendable, Hashable {
    /// Counts within the call, from 1.
    public var seq: Int
    /// When it happened, by the server's clock.
    public var time: Timestamp
    /// `invited`, `alerting`, `accepted`, … There may be more some day.
    public var what: String
    /// Who did it; `nil` when it was the server itself.
    public var actor: Participant?
    /// More about it, for people.
    public var detail: String?
}

/// Which calls a history is about.
public enum CallFilter: String, Sendable, Hashable, CaseIterable {
    /// All that have not ended.
    case live
    /// Over.
    case ended
    /// Sent, and not ringing yet.
    case inviting
    /// Ringing.
    case ringing
    /// Accepted, and media don't flow yet.
    case connecting
    /// Media flow.
    case active
}

/// Events, or a snapshot, as a long poll brings them.
public struct EventsPage: Sendable {
    /// In their order.
    public var events: [Event]
    /// For the next request.
    public var cursor: Cursor
    /// What is live for this user; in a snapshot only.
    public var calls: [LiveCall]?
}

/// A single-use ticket for a browser's `EventSource` or `WebSocket`.
public struct Ticket: Sendable, Hashable {
    /// What goes behind `?ticket=`.
    public var ticket: String
    /// How long it may wait to be used.
    public var expiresIn: Duration
}
