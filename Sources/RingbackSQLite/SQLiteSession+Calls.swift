import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func call(_ id: CallID) throws -> CallState? {
        if let entry = cache?[id] { return entry.call }
        guard let row = try row("SELECT * FROM calls WHERE call_id = ?", [id.rawValue]) else { return nil }
        let call = try state(row)
        cache?[id] = CallCache.Entry(key: row["id"], call: call, deadline: row.optionalTime("deadline"))
        return call
    }

    func liveCalls(of user: UserID) throws -> [CallState] {
        try rows(
            """
            SELECT * FROM calls INDEXED BY calls_live_by_caller WHERE caller_id = ?1 AND ended_at IS NULL
            UNION ALL
            SELECT * FROM calls INDEXED BY calls_live_by_callee
            WHERE callee_id = ?1 AND ended_at IS NULL AND concealed = 0
            ORDER BY id
            """, [user.rawValue]
        ).map(state)
    }

    func liveCalls() throws -> [CallState] {
        try rows("SELECT * FROM calls INDEXED BY calls_live_by_caller WHERE ended_at IS NULL ORDER BY id", []).map(
            state)
    }

    func dueCalls(at now: Timestamp, limit: Int) throws -> [CallID] {
        try rows(
            """
            SELECT call_id FROM calls WHERE deadline IS NOT NULL AND deadline <= ? ORDER BY deadline LIMIT ?
            """, [now.milliseconds, limit]
        ).compactMap { CallID($0["call_id"]) }
    }

    func nextDeadline() throws -> Timestamp? {
        try row("SELECT min(deadline) AS deadline FROM calls WHERE deadline IS NOT NULL", [])?.optionalTime("deadline")
    }

    func history(_ query: HistoryQuery) throws -> [CallState] {
        var conditions = ["id < coalesce((SELECT id FROM calls WHERE call_id = :before), 9223372036854775807)"]
        var arguments: [String: (any DatabaseValueConvertible)?] = [
            "user": query.user.rawValue, "before": query.before?.rawValue, "limit": query.limit,
        ]
        switch query.filter {
        case nil: break
        case .live: conditions.append("ended_at IS NULL")
        case .state(let state):
            conditions.append("state = :state")
            arguments["state"] = state.rawValue
        }
        func half(_ mine: String, _ other: String) -> String {
            var conditions = conditions + ["\(mine) = :user"]
            if query.with != nil { conditions.append("\(other) = :with") }
            if mine == "callee_id" { conditions.append("concealed = 0") }
            return """
                SELECT * FROM (SELECT * FROM calls WHERE \(conditions.joined(separator: " AND "))
                ORDER BY id DESC LIMIT :limit)
                """
        }
        if let with = query.with { arguments["with"] = with.rawValue }
        return try rows(
            """
            \(half("caller_id", "callee_id")) UNION ALL \(half("callee_id", "caller_id"))
            ORDER BY id DESC LIMIT :limit
            """, StatementArguments(arguments)
        ).map(state)
    }

    // MARK: Between a row and the machine's value

    private func state(_ row: Row) throws -> CallState {
        guard let id = CallID(row["call_id"]) else { throw CorruptRow(column: "call_id") }
        var call = CallState(
            id: id, caller: Participant(userId: try row.user("caller_id"), deviceId: try row.device("caller_device")),
            callee: try row.user("callee_id"), media: Call.Media(audio: row["audio"], video: row["video"]),
            custom: row.json("custom"), createdAt: row.time("created_at"), ringsUntil: row.time("rings_until"),
            isConcealed: row["concealed"], legs: try legs(of: row["id"]))
        call.state = try row.value("state")
        call.calleeDevice = try row.optionalDevice("callee_device")
        call.isMerged = row["merged"]
        call.negotiation = row["negotiation"]
        call.eventCount = row["event_count"]
        call.timelineCount = row["timeline_count"]
        call.ringingAt = row.optionalTime("ringing_at")
        call.acceptedAt = row.optionalTime("accepted_at")
        call.activeAt = row.optionalTime("active_at")
        if let openedAt = row.optionalTime("open_since") {
            call.openNegotiation = .init(
                number: call.negotiation, offerer: try row.value("open_offerer"), openedAt: openedAt)
        }
        if let endedAt = row.optionalTime("ended_at") {
            var by = Ender(try row.value("ended_kind"))
            by.userId = (row["ended_user"] as String?).flatMap { UserID($0) }
            by.deviceId = try row.optionalDevice("ended_device")
            call.ending = .init(reason: try row.value("end_reason"), by: by, at: endedAt, message: row["message"])
        }
        call.callerSide = side("caller", row)
        call.calleeSide = side("callee", row)
        return call
    }

    private func side(_ name: String, _ row: Row) -> CallState.SideState {
        var side = CallState.SideState()
        side.hasReportedConnected = row["\(name)_connected"]
        side.hasSentAnswer = row["\(name)_answered"]
        side.reconnectingSince = row.optionalTime("\(name)_lost_at")
        side.candidates = row["\(name)_candidates"]
        side.media = row.json("\(name)_media")
        return side
    }

    private func legs(of call: Int64) throws -> [CallState.Leg] {
        try rows("SELECT * FROM call_legs WHERE call = ? ORDER BY position", [call]).map { row in
            CallState.Leg(
                device: try row.device("device_id"), state: try row.value("state"), reason: row["reason"],
                hasAlerted: row["alerted"])
        }
    }
}
