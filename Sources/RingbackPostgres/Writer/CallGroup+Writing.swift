import RingbackCore
import RingbackModel

/// The second round trip: the positions in the logs, the events, the calls, and the commit.
extension CallGroup {
    /// Commits. A group without changes ends its transaction.
    ///
    /// - Returns: What has become durable.
    func commit() throws -> Commit {
        var statements: [Statement] = []
        if !entries.isEmpty { statements.append(insertEvents()) }
        if !marks.isEmpty { statements.append(insertMarks()) }
        let changed = drafts.values.filter(\.isChanged)
        let new = changed.filter(\.isNew).sorted { $0.number < $1.number }
        let old = changed.filter { !$0.isNew }
        if !new.isEmpty { statements.append(Self.insert(new)) }
        if !old.isEmpty { statements.append(Self.update(old)) }
        let invitations = changed.flatMap { draft in draft.newInvitations.map { ($0.0, $0.1, draft.call.id) } }
        if !invitations.isEmpty { statements.append(Self.insert(invitations)) }
        statements += quality.map { Self.upsert($0.report, of: $0.call) }
        statements += seenUntil.map { user, time in
            Statement(
                "UPDATE users SET calls_seen_until = $1 WHERE user_id = $2", .integer(time.milliseconds),
                .text(user.rawValue))
        }
        if !messages.isEmpty {
            statements.append(
                OutboxStatements.insert(
                    messages.map(\.message),
                    back: messages.map { entry in
                        entry.message.log.map { (counts[$0] ?? 0) - entry.eventsBefore } ?? 0
                    }))
        }
        statements.append(Statement("COMMIT"))
        let results = try connection.run(statements)
        var commit = Commit()
        if !entries.isEmpty { commit.events = try events(written: results[0]) }
        commit.calls = changed.map(\.call)
        commit.hasMessages = !messages.isEmpty
        return commit
    }

    // MARK: Events

    /// Moves the heads of the logs, in the order of their users, and gives each event its position from the end of its
    /// log. Returns the user and position of each.
    private func insertEvents() -> Statement {
        let logs = counts.sorted { $0.key.rawValue < $1.key.rawValue }
        let places = Dictionary(uniqueKeysWithValues: logs.enumerated().map { ($1.key, Int64($0 + 1)) })
        return Statement(
            """
            WITH logs AS (
                INSERT INTO user_logs (user_id, position) SELECT * FROM unnest($1::text[], $2::bigint[])
                ON CONFLICT (user_id) DO UPDATE SET position = user_logs.position + excluded.position
                RETURNING user_id, position
            ), heads AS MATERIALIZED (SELECT array_agg(position ORDER BY user_id) AS positions FROM logs)
            INSERT INTO events
                (user_id, position, time, type, only_device, except_device, call_id, payload, members)
            SELECT e.user_id, heads.positions[e.log] - e.back, e.time, e.type, e.only_device, e.except_device, e.call_id,
                e.payload, e.members
            FROM heads CROSS JOIN unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::bigint[], $12::bytea[])
                AS e (user_id, log, back, time, type, only_device, except_device, call_id, payload, members)
            RETURNING user_id, position
            """, .texts(logs.map(\.key.rawValue)), .integers(logs.map(\.value)),
            .texts(entries.map(\.user.rawValue)), .integers(entries.map { places[$0.user] }),
            .integers(entries.map { back($0) }),
            .integers(entries.map(\.body.time.milliseconds)), .texts(entries.map(\.body.type.rawValue)),
            .texts(entries.map { $0.only?.rawValue }), .texts(entries.map { $0.except?.rawValue }),
            .texts(entries.map { $0.payload?.call.rawValue }),
            .integers(entries.map { $0.payload.map { Int64($0.number) } }), .byteArrays(entries.map(\.body.members)))
    }

    private func back(_ entry: Entry) -> Int64 { (counts[entry.user] ?? 0) - entry.count }

    /// Of each mark the newest offer and answer are those since the mark before, or those of that one.
    private func insertMarks() -> Statement {
        func newest(_ type: EventType, _ column: String) -> String {
            """
            coalesce((SELECT max(e.payload) FROM events e WHERE e.call_id = n.call_id AND e.type = '\(type.rawValue)'
                AND e.payload > coalesce(m.payload, 0) AND e.payload <= n.payload), m.\(column))
            """
        }
        return Statement(
            """
            INSERT INTO candidate_marks (call_id, position, payload, offer, answer)
            SELECT n.call_id, n.position, n.payload, \(newest(.callOffer, "offer")), \(newest(.callAnswer, "answer"))
            FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS n (call_id, position, payload)
            LEFT JOIN LATERAL (
                SELECT payload, offer, answer FROM candidate_marks WHERE call_id = n.call_id ORDER BY position DESC LIMIT 1
            ) AS m ON true
            ON CONFLICT DO NOTHING
            """, .texts(marks.map(\.call.rawValue)), .integers(marks.map { Int64($0.position) }),
            .integers(marks.map { Int64($0.payload) }))
    }

