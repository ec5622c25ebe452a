import GRDB
import RingbackCore
import RingbackModel

/// The live calls in a database that is being opened: their rows, and the later events of the log.
struct LiveRows {
    private var byKey: [Int64: LiveTable.Entry] = [:]
    private var asOf: [Int64: Int64] = [:]
    /// Rows that can't be read, or to which the events of the log can't be applied. These calls can't be used.
    private(set) var damaged: [Int64: Damage] = [:]

    struct Damage {
        let call: String
        let error: any Error
    }

    private let clock: SteadyClock

    init(_ db: Database, at moment: Moment) throws {
        clock = SteadyClock(reading: moment.wall, at: moment.monotonic)
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM calls INDEXED BY calls_live WHERE ended_at IS NULL ORDER BY id")
        while let row = try rows.next() {
            let key: Int64 = row["id"]
            do {
                byKey[key] = try LiveTable.Entry(row, clock: clock)
                asOf[key] = row["as_of"]
            } catch {
                damaged[key] = Damage(call: row["call_id"], error: error)
            }
        }
        try replay(db)
        // The system clock may have been set back since then.
        for (key, entry) in byKey where entry.call.newestTime > moment.wall {
            byKey[key]?.clock = SteadyClock(reading: entry.call.newestTime, at: moment.monotonic)
        }
    }

    /// The entries, in no particular order.
    var entries: [LiveTable.Entry] { Array(byKey.values) }

    /// Applies the events that are not in the rows.
    private mutating func replay(_ db: Database) throws {
        // At the last checkpoint, all rows were complete.
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT last, first, entries, bodies FROM log
                WHERE last > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'heads_until') ORDER BY last
                """)
        while let row = try rows.next() {
            let bodies = row.bytes("bodies")
            for event in try LogRow(row).events {
                guard let type = EventType(rawValue: event.head.type), type.isReplayable,
                    let key = event.head.call, !event.body.isEmpty
                else { continue }
                guard event.body.upperBound <= bodies.count else { throw CorruptRow(column: "bodies") }
                let body = EventBody(members: Array(bodies[event.body]), type: type, time: event.head.time)
                try replay(body, writeKey: event.head.key, last: event.last, key: key, db)
            }
        }
    }

    private mutating func replay(
        _ body: EventBody, writeKey: WriteKey?, last: Int64, key: Int64, _ db: Database
    ) throws {
        if var entry = byKey[key] {
            guard last > asOf[key] ?? 0 else { return }
            do {
                entry.timeline.append(try entry.call.replay(body, key: writeKey).timeline)
            } catch {
                damaged[key] = Damage(call: entry.call.id.rawValue, error: error)
                byKey[key] = nil
                return
            }
            if body.type.hasPayload { entry.note(body.type, event: last) }
            if case .complete = entry.row { entry.row = .behind }
            byKey[key] = entry
        } else if body.type == .callIncoming, damaged[key] == nil, try !Self.hasRow(key, db) {
            guard let (call, transition) = try? CallState.replayed(body, key: writeKey) else {
                damaged[key] = Damage(
                    call: body.json?["data"]?["call"]?["callId"]?.string ?? "\(key)",
                    error: CorruptRow(column: "bodies"))
                return
            }
            var entry = LiveTable.Entry(new: call, key: key, clock: clock)
            entry.timeline.append(transition.timeline)
            byKey[key] = entry
        }
    }

    /// Whether a call has a row. It does if it has ended.
    private static func hasRow(_ key: Int64, _ db: Database) throws -> Bool {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT 1 FROM calls WHERE id = ?"), arguments: [key]) != nil
    }
}
