import RingbackCore
import RingbackModel

/// A call's timeline: as the JSON that its row has, and what has come since.
struct StoredTimeline: Sendable {
    /// The entries with commas between them.
    private var encoded: [UInt8]
    private var fresh: [TimelineEntry] = []

    init() { encoded = [] }

    /// - Parameter json: An array that ``json`` has made.
    init(json: [UInt8]) { encoded = Array(json.dropFirst().dropLast()) }

    mutating func append(_ entries: [TimelineEntry]) { fresh += entries }

    /// The JSON for the row.
    mutating func encode() -> [UInt8] {
        for entry in fresh {
            if !encoded.isEmpty { encoded.append(UInt8(ascii: ",")) }
            encoded += entry.json
        }
        fresh = []
        return [UInt8(ascii: "[")] + encoded + [UInt8(ascii: "]")]
    }

    /// - Throws: ``CorruptRow``.
    func entries() throws -> [TimelineEntry] {
        let array = [UInt8(ascii: "[")] + encoded + [UInt8(ascii: "]")]
        let old = try (JSONSlice(unchecked: array).elements ?? []).map { json in
            guard let entry = TimelineEntry(json) else { throw CorruptRow(column: "timeline") }
            return entry
        }
        return old + fresh
    }
}
