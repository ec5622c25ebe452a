import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// Offers, answers and candidates. They are stored in the events that announced them, each of which refers to the
/// previous one in its call.
extension SQLiteReader {
    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description? {
        guard let entry = try entry(of: call) else { return nil }
        let type: EventType = kind == .offer ? .callOffer : .callAnswer
        var description: Description?
        func take(_ event: EventBody) -> Bool {
            description = Description(event)
            return description == nil
        }
        if let event = entry.descriptions[kind] {
            if event > 0 { try forEachPayload(type, from: event, take) }
            return description
        }
        // Back to the newest mark before which it is known.
        let mark = try first(
            """
            SELECT entry, \(kind.rawValue) FROM candidate_marks WHERE call = ? AND \(kind.rawValue) IS NOT NULL
            ORDER BY position DESC LIMIT 1
            """, [entry.key]
        ) { (entry: $0[0] as Int64, event: $0[1] as Int64) }
        try forEachPayload(type, from: entry.lastPayload, until: mark?.entry ?? 0, take)
        if description == nil, let mark, mark.event > 0 { try forEachPayload(type, from: mark.event, take) }
        return description
    }

    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate] {
        guard let entry = try entry(of: call) else { return [] }
        let count = entry.call.candidateCount
        var found: [StoredCandidate] = []
        var after = after
        // From mark to mark, because events lead only to earlier ones.
        while found.count < limit, after < count {
            let mark = try first(
                "SELECT position, entry FROM candidate_marks WHERE call = ? AND position > ? ORDER BY position LIMIT 1",
                [entry.key, after]
            ) { (position: Int($0[0] as Int64), event: $0[1] as Int64) }
            let (end, event) = mark ?? (count, entry.lastPayload)
            found += try candidates(from: user, after: after, until: end, from: event)
            after = end
        }
        return Array(found.prefix(limit))
    }

    /// The candidates of a user between two positions, in order.
    ///
    /// - Parameter newest: The event of the last one, or a later one of the call without candidates.
    private func candidates(
        from user: UserID, after: Int, until end: Int, from newest: Int64?
    ) throws -> [StoredCandidate] {
        var position = end
        var found: [StoredCandidate] = []
        try forEachPayload(.callCandidates, from: newest) { event in
            guard let batch = CandidateBatch(event) else { throw CorruptRow(column: "body") }
            position -= batch.candidates.count
            guard batch.from.userId == user else { return position > after }
            let stored = batch.candidates.enumerated().map { index, candidate in
                StoredCandidate(
                    position: position + 1 + index, from: batch.from, negotiation: batch.negotiation,
                    candidate: candidate, createdAt: event.time)
            }
            found += stored.reversed().filter { $0.position > after }
            return position > after
        }
        return found.reversed()
    }

    /// Visits the events of one type with an offer, an answer or candidates, newest first, as far as they are still in
    /// the log.
    ///
    /// - Parameters:
    ///   - newest: The event to begin with.
    ///   - end: The event to end with, which is not visited.
    ///   - visit: Returns whether to continue.
    private func forEachPayload(
        _ type: EventType, from newest: Int64?, until end: Int64 = 0, _ visit: (EventBody) throws -> Bool
    ) throws {
        var next = newest
        while let number = next, number > end {
            guard let row = try logRow(with: number), let event = try row.entry(number)?.event, !event.body.isEmpty
            else {
                // The event was pruned or erased, or this reader's snapshot is older than the memory.
                if try number > newestEntry() { throw StaleSnapshot() }
                return
            }
            next = event.head.payloadPrevious.flatMap { $0 < number ? $0 : nil }
            guard event.head.type == type.rawValue else { continue }
            if try !visit(body(of: event, in: row)) { return }
        }
    }

    func timeline(of call: CallID) throws -> [TimelineEntry] {
        guard let entry = try entry(of: call) else { return [] }
        return try entry.timeline.entries(of: entry.call)
    }
}
