import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// What belongs to a call beside its state. Offers, answers and candidates are in the events that told them, each of which
/// names the one before it in its call.
extension SQLiteSession {
    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description? {
        guard let entry = try draft(of: call)?.entry else { return nil }
        var description: Description?
        try forEachPayload(of: entry) { event in
            if event.type == (kind == .offer ? .callOffer : .callAnswer) { description = Description(retold: event) }
            return description == nil
        }
        return description
    }

    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate] {
        guard let entry = try draft(of: call)?.entry else { return [] }
        var position = entry.call.callerSide.candidates + entry.call.calleeSide.candidates
        var found: [StoredCandidate] = []
        // Newest first, and the page is of the oldest.
        try forEachPayload(of: entry) { event in
            guard event.type == .callCandidates else { return true }
            guard let batch = CandidateBatch(retold: event) else { throw CorruptRow(column: "body") }
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

    /// The events with an offer, an answer or candidates, newest first, as far as they are still in the log.
    ///
    /// - Parameter body: Returns whether to go on.
    private func forEachPayload(of entry: LiveTable.Entry, _ body: (EventBody) throws -> Bool) throws {
        var next = entry.lastPayload
        while let id = next {
            let found = try row("SELECT payload_previous, type, time, body FROM events WHERE id = ?", [id])
            guard let event = found else {
                // Either it was pruned, or this reader's moment is older than the memory.
                let newest = try row("SELECT max(id) FROM events", [])?[0] as Int64?
                if id > newest ?? 0 { throw StaleMoment() }
                return
            }
            next = event["payload_previous"]
            let payload = EventBody(
                members: event.bytes("body"), type: try event.value("type"), time: event.time("time"))
            if try !body(payload) { return }
        }
    }

    func timeline(of call: CallID) throws -> [TimelineEntry] { try draft(of: call)?.entry.timeline.entries() ?? [] }

    func saveQuality(_ summary: JSONText, from participant: Participant, of call: CallID, at now: Timestamp) throws {
        try execute(
            """
            INSERT INTO quality (call, user_id, device_id, created_at, summary) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (call, user_id) DO UPDATE SET device_id = excluded.device_id,
                created_at = excluded.created_at, summary = excluded.summary
            """,
            [
                try requireDraft(of: call).entry.key, participant.userId.rawValue, participant.deviceId.rawValue,
                now.milliseconds, Data(summary.utf8),
            ])
    }
}
