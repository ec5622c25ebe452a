import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// Converts between rows of `calls` and ``CallState``.
enum CallRow {
    /// Columns that are set once.
    static let fixed = [
        "call_id", "caller_id", "caller_device", "callee_id", "audio", "video", "custom", "concealed", "created_at",
        "rings_until", "awaited",
    ]

    /// Columns that change while the call is live.
    static let changing =
        [
            "callee_device", "state", "merged", "negotiation", "open_offerer", "open_since", "event_count",
            "timeline_count", "ringing_at", "accepted_at", "active_at",
        ] + side("caller") + side("callee") + ["legs", "timeline", "as_of", "last_payload", "keys"]

    /// Columns that are set when the call ends.
    static let ending = ["ended_at", "end_reason", "ended_kind", "ended_user", "ended_device", "message"]

    private static func side(_ name: String) -> [String] {
        ["connected", "answered", "lost_at", "candidates", "media"].map { "\(name)_\($0)" }
    }

    // MARK: Writing

    static func bindFixed(_ call: CallState, to statement: HotStatement) {
        statement.bind(call.id.rawValue)
        statement.bind(call.caller.userId.rawValue)
        statement.bind(call.caller.deviceId.rawValue)
        statement.bind(call.callee.rawValue)
        statement.bind(call.media.audio)
        statement.bind(call.media.video)
        statement.bind(call.custom?.utf8)
        statement.bind(call.isConcealed)
        statement.bind(call.createdAt.milliseconds)
        statement.bind(call.ringsUntil.milliseconds)
        statement.bind(call.isAwaited)
    }

    static func bindChanging(_ entry: inout LiveTable.Entry, asOf event: Int64, to statement: HotStatement) {
        let call = entry.call
        statement.bind(call.calleeDevice?.rawValue)
        statement.bind(call.state.rawValue)
        statement.bind(call.isMerged)
        statement.bind(call.negotiation)
        statement.bind(call.openNegotiation?.offerer.rawValue)
        statement.bind(call.openNegotiation?.openedAt.milliseconds)
        statement.bind(call.eventCount)
        statement.bind(call.timelineCount)
        statement.bind(call.ringingAt?.milliseconds)
        statement.bind(call.acceptedAt?.milliseconds)
        statement.bind(call.activeAt?.milliseconds)
        bind(call.callerSide, to: statement)
        bind(call.calleeSide, to: statement)
        statement.bind(text: legs(call.legs))
        statement.bind(text: entry.timeline.encode(for: call))
        statement.bind(event)
        statement.bind(entry.lastPayload)
        statement.bind(keys(call))
    }

    static func bindEnding(_ call: CallState, to statement: HotStatement) {
        statement.bind(call.ending?.at.milliseconds)
        statement.bind(call.ending?.reason.rawValue)
        statement.bind(call.ending?.by.kind.rawValue)
        statement.bind(call.ending?.by.userId?.rawValue)
        statement.bind(call.ending?.by.deviceId?.rawValue)
        statement.bind(call.ending?.message)
    }

    private static func bind(_ side: CallState.SideState, to statement: HotStatement) {
        statement.bind(side.hasReportedConnected)
        statement.bind(side.hasSentAnswer)
        statement.bind(side.reconnectingSince?.milliseconds)
        statement.bind(side.candidates)
        statement.bind(side.media?.utf8)
    }

    private static func legs(_ legs: [CallState.Leg]) -> [UInt8] {
        var json = JSONWriter()
        json.array(legs) { json, leg in
            json.object { json in
                json.field("deviceId", leg.device.rawValue)
                json.field("state", leg.state.rawValue)
                json.optionalField("reason", leg.reason)
                json.field("alerted", leg.hasAlerted)
            }
        }
        return json.finish()
    }

    // MARK: Reading

    static func state(_ row: Row) throws -> CallState {
        guard let id = CallID(row["call_id"]) else { throw CorruptRow(column: "call_id") }
        var call = CallState(
            id: id, caller: Participant(userId: try row.user("caller_id"), deviceId: try row.device("caller_device")),
            callee: try row.user("callee_id"), media: Call.Media(audio: row["audio"], video: row["video"]),
            custom: row.json("custom"), createdAt: row.time("created_at"), ringsUntil: row.time("rings_until"),
            isConcealed: row["concealed"], legs: try legs(row["legs"]))
        call.state = try row.value("state")
        call.calleeDevice = try row.optionalDevice("callee_device")
        call.isMerged = row["merged"]
        call.isAwaited = row["awaited"]
        call.negotiation = try row.count("negotiation")
        call.eventCount = try row.count("event_count")
        call.timelineCount = try row.count("timeline_count")
        call.ringingAt = row.optionalTime("ringing_at")
        call.acceptedAt = row.optionalTime("accepted_at")
        call.activeAt = row.optionalTime("active_at")
        if let openedAt = row.optionalTime("open_since") {
            call.openNegotiation = .init(
                number: call.negotiation, offerer: try row.value("open_offerer"), openedAt: openedAt)
        }
        if let endedAt = row.optionalTime("ended_at") {
            var by = EndedBy(try row.value("ended_kind"))
            by.userId = (row["ended_user"] as String?).flatMap { UserID($0) }
            by.deviceId = try row.optionalDevice("ended_device")
            call.ending = .init(reason: try row.value("end_reason"), by: by, at: endedAt, message: row["message"])
        }
        guard (call.state == .ended) == (call.ending != nil), !call.isUnderWay || call.calleeDevice != nil else {
            throw CorruptRow(column: "state")
        }
        call.callerSide = try side("caller", row)
        call.calleeSide = try side("callee", row)
        try setKeys((row["keys"] as Data?).map { Array($0) }, of: &call)
        return call
    }

    private static func side(_ name: String, _ row: Row) throws -> CallState.SideState {
        var side = CallState.SideState()
        side.hasReportedConnected = row["\(name)_connected"]
        side.hasSentAnswer = row["\(name)_answered"]
        side.reconnectingSince = row.optionalTime("\(name)_lost_at")
        side.candidates = try row.count("\(name)_candidates")
        side.media = row.json("\(name)_media")
        return side
    }

    private static func legs(_ json: String) throws -> [CallState.Leg] {
        guard let elements = JSONSlice(kept: Array(json.utf8))?.elements else { throw CorruptRow(column: "legs") }
        return try elements.map { json in
            guard let device = json["deviceId"]?.string.flatMap({ DeviceID($0) }),
                let state = json["state"]?.string.flatMap({ CallLeg.State(rawValue: $0) })
            else { throw CorruptRow(column: "legs") }
            return CallState.Leg(
                device: device, state: state, reason: json["reason"]?.string, hasAlerted: json["alerted"]?.bool ?? false
            )
        }
    }
}

extension Row {
    /// A count that is small enough to be increased.
    fileprivate func count(_ column: String) throws -> Int {
        guard let count = Int32(exactly: self[column] as Int64), count >= 0 else { throw CorruptRow(column: column) }
        return Int(count)
    }
}

extension LiveTable.Entry {
    init(_ row: Row, clock: SteadyClock) throws {
        let call = try CallRow.state(row)
        self.init(
            key: row["id"], call: call, clock: clock,
            // Due immediately: the deadline is computed by the use cases, which then check the call.
            deadline: call.isLive ? call.createdAt : nil,
            timeline: StoredTimeline(json: Array((row["timeline"] as String).utf8)), lastPayload: row["last_payload"],
            row: .complete)
    }
}
