import RingbackCore

/// A small transaction that waits for the writer. Its methods are called on the writer's thread.
protocol PendingWrite: AnyObject, Sendable {
    var priority: WritePriority { get }
    func run(in transaction: SQLiteTransaction) throws
    func complete()
    func fail(_ error: any Error)
}

/// A small transaction for which a task waits.
final class AccountWrite<Value: Sendable>: PendingWrite {
    let priority: WritePriority
    private let work: @Sendable (SQLiteTransaction) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    /// The result of the work, until the commit. Unchecked: accessed only on the writer's thread.
    nonisolated(unsafe) private var value: Value?

    init(
        _ priority: WritePriority, _ work: @escaping @Sendable (SQLiteTransaction) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.priority = priority
        self.work = work
        self.continuation = continuation
    }

    func run(in transaction: SQLiteTransaction) throws { value = try work(transaction) }

    func complete() {
        if let value { continuation.resume(returning: value) }
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
