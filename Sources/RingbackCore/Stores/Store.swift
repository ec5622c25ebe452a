import RingbackModel

/// Where everything durable lives.
///
/// There is one writer: pieces of work run one after the other, and what is waiting is committed together. A piece of work
/// that throws leaves nothing behind and harms no other. ``write(_:)`` returns after the commit is on disk, and no earlier;
/// the commit's ``Commit`` has been handed to the observer by then.
package protocol Store: Sendable {
    /// Names this event log. Another one says that old cursors mean nothing.
    var epoch: String { get }

    /// Runs a piece of work in a transaction.
    func submit(_ job: any StoreJob)

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

    /// Runs `work` in a transaction.
    ///
    /// - Parameters:
    ///   - work: May be run again when other work of the same transaction fails, and must not mind.
    ///   - completion: Gets what `work` returned or threw, or ``Problem`` `storage_unavailable` when the disk is full or
    ///     fails. Called on the writer's thread, after the observers; it must not wait.
    package func submit<T: Sendable>(
        _ work: @escaping @Sendable (any StoreWriter) throws -> T,
        then completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) {
        submit(StoreWork(work, completion))
    }
}

/// A piece of work for the writer. All of it happens on the writer's thread.
package protocol StoreJob: AnyObject, Sendable {
    /// Does it within a transaction. May be called again when other work of the same transaction fails, and must not mind.
    ///
    /// - Throws: What ``fail(_:)`` is to get; nothing of it has happened then.
    func run(in store: any StoreWriter) throws
    /// What it did is on disk, and the observers have heard of it. Must not wait.
    func complete()
    /// It threw, or ``Problem`` `storage_unavailable`: the disk is full or fails. Must not wait.
    func fail(_ error: any Error)
}

/// Work of any kind.
private final class StoreWork<Value: Sendable>: StoreJob {
    private let work: @Sendable (any StoreWriter) throws -> Value
    private let completion: @Sendable (Result<Value, any Error>) -> Void
    /// What the work has returned, until the commit. Unchecked: touched on the writer's thread alone.
    nonisolated(unsafe) private var value: Value?

    init(
        _ work: @escaping @Sendable (any StoreWriter) throws -> Value,
        _ completion: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        self.work = work
        self.completion = completion
    }

    func run(in store: any StoreWriter) throws { value = try work(store) }

    func complete() {
        if let value { completion(.success(value)) }
    }

    func fail(_ error: any Error) { completion(.failure(error)) }
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
