import GRDB
import RingbackCore
import RingbackModel

/// The outbox of the single process that has the database open, which remembers itself what it has taken.
struct SQLiteOutbox: OutboxStore {
    let store: SQLiteStore

    func dueLanes(at now: Timestamp) async throws -> [OutboxLane] {
        try await store.query { reader in
            try reader.all(
                """
                WITH RECURSIVE lanes (lane) AS (
                    SELECT min(lane) FROM outbox WHERE due_at IS NOT NULL
                    UNION ALL
                    SELECT (SELECT min(lane) FROM outbox WHERE due_at IS NOT NULL AND lane > lanes.lane)
                    FROM lanes WHERE lane IS NOT NULL
                )
                SELECT lane FROM lanes WHERE lane IS NOT NULL
                    AND EXISTS (SELECT 1 FROM outbox WHERE outbox.lane = lanes.lane AND due_at <= ?)
                """, [now.milliseconds]
            ) { OutboxLane(rawValue: $0[0]) }
        }
    }

    func take(
        from lane: OutboxLane, limit: Int, except taken: Set<Int64>, at now: Timestamp
    ) async throws -> [OutboxDelivery] {
        let due = try await store.query { reader in
            try reader.all(
                """
                SELECT * FROM outbox AS o WHERE lane = ? AND due_at <= ? AND NOT EXISTS (
                    SELECT 1 FROM outbox AS p
                    WHERE p.lane = o.lane AND p.key = o.key AND p.due_at IS NOT NULL AND p.number < o.number)
                ORDER BY due_at LIMIT ?
                """, [lane.rawValue, now.milliseconds, limit + taken.count], OutboxRow.delivery)
        }
        return Array(due.lazy.filter { !taken.contains($0.number) }.prefix(limit))
    }

    func settle(_ outcomes: [OutboxOutcome], at now: Timestamp) async throws {
        try await store.transact(.essential) { transaction in
            for outcome in outcomes { try Self.settle(outcome, at: now, transaction) }
        }
    }

    private static func settle(_ outcome: OutboxOutcome, at now: Timestamp, _ store: SQLiteTransaction) throws {
        switch outcome.kind {
        case .delivered, .failed:
            var error: String?
            if case .failed(let reason) = outcome.kind { error = reason }
            try store.execute(
                """
                UPDATE outbox SET due_at = NULL, done_at = ?, delivered = ?, error = ?, attempts = attempts + 1
                WHERE number = ? AND due_at IS NOT NULL
                """, [now.milliseconds, error == nil, error, outcome.number])
            try store.execute(
                "DELETE FROM outbox WHERE number = ? AND forgotten AND due_at IS NULL", [outcome.number])
            try store.execute(
                "UPDATE outbox SET due_at = ?1 WHERE lane = ?2 AND key = ?3 AND due_at > ?1",
                [now.milliseconds, outcome.lane.rawValue, outcome.key])
        case .retry(let time, let reason):
            try store.execute(
                "UPDATE outbox SET error = ?, attempts = attempts + 1 WHERE number = ?", [reason, outcome.number])
            // Those behind it are not looked at until then.
            try store.execute(
                "UPDATE outbox SET due_at = ? WHERE lane = ? AND key = ? AND due_at IS NOT NULL",
                [time.milliseconds, outcome.lane.rawValue, outcome.key])
        }
    }

    func release(_ numbers: Set<Int64>) async throws {}

    func messages(_ query: OutboxQuery) async throws -> [OutboxDelivery] {
        let status =
            switch query.status {
            case nil: "true"
            case .waiting: "due_at IS NOT NULL"
            case .delivered: "due_at IS NULL AND delivered"
            case .failed: "due_at IS NULL AND NOT delivered"
            }
        return try await store.query { reader in
            try reader.all(
                """
                SELECT * FROM outbox WHERE number < ?1 AND (?2 IS NULL OR number = ?2) AND lane >= ?3 AND lane < ?4
                    AND (?5 IS NULL OR lane = ?5) AND \(status) ORDER BY number DESC LIMIT ?6
                """,
                [
                    query.before ?? .max, query.number, "\(query.kind)/", "\(query.kind)0", query.lane?.rawValue,
                    query.limit,
                ], OutboxRow.delivery)
        }
    }

    func waiting() async throws -> [OutboxLane: Int] {
        let counts = try await store.query { reader in
            try reader.all("SELECT lane, count(*) FROM outbox WHERE due_at IS NOT NULL GROUP BY lane", []) {
                (OutboxLane(rawValue: $0[0]), $0[1] as Int)
            }
        }
        return Dictionary(counts) { $1 }
    }

    func replay(_ number: Int64, at now: Timestamp) async throws -> Bool {
        try await store.transact(.essential) { transaction in
            try transaction.execute(
                """
                UPDATE outbox SET due_at = ?1, done_at = NULL, delivered = 0, attempts = 0, error = NULL, expires_at = ?2
                WHERE number = ?3
                """, [now.milliseconds, (now + OutboxMessage.lifetime).milliseconds, number])
            transaction.hasMessages = true
            return transaction.db.changesCount == 1
        }
    }

    func prune(before moment: Timestamp, limit: Int) async throws -> Bool {
        try await store.transact(.essential) { transaction in
            var isMore = false
            for condition in ["done_at IS NOT NULL AND done_at < ?", "due_at IS NOT NULL AND expires_at < ?"] {
                try transaction.execute(
                    "DELETE FROM outbox WHERE number IN (SELECT number FROM outbox WHERE \(condition) LIMIT ?)",
                    [moment.milliseconds, limit])
                if transaction.db.changesCount == limit { isMore = true }
            }
            return isMore
        }
    }
}
