import RingbackCore
import RingbackModel

/// A call's timeline as the JSON that its row has.
struct StoredTimeline: Sendable, Hashable {
    /// The entries with commas between them.
    private var elements: [UInt8]

    init() { elements = [] }

    /// - Parameter json: An array that ``json`` has made.
    init(json: [UInt8]) { elements = Array(json.dropFirst().dropLast()) }

    mutating func append(_ entries: [TimelineEntry]) {
        for entry in entries {
            if !elements.isEmpty { elements.append(UInt8(ascii: ",")) }
            elements += entry.json
        }
    }

    var json: [UInt8] { [UInt8(ascii: "[")] + elements + [UInt8(ascii: "]")] }

    /// - Throws: ``CorruptRow``.
    func entries() throws -> [TimelineEntry] {
        try (JSONSlice(unchecked: json).elements ?? []).map { json in
            guard let entry = TimelineEntry(json) else { throw CorruptRow(column: "timeline") }
            return entry
        }
    }
}
