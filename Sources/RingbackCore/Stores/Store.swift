import RingbackModel

/// Where everything durable lives.
///
/// There is one writer: pieces of work run one after the other, and what is waiting is committed together. A piece of work
/// that throws leaves nothing behind and harms no other. ``write(_:)`` returns after the commit is on disk, and no earlier;
/// the commit's ``Commit`` has been handed to the observer by then.
package protocol Store: Sendable {
    /// Names this event log. Another one says that old cursors mean nothing.
    var epoch: String { get }

    /// Runs `work` in a transaction.
    ///
    /// - Throws: What `work` throws; ``Problem`` `storage_unavailable` when the disk is full or fails.
    func write<T: Sendable>(_ work: @escaping @Sendable (any StoreWriter) throws -> T) async throws -> T

    /// Runs `work` on one consistent state, the newest committed.
    func read<T: Sendable>(_ work: @escaping @Sendable (any StoreReader) throws -> T) async throws -> T

    /// Sets who hears of every commit, in their order, on the writer's thread. To be called once, before the first write.
    func observeCommits(_ observer: @escaping @Sendable (Commit) -> Void)
}

package protocol StoreReader: AccountReader, CallReader, EventReader {}

package protocol StoreWriter: StoreReader, AccountWriter, CallWriter, EventWriter {}

/// What became durable at once.
package struct Commit: Sendable {
    package var events: [StoredEvent] = []
    /// The calls that were saved, as they are now, each once.
    package var calls: [CallState] = []

    package init() {}
}
