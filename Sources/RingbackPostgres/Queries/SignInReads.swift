import RingbackCore
import RingbackModel
import Synchronization

/// Looks up sign-ins and how far their users' logs are, for each request that this node could answer from memory. What
/// comes while the database is being asked is asked together.
final class SignInReads: Sendable {
    private typealias Waiting = (signIns: Set<SignIn>, CheckedContinuation<[SignIn: Int64], any Error>)

    private struct State {
        var waiting: [Waiting] = []
        var isReading = false
    }

    private let pool: ConnectionPool
    private let state = Mutex(State())

    init(pool: ConnectionPool) { self.pool = pool }

    /// - Returns: The newest positions of those that have not ended.
    /// - Throws: ``Problem`` `storage_unavailable`.
    func positions(of signIns: Set<SignIn>) async throws -> [SignIn: Int64] {
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append((signIns, continuation))
                defer { state.isReading = true }
                return !state.isReading
            }
            guard isFirst, !pool.run({ self.read($0) }) else { return }
            for (_, continuation) in take() { continuation.resume(throwing: Problem.databaseUnavailable) }
            state.withLock { $0.isReading = false }
        }
    }

    private func take() -> [Waiting] {
        state.withLock { state in
            defer { state.waiting = [] }
            if state.waiting.isEmpty { state.isReading = false }
            return state.waiting
        }
    }

    private func read(_ connection: PostgresConnection) {
        while case let group = take(), !group.isEmpty {
            do {
                let found = try connection.runAgain(Self.statement(Set(group.flatMap { $0.signIns }))).map { row in
                    (try PostgresReader.device(row).signIn, row.optionalInteger(7) ?? 0)
                }
                let positions = Dictionary(found) { $1 }
                for (signIns, continuation) in group {
                    continuation.resume(returning: positions.filter { signIns.contains($0.key) })
                }
            } catch {
                for (_, continuation) in group { continuation.resume(throwing: error.forClients) }
            }
        }
    }

    private static func statement(_ signIns: Set<SignIn>) -> Statement {
        Statement(
            """
            SELECT d.user_id, d.device_id, d.name, d.token_hash, d.created_at, d.expires_at, d.last_seen_at, l.position
            FROM devices d LEFT JOIN user_logs l ON l.user_id = d.user_id WHERE d.device_id = ANY($1)
            """, .texts(signIns.map(\.participant.deviceId.rawValue)))
    }
}
