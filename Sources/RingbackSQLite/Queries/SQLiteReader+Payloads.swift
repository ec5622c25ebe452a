import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// Offers, answers and candidates. They are stored in the events that announced them, each of which refers to the
/// previous one in its call.
extension SQLiteReader {
    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description? {
        guard let entry = try entry(of: call) else { return nil }
        var description: Description?
        try forEachPayload(kind == .offer ? .callOffer : .callAnswer, of: entry) { event in
            description = Description(event)
            return description == nil
        }
        return description
    }

    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate] {
        guard let entry = try entry(of: call) else { return [] }
        var position = entry.call.callerSide.candidates + entry.call.calleeSide.candidates
        guard position > after else { return [] }
        var found: [StoredCandidate] = []
        // The walk is from the newest, and the page has the oldest.
        try forEachPayload(.callCandidates, of: entry) { event in
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
        return Array(found.reversed().prefix(limit))
    }

    /// Visits the events of one type with an offer, an answer or candidates, newest first, as far as they are still in
    /// the log.
    ///
    /// - Parameter visit: Returns whether to continue.
    private func forEachPayload(
        _ type: EventType, of entry: LiveTable.Entry, _ visit: (EventBody) throws -> Bool
    ) throws {
        var next = entry.lastPayload
        while let number = next {
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
