import RingbackCore
import RingbackModel

/// A row of the log in its stored form, from which single entries are decoded, skipping those before them.
final class StoredLogRow {
    let last: Int64
    let first: Int64
    private let entries: [UInt8]
    /// The bodies of a small row, which were read together with it.
    private let bodies: [UInt8]?
    /// The places of the events that were passed over, in order, because a walk through a log returns to them.
    private var starts: [Start]

    private struct Start {
        /// The number of the last entry before the event.
        let before: Int64
        /// The index in ``entries``.
        let place: Int
        /// The index in the bodies.
        let body: Int
    }

    /// - Parameter row: Its columns must be `last`, `first`, `entries`, and `bodies` or null.
    ///
    /// - Throws: ``CorruptRow``.
    init(_ row: any Columns) throws {
        last = try row.value(row.integer(0), "last")
        first = try row.value(row.integer(1), "first")
        entries = row.bytes(2) ?? []
        bodies = row.bytes(3)
        starts = [Start(before: first - 1, place: 0, body: 0)]
    }

    /// Whether the bodies were read together with the row.
    var hasBodies: Bool { bodies != nil }

    /// A part of the bodies; `nil` if they were not read, or are shorter.
    func bodies(_ range: Range<Int>) -> [UInt8]? {
        guard let bodies, range.upperBound <= bodies.count else { return nil }
        return Array(bodies[range])
    }

    /// Decodes the whole row.
    ///
    /// - Throws: ``CorruptRow``.
    func decoded() throws -> LogRow { try LogRow(last: last, first: first, entries: entries) }

    /// An entry and its event, without the other entries of the event; `nil` if it is not in this row.
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
            // The call, the previous payload; the type; the time.
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
