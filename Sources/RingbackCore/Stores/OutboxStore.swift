package import RingbackModel

/// The messages to services outside, from the transaction that caused each of them until it is delivered or given up.
///
/// Of the messages of a lane with the same key, only the oldest that waits is taken. On several nodes, a message that
/// was taken is not given to another node for ``OutboxStore/lease``.
package protocol OutboxStore: Sendable {
    /// The lanes that have a message that is due.
    func dueLanes(at now: Timestamp) async throws -> [OutboxLane]

    /// Takes messages of a lane that are due, the longest due first.
    ///
    /// - Parameter taken: Messages that this process has taken and not settled.
    func take(
        from lane: OutboxLane, limit: Int, except taken: Set<Int64>, at now: Timestamp
    ) async throws -> [OutboxDelivery]

    /// Records what became of messages that were taken.
    func settle(_ outcomes: [OutboxOutcome], at now: Timestamp) async throws

    /// Gives back messages that were taken and not settled, so that they can be taken at once.
    func release(_ numbers: Set<Int64>) async throws

    /// The messages that match the query, newest first.
    func messages(_ query: OutboxQuery) async throws -> [OutboxDelivery]

    /// The number of waiting messages in each lane that has any.
    func waiting() async throws -> [OutboxLane: Int]

    /// Delivers a message again, or now, and retries it for ``OutboxMessage/lifetime``.
    ///
    /// - Returns: `false` if there is no such message.
    func replay(_ number: Int64, at now: Timestamp) async throws -> Bool

    /// Removes messages that were delivered, given up or expired before a moment.
    ///
    /// - Returns: Whether there may be more to remove.
    func prune(before moment: Timestamp, limit: Int) async throws -> Bool
}

extension OutboxStore {
    /// How long a message that was taken belongs to a node. Longer than any attempt.
    package static var lease: Duration { .seconds(45) }
}

/// Selects messages of the outbox.
package struct OutboxQuery: Sendable, Hashable {
    /// All lanes of this kind, unless `lane` is set.
    package var kind: String
    package var lane: OutboxLane?
    package var status: OutboxDelivery.Status?
    package var number: Int64?
    /// Only older messages than this one.
    package var before: Int64?
    package var limit: Int

    package init(
        kind: String, lane: OutboxLane? = nil, status: OutboxDelivery.Status? = nil, number: Int64? = nil,
        before: Int64? = nil, limit: Int = 1
    ) {
        self.kind = kind
        self.lane = lane
        self.status = status
        self.number = number
        self.before = before
        self.limit = limit
    }
}

package protocol OutboxWriter {
    /// Adds messages, in this order.
    ///
    /// - Returns: Their numbers.
    @discardableResult
    func enqueue(_ messages: [OutboxMessage]) throws -> [Int64]
}
