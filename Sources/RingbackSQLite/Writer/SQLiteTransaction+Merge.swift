import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// Old rows of the log are merged, because the pages of a row become half empty when its offers, answers and candidates
/// are removed.
extension SQLiteTransaction {
    /// Bytes that a merged row has, at most, unless it has a single event.
    private static let mergedBytes = 8192
    private static let rowsAtOnce = 64

    /// Consecutive rows of the log.
    private struct Run {
        let firstRow: Int64
        let first: Int64
        private(set) var last: Int64
        private(set) var count = 1
        private var time: Int64
        private var entries: Data
        private var bodies: Data

        /// - Parameter row: Its columns must be `last`, `first`, `time`, `entries` and `bodies`.
        init(_ row: Row) {
            (firstRow, first, last) = (row[0], row[1], row[0])
            (time, entries, bodies) = (row[2], row[3], row[4])
        }

        /// - Returns: Whether there is room for the row, and it follows immediately.
        mutating func append(_ row: Run) -> Bool {
            guard row.first == last + 1, bytes + row.bytes <= SQLiteTransaction.mergedBytes else { return false }
            // References between entries are distances between their numbers, which stay.
            (last, count, time) = (row.last, count + 1, max(time, row.time))
            entries += row.entries
            bodies += row.bodies
            return true
        }

        private var bytes: Int { entries.count + bodies.count }

        var arguments: StatementArguments { [last, first, time, entries, bodies] }
    }

    /// Merges rows whose events happened before a moment, beginning where the last step ended.
    ///
    /// - Parameter time: After which the step ends. It merges some rows however long that takes, because `false` would
    ///   end the merging.
    /// - Returns: Whether there are more.
    func mergeLog(before moment: Timestamp, for time: Duration = stepTime) throws -> Bool {
        let end = ContinuousClock.now + time
        let position = { [self] (key: String) -> Int64 in
            try first("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?", [key]) { $0[0] as Int64 } ?? 0
        }
        // What follows the last checkpoint is read at the start.
        let limit = min(try newestEntry(before: moment), try position("heads_until"))
        let start = try position("merged_until")
        var (next, merged) = (start, start)
        var run: Run?
        var hasMore = true
        repeat {
            let rows = try all(
                """
                SELECT last, first, time, entries, bodies FROM log WHERE last > ? AND last <= ? ORDER BY last LIMIT ?
                """, [next, limit, Self.rowsAtOnce], Run.init)
            for row in rows {
                if run?.append(row) ?? false { continue }
                if let run { try write(run) }
                merged = run?.last ?? merged
                run = row
            }
            next = rows.last?.last ?? next
            hasMore = rows.count == Self.rowsAtOnce
        } while hasMore && ContinuousClock.now < end
        // The last run may still grow, unless the next step begins behind it.
        if hasMore, let run {
            try write(run)
            merged = run.last
        }
        guard merged > start else { return false }
        try execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('merged_until', ?)", [String(merged)])
        logRows = []
        return hasMore
    }

    private func write(_ run: Run) throws {
        guard run.count > 1 else { return }
        try execute("DELETE FROM log WHERE last BETWEEN ? AND ?", [run.firstRow, run.last])
        try execute("INSERT INTO log (last, first, time, entries, bodies) VALUES (?, ?, ?, ?, ?)", run.arguments)
    }
}
