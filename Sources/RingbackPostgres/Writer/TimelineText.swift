import RingbackCore
import RingbackModel

/// The entries of a call's timeline as text that is appended to: `[seq, milliseconds, what, actor, detail],` each.
enum TimelineText {
    static func encode(_ entries: [TimelineEntry]) -> String {
        guard !entries.isEmpty else { return "" }
        var json = JSONWriter(reservingCapacity: 80 * entries.count)
        json.array(entries) { json, entry in
            json.array { json in
                json.integer(Int64(entry.seq))
                json.integer(entry.time.milliseconds)
                json.string(entry.what)
                if let actor = entry.actor { actor.write(to: &json) } else { json.null() }
                if let detail = entry.detail { json.string(detail) }
            }
        }
        return json.withBytes { String(decoding: $0.dropFirst().dropLast(), as: UTF8.self) + "," }
    }

    /// - Throws: ``CorruptBody``.
    static func decode(_ text: String, of call: CallID) throws -> [TimelineEntry] {
        guard !text.isEmpty else { return [] }
        guard let elements = JSONSlice(kept: Array("[\(text.dropLast())]".utf8))?.elements else {
            throw CorruptBody(call: call)
        }
        return try elements.map { json in
            guard let values = json.elements, values.count >= 4, let seq = values[0].integer,
                let time = values[1].integer, let what = values[2].string
            else { throw CorruptBody(call: call) }
            return TimelineEntry(
                seq: seq, time: Timestamp(milliseconds: Int64(time)), what: what, actor: Participant(values[3]),
                detail: values.count > 4 ? values[4].string : nil)
        }
    }
}
