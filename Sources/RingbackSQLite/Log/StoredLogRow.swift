import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// A row of the log as it is stored, from which entries are read one by one: what is before them is passed over.
final class StoredLogRow {
    let last: Int64
    let first: Int64
    private let entries: [UInt8]
    /// Where the events begin that have been passed over, in their order: a walk through a log comes back to them.
    private var starts: [Start]
    /// The bodies of all its events, once one was asked for.
    var bodies: [UInt8]?

    private struct Start {
        /// The number of the last entry before the event.
        let before: Int64
        /// In ``entries``.
        let place: Int
        /// In ``bodies``.
        let body: Int
    }

    /// - Parameter row: Has the columns `last`, `first` and `entries` first.
    init(_ row: Row) {
        (last, first) = (row[0], row[1])
        entries = Array(row[2] as Data)
        starts = [Start(before: first - 1, place: 0, body: 0)]
    }

    /// The whole row.
    ///
    /// - Throws: ``CorruptRow``.
    func decoded() throws -> LogRow { try LogRow(last: last, first: first, entries: entries) }

    /// An entry and its event, without the others that it was told to; `nil` when it is not in this row.
    ///
    /// - Throws: ``CorruptRow``.
    func entry(_ number: Int64) throws -> (event: LogRow.Event, entry: LogRow.Entry)? {
        guard first <= number, number <= last, let start = starts.last(where: { $0.before < number }) else {
            return nil
        }
        var bytes = LogBytes(entries, from: start.place)
        var (before, body) = (start.before, start.body)
        while !bytes.isAtEnd {
            let start = bytes
            let audience = Int64(try bytes.count())
            guard number > before + audience else {
                bytes = start
                let event = try LogRow.eventWithoutEntries(&bytes, after: before, body: body)
                for _ in before + 1..<number { try Self.skipEntry(&bytes) }
                return (event, try LogRow.entry(&bytes, number))
            }
            // The call, the payload before; the type; the time.
            try bytes.skipNumbers(2)
            try bytes.skipText()
            try bytes.skipNumbers(1)
            body &+= Int(truncatingIfNeeded: try bytes.number())
            guard body >= 0 else { throw CorruptRow(column: "entries") }
            _ = try bytes.key()
            for _ in 0..<audience { try Self.skipEntry(&bytes) }
            before += audience
            if before > starts[starts.count - 1].before {
                starts.append(Start(before: before, place: bytes.place, body: body))
            }
        }
        throw CorruptRow(column: "entries")
    }

    private static func skipEntry(_ bytes: inout LogBytes) throws {
        try bytes.skipText()
        try bytes.skipNumbers(3)
        try bytes.skipText()
        try bytes.skipText()
    }
}
