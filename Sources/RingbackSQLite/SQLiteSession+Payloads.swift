import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// What belongs to a call beside its state: descriptions, candidates, timeline, quality.
extension SQLiteSession {
    func save(_ description: Description) throws {
        try execute(
            """
            INSERT INTO descriptions (call, negotiation, kind, ice_restart, user_id, device_id, created_at, sdp)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                try requireKey(of: description.callId), description.negotiation, description.kind.rawValue,
                description.iceRestart, description.from.userId.rawValue, description.from.deviceId.rawValue,
                description.createdAt.milliseconds, Data(description.sdp.utf8),
            ])
    }

    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description? {
        guard let key = try key(of: call) else { return nil }
        return try row(
            "SELECT * FROM descriptions WHERE call = ? AND kind = ? ORDER BY negotiation DESC LIMIT 1",
            [key, kind.rawValue]
        ).map { row in
            Description(
                callId: call, negotiation: row["negotiation"], kind: kind, sdp: JSONText(unchecked: row.bytes("sdp")),
                iceRestart: row["ice_restart"], from: try row.sender(), createdAt: row.time("created_at"))
        }
    }

    func append(
        _ candidates: [JSONText], of negotiation: Int?, from participant: Participant, to call: CallID,
        at now: Timestamp
    ) throws {
        let key = try requireKey(of: call)
        let last = try row("SELECT max(position) FROM candidates WHERE call = ?", [key])?[0] as Int? ?? 0
        for (index, candidate) in candidates.enumerated() {
            try execute(
                """
                INSERT INTO candidates (call, position, user_id, device_id, negotiation, created_at, candidate)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    key, last + 1 + index, participant.userId.rawValue, participant.deviceId.rawValue, negotiation,
                    now.milliseconds, Data(candidate.utf8),
                ])
        }
    }

    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate] {
        guard let key = try key(of: call) else { return [] }
        return try rows(
            "SELECT * FROM candidates WHERE call = ? AND position > ? AND user_id = ? ORDER BY position LIMIT ?",
            [key, after, user.rawValue, limit]
        ).map { row in
            StoredCandidate(
                position: row["position"], from: try row.sender(), negotiation: row["negotiation"],
                candidate: JSONText(unchecked: row.bytes("candidate")), createdAt: row.time("created_at"))
        }
    }

    func append(_ entries: [TimelineEntry], to call: CallID) throws {
        guard !entries.isEmpty else { return }
        let key = try requireKey(of: call)
        for entry in entries {
            try execute(
                "INSERT INTO timeline (call, seq, time, what, user_id, device_id, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    key, entry.seq, entry.time.milliseconds, entry.what, entry.actor?.userId.rawValue,
                    entry.actor?.deviceId.rawValue, entry.detail,
                ])
        }
    }

    func timeline(of call: CallID) throws -> [TimelineEntry] {
        guard let key = try key(of: call) else { return [] }
        return try rows("SELECT * FROM timeline WHERE call = ? ORDER BY seq", [key]).map { row in
            TimelineEntry(
                seq: row["seq"], time: row.time("time"), what: row["what"],
                actor: try row.participant("user_id", "device_id"), detail: row["detail"])
        }
    }

    func saveQuality(_ summary: JSONText, from participant: Participant, of call: CallID, at now: Timestamp) throws {
        try execute(
            """
            INSERT INTO quality (call, user_id, device_id, created_at, summary) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (call, user_id) DO UPDATE SET device_id = excluded.device_id,
                created_at = excluded.created_at, summary = excluded.summary
            """,
            [
                try requireKey(of: call), participant.userId.rawValue, participant.deviceId.rawValue, now.milliseconds,
                Data(summary.utf8),
            ])
    }
}

extension Row {
    fileprivate func sender() throws -> Participant {
        Participant(userId: try user("user_id"), deviceId: try device("device_id"))
    }
}
