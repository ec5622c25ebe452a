import RingbackModel

/// Events on their way into a row of the log, encoded as ``LogRow`` reads them.
struct LogDraft: Sendable {
    /// Bytes of bodies from which on a row is large enough: who reads one event reads past the others.
    private static let largeBodies = 32_768

    private(set) var entries: [UInt8] = []
    private(set) var bodies: [UInt8] = []
    /// When the newest event happened.
    private(set) var time = Timestamp(milliseconds: 0)
    /// The number of its first entry.
    private(set) var first: Int64
    /// The number of the entry that comes next.
    private(set) var next: Int64

    init(first: Int64) { (self.first, next) = (first, first) }

    /// Begins the next row, in the same memory.
    mutating func begin(at first: Int64) {
        (self.first, next) = (first, first)
        time = Timestamp(milliseconds: 0)
        entries.removeAll(keepingCapacity: true)
        bodies.removeAll(keepingCapacity: true)
    }

    var isEmpty: Bool { next == first }

    var isLarge: Bool { bodies.count >= Self.largeBodies }

    /// Calls `body` with ``entries`` and ``bodies`` where they are.
    func withBytes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void) rethrows {
        try entries.withUnsafeBytes { entries in try bodies.withUnsafeBytes { try body(entries, $0) } }
    }

    /// Begins an event of so many entries, which follow.
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

    /// - Returns: The entry's number.
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
