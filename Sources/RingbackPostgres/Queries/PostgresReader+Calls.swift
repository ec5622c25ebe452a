import RingbackCore
import RingbackModel

extension PostgresReader {
    private static let selectCall = "SELECT call_id, body FROM calls"

    private static func call(_ row: Row) throws -> CallState { try CallBody.decode(row.bytes(1), id: row.call(0)) }

    func call(_ id: CallID) throws -> CallState? {
        try first("\(Self.selectCall) WHERE call_id = $1", .text(id.rawValue), read: Self.call)
    }

    func liveCalls(of user: UserID) throws -> [CallState] {
        try all(
            """
            \(Self.selectCall) WHERE live AND caller_id = $1 OR live AND callee_id = $1 AND NOT concealed ORDER BY number
            """, .text(user.rawValue), read: Self.call)
    }

    func liveCalls() throws -> [CallState] {
        try all("\(Self.selectCall) WHERE live ORDER BY number", read: Self.call)
    }

    /// A page of each side's calls, of which the newest are the page.
    func history(_ query: HistoryQuery) throws -> [CallState] {
        var before = Int64.max
        if let id = query.before {
            before =
                try first("SELECT number FROM calls WHERE call_id = $1", .text(id.rawValue)) { try $0.integer(0) }
                ?? .max
        }
        var parameters: [SQLValue] = [
            .text(query.user.rawValue), .integer(before), .integer(Int64(query.limit)),
        ]
        func parameter(_ value: SQLValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        let filter =
            switch query.filter {
            case nil: ""
            case .live: "AND live"
            case .state(let state): "AND state = \(parameter(.text(state.rawValue)))"
            }
        let with = query.with.map { parameter(.text($0.rawValue)) }
        func side(_ condition: String, other: String) -> String {
            """
            (SELECT number, call_id, body FROM calls
            WHERE \(condition) AND number < $2 \(filter) \(with.map { "AND \(other) = \($0)" } ?? "")
            ORDER BY number DESC LIMIT $3)
            """
        }
        let caller = side("caller_id = $1", other: "callee_id")
        let callee = side("callee_id = $1 AND NOT concealed", other: "caller_id")
        let statement = Statement(
            "SELECT call_id, body FROM (\(caller) UNION ALL \(callee)) AS calls ORDER BY number DESC LIMIT $3",
            all: parameters)
        return try rows(statement).map(Self.call)
    }

    // MARK: What belongs to a call

    func newestDescription(_ kind: Description.Kind, of call: CallID) throws -> Description? {
        let type: EventType = kind == .offer ? .callOffer : .callAnswer
        // It is behind the newest mark, or the one that the mark names.
        let mark = "FROM candidate_marks WHERE call_id = $1 ORDER BY position DESC LIMIT 1"
        let event = try first(
            """
            SELECT * FROM (
                (\(Self.selectPayload) AND e.type = $2 AND e.payload > coalesce((SELECT payload \(mark)), 0)
                ORDER BY e.payload DESC LIMIT 1)
                UNION ALL
                (\(Self.selectPayload) AND e.type = $2 AND e.payload = (SELECT \(kind.rawValue) \(mark)) LIMIT 1)
            ) AS found ORDER BY payload DESC LIMIT 1
            """, .text(call.rawValue), .text(type.rawValue)
        ) { try Self.body($0) }
        return event.flatMap { Description($0) }
    }

    func candidates(of call: CallID, from user: UserID, after: Int, limit: Int) throws -> [StoredCandidate] {
        guard let count = try self.call(call)?.candidateCount else { return [] }
        var found: [StoredCandidate] = []
        var after = after
        // From mark to mark.
        while found.count < limit, after < count {
            let marks = try first(
                """
                SELECT (SELECT payload FROM candidate_marks WHERE call_id = $1 AND position <= $2
                        ORDER BY position DESC LIMIT 1), m.position, m.payload
                FROM (SELECT) AS one LEFT JOIN LATERAL (
                    SELECT position, payload FROM candidate_marks WHERE call_id = $1 AND position > $2
                    ORDER BY position LIMIT 1 OFFSET $3
                ) AS m ON true
                """, .text(call.rawValue), .integer(Int64(after)), .integer(Int64(limit / 64))
            ) { ($0.optionalInteger(0), $0.optionalInteger(1), $0.optionalInteger(2)) }
            let (first, position, last) = marks ?? (nil, nil, nil)
            let end = position.map { Int($0) } ?? count
            found += try candidates(of: call, from: user, after: after, until: end, in: (first ?? 0, last ?? .max))
            after = end
        }
        return Array(found.prefix(limit))
    }

    /// The candidates of a user between two positions, in order.
    ///
    /// - Parameters:
    ///   - end: The position of the last candidate of the last event.
    ///   - payloads: Behind which event they begin, and the last one.
    private func candidates(
        of call: CallID, from user: UserID, after: Int, until end: Int, in payloads: (Int64, Int64)
    ) throws -> [StoredCandidate] {
        var position = end
        var found: [StoredCandidate] = []
        // Newest first: their positions are counted from the end, for the first ones may be gone.
        let events = try all(
            """
            \(Self.selectPayload) AND e.type = 'call.candidates' AND e.payload > $2 AND e.payload <= $3
            ORDER BY e.payload DESC
            """, .text(call.rawValue), .integer(payloads.0), .integer(payloads.1)
        ) { (payload: try $0.integer(3), body: try Self.body($0)) }
        var last: Int64?
        for (payload, event) in events where payload != last {
            last = payload
            guard position > after else { break }
            guard let batch = CandidateBatch(event) else { throw CorruptBody(call: call) }
            position -= batch.candidates.count
            guard batch.from.userId == user else { continue }
            let stored = batch.candidates.enumerated().map { index, candidate in
                StoredCandidate(
                    position: position + 1 + index, from: batch.from, negotiation: batch.negotiation,
                    candidate: candidate, createdAt: event.time)
            }
            found += stored.reversed().filter { $0.position > after }
        }
        return found.reversed()
    }

    /// Events with an offer, an answer or candidates, while they can be asked for. One is there for each user who was
    /// told.
    private static let selectPayload = """
        SELECT e.members, e.type, e.time, e.payload FROM events e
        JOIN calls c ON c.call_id = e.call_id AND c.payloads_kept WHERE e.call_id = $1 AND e.payload IS NOT NULL
        """

    func timeline(of call: CallID) throws -> [TimelineEntry] {
        let text = try first("SELECT timeline FROM calls WHERE call_id = $1", .text(call.rawValue)) { try $0.text(0) }
        return try TimelineText.decode(text ?? "", of: call)
    }

    /// - Parameter row: Has the columns `members`, `type` and `time` first.
    static func body(_ row: Row) throws -> EventBody {
        EventBody(
            members: try row.bytes(0), type: try row.value(EventType(rawValue: row.text(1)), 1), time: try row.time(2))
    }
}
