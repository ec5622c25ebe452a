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
    /// - Parameters:
    ///   - work: May be run again when other work of the same transaction fails, and must not mind.
    ///   - completion: Gets what `work` returned or threw, or ``Problem`` `storage_unavailable` when the disk is full or
    ///     fails. Called on the writer's thread, after the observers; it must not wait.
    func submit<T: Sendable>(
        _ work: @escaping @Sendable (any StoreWriter) throws -> T,
        then completion: @escaping @Sendable (Result<T, any Error>) -> Void)

    /// Runs `work` on one consistent state, the newest committed. Calls that live may be newer than the rest, never older.
    ///
    /// - Parameter work: May be run again, and must not mind.
    func read<T: Sendable>(_ work: @escaping @Sendable (any StoreReader) throws -> T) async throws -> T

    /// Sets who hears of every commit, in their order, on the writer's thread. To be called once, before the first write.
    func observeCommits(_ observer: @escaping @Sendable (Commit) -> Void)

    /// Sets who is called after the completions of a commit's work, on the writer's thread: what they have left to be done
    /// can be done at once. To be called once, before the first write.
    func observeSettling(_ observer: @escaping @Sendable () -> Void)
}

extension Store {
    /// Runs `work` in a transaction.
    ///
    /// - Throws: What `work` throws; ``Problem`` `storage_unavailable` when the disk is full or fails.
    package func write<T: Sendable>(_ work: @escaping @Sendable (any StoreWriter) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            submit(work) { continuation.resume(with: $0) }
        }
    }
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
