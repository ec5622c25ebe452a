import Logging
import RingbackCore
import RingbackModel
import Synchronization

/// Measures the database, and removes the oldest content when its maximum size is nearly reached.
///
/// Every node measures; one at a time removes.
final class SizePruning: Sendable {
    private struct State {
        var space: DatabaseSpace
        /// What this node has written since the database was measured.
        var written = 0
        var measuredAt: ContinuousClock.Instant?
        /// When pages were last looked at to know what is free within the files.
        var sampledAt: ContinuousClock.Instant?
        var isScheduled = false
        var ended: @Sendable ([SignIn]) -> Void = { _ in }

        /// Whether what is free within the files must be looked for again.
        var needsSample: Bool {
            space.isNearlyFull(adding: written) || sampledAt.map { $0.duration(to: .now) >= .seconds(10) } ?? true
        }
    }

    /// Rows that a step removes of one kind, at most: a small part of what the database may hold.
    private let limit: Int
    /// What a small transaction writes, about.
    static let smallTransaction = 4096
    /// The shortest time between two measurements.
    private static let pause: Duration = .milliseconds(100)

    private let thread: ConnectionThread
    private let origin: PostgresTransaction.Origin
    private let time: any Timekeeper
    private let logger: Logger
    private let state: Mutex<State>

    /// `nil` without a maximum.
    init?(
        maximumBytes: Int?, settings: PostgresConnection.Settings, origin: PostgresTransaction.Origin,
        time: any Timekeeper, logger: Logger
    ) {
        guard let maximumBytes else { return nil }
        limit = max(1, min(1000, maximumBytes >> 16))
        state = Mutex(State(space: DatabaseSpace(maximumBytes: maximumBytes)))
        var settings = settings
        // VACUUM of a large table takes long.
        settings.session.append("SET statement_timeout = 0")
        settings.answerTime = .seconds(3600)
        thread = ConnectionThread(settings)
        self.origin = origin
        self.time = time
        self.logger = logger
    }

    /// Whether an ordinary write must be refused.
    ///
    /// - Parameter bytes: What the current transaction has written.
    func isFull(adding bytes: Int = 0) -> Bool { state.withLock { $0.space.isFull(adding: $0.written + bytes) } }

    /// What was committed counts before the next measurement.
    func note(written bytes: Int) {
        let isNearlyFull = state.withLock { state in
            state.written += bytes
            return state.space.isNearlyFull(adding: state.written)
        }
        if isNearlyFull { measure() }
    }

    /// Measures soon, unless that has been done lately, and removes what it must.
    ///
    /// - Parameter ended: Called with the sign-ins that were removed.
    func measure(ended: (@Sendable ([SignIn]) -> Void)? = nil) {
        let isFirst = state.withLock { state in
            if let ended { state.ended = ended }
            let isLate = state.measuredAt.map { $0.duration(to: .now) >= Self.pause } ?? true
            guard isLate, !state.isScheduled else { return false }
            state.isScheduled = true
            return true
        }
        guard isFirst else { return }
        thread.run { [self] connection in
            do {
                try measure(connection)
                try pruneIfNecessary(connection)
            } catch {
                connection.rollBack()
                logger.debug("the size of the database is not known", metadata: ["error": "\(error)"])
            }
            state.withLock { $0.isScheduled = false }
        }
    }

    /// - Parameter isPruning: The sample of pages must be a new one.
    private func measure(_ connection: PostgresConnection, isPruning: Bool = false) throws {
        let before = state.withLock(\.written)
        var space = state.withLock(\.space)
        var used = try TableSizes.total(connection)
        // Files do not become smaller: what is free within them is looked for only when it matters.
        space.update(used: used)
        if space.isNearlyFull() {
            guard isPruning || state.withLock(\.needsSample) else { return }
            used = try TableSizes.used(connection)
            state.withLock { $0.sampledAt = .now }
        }
        let warning = state.withLock { state in
            state.space.update(used: used)
            state.written -= before
            state.measuredAt = .now
            return state.space.takeWarning(at: .now)
        }
        if let warning { logger.warning("\(warning)") }
    }

    private func pruneIfNecessary(_ connection: PostgresConnection) throws {
        guard state.withLock({ $0.space.beginPruning(at: .now) }) else { return }
        var (isMore, hasRemovedAny) = (true, false)
        while isMore {
            let hasRemoved = prune(connection)
            hasRemovedAny = hasRemovedAny || hasRemoved
            isMore = state.withLock { $0.space.continuePruning(hasRemoved: hasRemoved, at: .now) }
        }
        if hasRemovedAny { try TableSizes.vacuum(connection) }
    }

    /// - Returns: Whether something was removed.
    private func prune(_ connection: PostgresConnection) -> Bool {
        do {
            let (hasRemoved, news) = try PostgresTransaction.write(connection, from: origin, now: time.now) {
                [origin, limit] in
                try $0.isOnlyOne(seed: origin.lockSeed) && $0.pruneOldest(limit: limit)
            }
            if !news.ended.isEmpty { state.withLock(\.ended)(news.ended) }
            if hasRemoved { try measure(connection, isPruning: true) }
            return hasRemoved
        } catch {
            logger.warning("the oldest content could not be removed", metadata: ["error": "\(error)"])
            return false
        }
    }
}

extension PostgresTransaction {
    /// Whether no other node is removing the oldest content.
    fileprivate func isOnlyOne(seed: Int64) throws -> Bool {
        try first("SELECT pg_try_advisory_xact_lock(hashtextextended('', $1))", .integer(seed)) { $0.bool(0) } ?? false
    }
}
