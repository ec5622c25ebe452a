import Foundation
import GRDB
import RingbackModel

/// Reads the rows of the log in their order, and finds what does not fit.
struct LogCheck {
    private struct Log {
        /// The newest entry so far, and its position.
        var entry: Int64
        var position: Int64
        /// The newest entry whose position is a milestone, if it was in a row that is still there.
        var milestone: Int64?
    }

    /// The number of faults after which no more are noted.
    private static let maximumFaults = 1000

    private let erased: Set<String>
    private var logs: [UserID: Log] = [:]
    /// The first entry of the log that has not been pruned.
    private var oldest: Int64?
    private var newest: Int64 = 0
    private(set) var faults: [String] = []
    private(set) var entries = 0

    var users: Int { logs.count }

    /// - Parameter erased: Users whose entries may be on their way out.
    init(erased: Set<String>) { self.erased = erased }

    /// - Parameter row: last, first, entries, length of the bodies.
    mutating func take(_ row: Row) {
        let number: Int64 = row[0]
        guard let log = try? LogRow(row) else { return note("row \(number) can't be read") }
        if oldest == nil { oldest = log.first }
        if log.first <= newest { note("row \(number) begins with entry \(log.first), which was there before") }
        newest = log.last
        let length: Int = row[3]
        if (log.events.last?.body.upperBound ?? 0) != length { note("row \(number) has \(length) bytes of bodies") }
        for event in log.events {
            for (index, entry) in event.entries.enumerated() {
                take(entry, event.last - Int64(event.entries.count - 1 - index))
            }
        }
    }

    private mutating func take(_ entry: LogRow.Entry, _ number: Int64) {
        guard let user = entry.user, !erased.contains(user.rawValue) else { return }
        entries += 1
        let before = logs[user]
        if let before {
            if entry.position != before.position + 1 {
                note("\(user): position \(entry.position) follows \(before.position)")
            }
            if entry.previous != before.entry { note("\(user): entry \(number) does not lead to \(before.entry)") }
            if let milestone = before.milestone, entry.milestone != milestone {
                note("\(user): entry \(number) does not lead to the milestone \(milestone)")
            }
        } else if entry.position == 1 ? entry.previous != nil : (entry.previous ?? .max) >= (oldest ?? 0) {
            note("\(user): position \(entry.position) is the first, and those before it were not pruned")
        }
        logs[user] = Log(
            entry: number, position: entry.position,
            milestone: entry.position.isMultiple(of: LogHeads.milestoneDistance) ? number : before?.milestone)
    }

    /// Compares the newest entries with those in `feed_heads`, which has them as of `heads_until`.
    mutating func compare(with db: Database) throws {
        let until =
            try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'heads_until'").flatMap { Int64($0) } ?? 0
        let rows = try Row.fetchCursor(db, sql: "SELECT user_id, event_id, position FROM feed_heads")
        while let row = try rows.next() {
            let (name, event, position): (String, Int64, Int64) = (row[0], row[1], row[2])
            guard let user = UserID(name) else {
                note("feed_heads has the user '\(name)'")
                continue
            }
            guard !erased.contains(name) else { continue }
            if event > until { note("\(user): the head \(event) is newer than the checkpoint \(until)") }
            // Without an entry in the log, all of them were pruned.
            guard let log = logs[user] else {
                if event >= (oldest ?? 0) { note("\(user): the head \(event) is not in the log") }
                continue
            }
            if log.entry <= until, log.entry != event || log.position != position {
                note("\(user): the newest position is \(log.position), the head's \(position)")
            } else if log.position < position {
                note("\(user): the log ends at position \(log.position), behind the head's \(position)")
            }
        }
    }

    private mutating func note(_ fault: String) {
        if faults.count < Self.maximumFaults { faults.append(fault) }
    }
}
