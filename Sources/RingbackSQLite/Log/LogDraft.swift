import RingbackModel

/// The events for a row of the log, encoded for ``LogRow``.
struct LogDraft: Sendable {
    /// The size of the bodies from which a new row is begun: reading one event reads past the others in its row.
    private static let largeBodies = 8192

    private(set) var entries: [UInt8] = []
    private(set) var bodies: [UInt8] = []
    /// The time of the newest event.
    private(set) var time = Timestamp(milliseconds: 0)
    /// The number of the first entry.
    private(set) var first: Int64
    /// The number of the next entry.
    private(set) var next: Int64

    init(first: Int64) { (self.first, next) = (first, first) }

    /// Begins the next row, reusing the memory.
    mutating func begin(at first: Int64) {
        (self.first, next) = (first, first)
        time = Timestamp(milliseconds: 0)
        entries.removeAll(keepingCapacity: true)
        bodies.removeAll(keepingCapacity: true)
    }

    var isEmpty: Bool { next == first }

    var isLarge: Bool { bodies.count >= Self.largeBodies }

    /// Calls `body` with ``entries`` and ``bodies``, without copying them.
    func withBytes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void) rethrows {
        try entries.withUnsafeBytes { entries in try bodies.withUnsafeBytes { try body(entries, $0) } }
    }

    /// Begins an event with `audience` entries, which must follow.
    mutating func append(_ head: LogRow.Head, body: some Collection<UInt8>, audience: Int) {
        let last = next + Int64(audience) - 1
        entries.append(number: Int64(audience))
        entries.append(number: head.call ?? 0)
        entries.append(number: head.payloadPrevious.map { last - $0 } ?? 0)
        entries.append(text: head.type)
        entries.append(number: head.time.milliseconds)
        entries.append(number: Int64(body.count))
        entries.append(key: head.key)
        bodies.append(contentsOf: body)
        time = max(time, head.time)
    }

    /// - Returns: The number of the entry.
    @discardableResult
    mutating func append(_ entry: LogRow.Entry) -> Int64 {
        entries.append(text: entry.user?.rawValue)
        entries.append(number: entry.position)
        entries.append(number: entry.previous.map { next - $0 } ?? 0)
        entries.append(number: entry.milestone.map { next - $0 } ?? 0)
        entries.append(text: entry.only?.rawValue)
        entries.append(text: entry.except?.rawValue)
        defer { next += 1 }
        return next
    }
}
