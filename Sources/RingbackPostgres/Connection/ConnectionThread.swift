import RingbackCore
import RingbackModel
import Synchronization

/// A thread and the connection that it alone uses.
final class ConnectionThread: Sendable {
    private let thread: StoreThread
    /// Unchecked: touched on the thread alone.
    nonisolated(unsafe) private let connection: PostgresConnection

    init(_ settings: PostgresConnection.Settings) {
        thread = StoreThread(name: settings.name)
        connection = PostgresConnection(settings)
    }

    /// Runs `work` behind what it was given before. It must not fail the connection without closing it.
    func run(_ work: @escaping @Sendable (PostgresConnection) -> Void) {
        thread.run { [self] in work(connection) }
    }
}

/// Several connections, of which each piece of work gets one that is free.
final class ConnectionPool: Sendable {
    /// Work that waits for a connection. What comes beyond it is refused.
    private static let waiting = 10_000

    private struct State {
        var idle: [ConnectionThread]
        var waiting: [@Sendable (PostgresConnection) -> Void] = []
    }

    private let state: Mutex<State>

    init(_ settings: PostgresConnection.Settings, count: Int) {
        state = Mutex(State(idle: (0..<count).map { _ in ConnectionThread(settings) }))
    }

    /// Runs `work` as soon as a connection is free.
    ///
    /// - Returns: Whether it will be run: too much may be waiting.
    func run(_ work: @escaping @Sendable (PostgresConnection) -> Void) -> Bool {
        let (thread, isTaken) = state.withLock { state -> (ConnectionThread?, Bool) in
            if let thread = state.idle.popLast() { return (thread, true) }
            guard state.waiting.count < Self.waiting else { return (nil, false) }
            state.waiting.append(work)
            return (nil, true)
        }
        if let thread { start(work, on: thread) }
        return isTaken
    }

    /// Runs `work` and waits for it.
    ///
    /// - Throws: What it throws; ``Problem`` `storage_unavailable` when the database is away, or too much is waiting
    ///   for it.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = run { connection in
                do {
                    continuation.resume(returning: try work(connection))
                } catch {
                    continuation.resume(throwing: error.forClients)
                }
            }
            if !isTaken { continuation.resume(throwing: Problem.databaseUnavailable) }
        }
    }

    private func start(_ work: @escaping @Sendable (PostgresConnection) -> Void, on thread: ConnectionThread) {
        thread.run { [self] connection in
            var next: (@Sendable (PostgresConnection) -> Void)? = work
            while let work = next {
                work(connection)
                next = state.withLock { state in
                    guard !state.waiting.isEmpty else {
                        state.idle.append(thread)
                        return nil
                    }
                    return state.waiting.removeFirst()
                }
            }
        }
    }
}