    private func events(written: Rows) throws -> [StoredEvent] {
        let heads = Dictionary(try written.map { (try $0.user(0), try $0.integer(1)) }, uniquingKeysWith: max)
        return entries.map { entry in
            StoredEvent(
                user: entry.user, position: (heads[entry.user] ?? 0) - back(entry), only: entry.only,
                except: entry.except, body: entry.body)
        }
    }

    // MARK: Calls

    private static func insert(_ drafts: [CallDraft]) -> Statement {
        Statement(
            """
            INSERT INTO calls
                (call_id, caller_id, callee_id, concealed, state, live, ended_at, deadline, version, payloads, body, timeline)
            SELECT call_id, caller_id, callee_id, concealed, state, live, ended_at, deadline, 1, payloads, body, timeline
            FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::bool[], $7::bigint[], $8::bigint[],
                $9::bigint[], $10::text[], $11::text[]) WITH ORDINALITY
                AS c (call_id, caller_id, callee_id, concealed, state, live, ended_at, deadline, payloads, body, timeline,
                    place)
            ORDER BY place
            """, .texts(drafts.map(\.call.id.rawValue)), .texts(drafts.map(\.call.caller.userId.rawValue)),
            .texts(drafts.map(\.call.callee.rawValue)), .bools(drafts.map(\.call.isConcealed)),
            .texts(drafts.map(\.call.state.rawValue)), .bools(drafts.map(\.call.isLive)),
            .integers(drafts.map { $0.call.ending?.at.milliseconds }),
            .integers(drafts.map { $0.deadline?.milliseconds }),
            .integers(drafts.map { Int64($0.payloads) }), .texts(drafts.map { CallBody.encode($0.call) }),
            .texts(drafts.map { TimelineText.encode($0.timeline) }))
    }

    private static func update(_ drafts: [CallDraft]) -> Statement {
        Statement(
            """
            UPDATE calls c
            SET state = n.state, live = n.live, ended_at = n.ended_at, deadline = n.deadline, leased_by = NULL,
                leased_until = NULL, version = c.version + 1, payloads = n.payloads, body = n.body,
                timeline = c.timeline || n.timeline
            FROM unnest($1::text[], $2::text[], $3::bool[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
                AS n (call_id, state, live, ended_at, deadline, payloads, body, timeline)
            WHERE c.call_id = n.call_id
            """, .texts(drafts.map(\.call.id.rawValue)), .texts(drafts.map(\.call.state.rawValue)),
            .bools(drafts.map(\.call.isLive)), .integers(drafts.map { $0.call.ending?.at.milliseconds }),
            .integers(drafts.map { $0.deadline?.milliseconds }), .integers(drafts.map { Int64($0.payloads) }),
            .texts(drafts.map { CallBody.encode($0.call) }), .texts(drafts.map { TimelineText.encode($0.timeline) }))
    }

    private typealias Invitation = (key: InvitationKey, time: Timestamp, call: CallID)

    private static func insert(_ invitations: [Invitation]) -> Statement {
        // Of one key the newest, for a statement can't write a row twice.
        let newest = Dictionary(invitations.map { (InvitationID($0.key), $0) }) { $1 }.values
        return Statement(
            """
            INSERT INTO invitations (device_id, key_id, call_id, created_at)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[])
            ON CONFLICT (device_id, key_id) DO UPDATE SET call_id = excluded.call_id, created_at = excluded.created_at
            """, .texts(newest.map(\.key.device.rawValue)), .integers(newest.map { Int64(bitPattern: $0.key.key.id) }),
            .texts(newest.map(\.call.rawValue)), .integers(newest.map(\.time.milliseconds)))
    }

    private static func upsert(_ quality: QualityReport, of call: CallID) -> Statement {
        Statement(
            """
            INSERT INTO quality (call_id, user_id, device_id, created_at, summary) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (call_id, user_id) DO UPDATE SET device_id = excluded.device_id,
                created_at = excluded.created_at, summary = excluded.summary
            """, .text(call.rawValue), .text(quality.participant.userId.rawValue),
            .text(quality.participant.deviceId.rawValue), .integer(quality.time.milliseconds),
            .bytes(quality.summary.utf8))
    }
}
