import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func save(_ call: CallState, deadline: Timestamp?) throws {
        let old = try entry(of: call.id)
        let key: Int64
        if let old {
            key = old.key
            // Most changes touch no index: neither the end nor the deadline is new.
            let isLight = old.call.ending == call.ending && old.deadline == deadline
            let columns = Self.changing(call) + (isLight ? [] : Self.indexed(call, deadline))
            try db.cachedStatement(sql: isLight ? Self.lightUpdate : Self.fullUpdate).execute(
                arguments: StatementArguments(columns.map(\.value) + [key]))
        } else {
            let columns = Self.fixed(call) + Self.changing(call) + Self.indexed(call, deadline)
            try db.cachedStatement(sql: Self.insert).execute(arguments: StatementArguments(columns.map(\.value)))
            key = db.lastInsertedRowID
        }
        try save(call.legs, replacing: old?.call.legs ?? [], of: key)
        cache?[call.id] = CallCache.Entry(key: key, call: call, deadline: deadline)
        staged.append(call)
    }

    /// The call as it stands in the database or in the cache.
    private func entry(of id: CallID) throws -> CallCache.Entry? {
        if let entry = cache?[id] { return entry }
        _ = try call(id)
        return cache?[id]
    }

    private func save(_ legs: [CallState.Leg], replacing old: [CallState.Leg], of key: Int64) throws {
        for (position, leg) in legs.enumerated() where position >= old.count || old[position] != leg {
            try execute(
                """
                INSERT INTO call_legs (call, position, device_id, state, reason, alerted) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (call, position) DO UPDATE SET state = excluded.state, reason = excluded.reason,
                    alerted = excluded.alerted
                """, [key, position, leg.device.rawValue, leg.state.rawValue, leg.reason, leg.hasAlerted])
        }
    }

    func key(of call: CallID) throws -> Int64? {
        if let entry = cache?[call] { return entry.key }
        return try row("SELECT id FROM calls WHERE call_id = ?", [call.rawValue]).map { $0[0] }
    }

    /// The key of a call that is known to be there.
    func requireKey(of call: CallID) throws -> Int64 {
        guard let key = try key(of: call) else { throw CorruptRow(column: "call_id") }
        return key
    }

    // MARK: Columns

    private typealias Column = (name: String, value: (any DatabaseValueConvertible)?)

    /// What is set once.
    private static func fixed(_ call: CallState) -> [Column] {
        [
            ("call_id", call.id.rawValue),
            ("caller_id", call.caller.userId.rawValue),
            ("caller_device", call.caller.deviceId.rawValue),
            ("callee_id", call.callee.rawValue),
            ("audio", call.media.audio),
            ("video", call.media.video),
            ("custom", (call.custom?.utf8).map { Data($0) }),
            ("concealed", call.isConcealed),
            ("created_at", call.createdAt.milliseconds),
            ("rings_until", call.ringsUntil.milliseconds),
        ]
    }

    /// What changes and stands in no index.
    private static func changing(_ call: CallState) -> [Column] {
        [
            ("callee_device", call.calleeDevice?.rawValue),
            ("state", call.state.rawValue),
            ("merged", call.isMerged),
            ("negotiation", call.negotiation),
            ("open_offerer", call.openNegotiation?.offerer.rawValue),
            ("open_since", call.openNegotiation?.openedAt.milliseconds),
            ("event_count", call.eventCount),
            ("timeline_count", call.timelineCount),
            ("ringing_at", call.ringingAt?.milliseconds),
            ("accepted_at", call.acceptedAt?.milliseconds),
            ("active_at", call.activeAt?.milliseconds),
        ] + columns(of: call.callerSide, "caller") + columns(of: call.calleeSide, "callee")
    }

    /// What indexes are made of, and what goes with it.
    private static func indexed(_ call: CallState, _ deadline: Timestamp?) -> [Column] {
        [
            ("ended_at", call.ending?.at.milliseconds),
            ("end_reason", call.ending?.reason.rawValue),
            ("ended_kind", call.ending?.by.kind.rawValue),
            ("ended_user", call.ending?.by.userId?.rawValue),
            ("ended_device", call.ending?.by.deviceId?.rawValue),
            ("message", call.ending?.message),
            ("deadline", deadline?.milliseconds),
        ]
    }

    private static func columns(of side: CallState.SideState, _ name: String) -> [Column] {
        [
            ("\(name)_connected", side.hasReportedConnected),
            ("\(name)_answered", side.hasSentAnswer),
            ("\(name)_lost_at", side.reconnectingSince?.milliseconds),
            ("\(name)_candidates", side.candidates),
            ("\(name)_media", (side.media?.utf8).map { Data($0) }),
        ]
    }

    // MARK: Statements

    /// A call to ask for the columns' names.
    private static let example: CallState? = {
        guard let user = UserID("x"), let other = UserID("y") else { return nil }
        let zero = Timestamp(milliseconds: 0)
        return CallState(
            id: .random(), caller: Participant(userId: user, deviceId: .random()), callee: other, media: .init(),
            custom: nil, createdAt: zero, ringsUntil: zero, isConcealed: false, legs: [])
    }()

    private static let fixedNames = example.map { fixed($0).map(\.name) } ?? []
    private static let changingNames = example.map { changing($0).map(\.name) } ?? []
    private static let indexedNames = example.map { indexed($0, nil).map(\.name) } ?? []

    private static let insert: String = {
        let names = fixedNames + changingNames + indexedNames
        return """
            INSERT INTO calls (\(names.joined(separator: ", ")))
            VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
            """
    }()

    private static let lightUpdate = update(changingNames)
    private static let fullUpdate = update(changingNames + indexedNames)

    private static func update(_ names: [String]) -> String {
        "UPDATE calls SET \(names.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?"
    }
}
