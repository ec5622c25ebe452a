import RingbackCore
import RingbackModel

/// The timeline of a call: the JSON of its row, and the entries added since.
///
/// In JSON, an entry is `[seq, milliseconds since 1970, what, actor, detail]`. The actor is 0 for the caller's device,
/// 1 for the callee's device that accepted, an object for another device, and `null` for none.
struct StoredTimeline: Sendable {
    /// Entries that were added together, and the pieces before. A linked list, so that copies of a call in memory share
    /// it.
    private final class Piece: Sendable {
        let entries: [TimelineEntry]
        let previous: Piece?

        init(_ entries: [TimelineEntry], after previous: Piece?) { (self.entries, self.previous) = (entries, previous) }
    }

    /// The entries of the row, separated by commas.
    private var encoded: [UInt8]
    private var newest: Piece?

    init() { encoded = [] }

    /// - Parameter json: An array made by ``encode(for:)``.
    init(json: [UInt8]) { encoded = Array(json.dropFirst().dropLast()) }

    mutating func append(_ entries: [TimelineEntry]) {
        // The list is no longer than the timeline.
        if !entries.isEmpty { newest = Piece(entries, after: newest) }
    }

    /// The pieces that ``encoded`` does not contain.
    private var fresh: [Piece] {
        var pieces: [Piece] = []
        var next = newest
        while let piece = next {
            pieces.append(piece)
            next = piece.previous
        }
        return pieces.reversed()
    }

    /// The JSON for the row.
    mutating func encode(for call: CallState) -> [UInt8] {
        let fresh = fresh
        let (caller, callee) = (call.caller, call.calleeParticipant)
        var json = JSONWriter(reservingCapacity: encoded.count + fresh.count * 48 + 2)
        json.array { json in
            if !encoded.isEmpty { json.raw(encoded) }
            for piece in fresh {
                for entry in piece.entries { Self.write(entry, caller: caller, callee: callee, to: &json) }
            }
        }
        let array = json.finish()
        encoded = Array(array.dropFirst().dropLast())
        newest = nil
        return array
    }

    /// - Throws: ``CorruptRow``.
    func entries(of call: CallState) throws -> [TimelineEntry] {
        let array = [UInt8(ascii: "[")] + encoded + [UInt8(ascii: "]")]
        guard let elements = JSONSlice(kept: array)?.elements else { throw CorruptRow(column: "timeline") }
        let old = try elements.map { json in
            guard let entry = Self.entry(json, of: call) else {
                throw CorruptRow(column: "timeline")
            }
            return entry
        }
        return old + fresh.flatMap(\.entries)
    }

    private static func write(
        _ entry: TimelineEntry, caller: Participant, callee: Participant?, to json: inout JSONWriter
    ) {
        json.array { json in
            json.integer(Int64(entry.seq))
            json.integer(entry.time.milliseconds)
            json.string(entry.what)
            switch entry.actor {
            case nil: json.null()
            case caller?: json.integer(0)
            case callee: json.integer(1)
            case let actor?: actor.write(to: &json)
            }
            if let detail = entry.detail { json.string(detail) }
        }
    }

    private static func entry(_ json: JSONSlice, of call: CallState) -> TimelineEntry? {
        guard let values = json.elements, values.count >= 4, let seq = values[0].integer,
            let time = values[1].integer, let what = values[2].string
        else { return nil }
        let actor =
            switch values[3].integer {
            case 0: call.caller
            case 1: call.calleeParticipant
            default: Participant(values[3])
            }
        return TimelineEntry(
            seq: seq, time: Timestamp(milliseconds: Int64(time)), what: what, actor: actor,
            detail: values.count > 4 ? values[4].string : nil)
    }
}

extension CallState {
    fileprivate var calleeParticipant: Participant? {
        calleeDevice.map { Participant(userId: callee, deviceId: $0) }
    }
}
