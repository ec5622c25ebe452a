import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func append(_ event: EventBody, to audiences: [Transition.Audience]) throws {
        guard let statement = statements?.insertEvent, !audiences.isEmpty else { return }
        noteChange()
        let call: CallDraft? = if let id = event.callId { try draft(of: id) } else { nil }
        for audience in audiences {
            let head = try staged.heads[audience.user] ?? heads.headForWriter(of: audience.user, db)
            let (id, position) = (staged.newestEvent + 1, (head?.position ?? 0) + 1)
            statement.bind(id)
            statement.bind(audience.user.rawValue)
            statement.bind(position)
            statement.bind(head?.event)
            statement.bind(head?.nextMilestone)
            statement.bind(call?.entry.key)
            statement.bind(event.type.hasPayload ? call?.entry.lastPayload : nil)
            statement.bind(audience.only?.rawValue)
            statement.bind(audience.except?.rawValue)
            statement.bind(event.type.rawValue)
            statement.bind(event.time.milliseconds)
            statement.bind(event.members)
            try statement.run()
            staged.newestEvent = id
            staged.heads[audience.user] = FeedHeads.Head(
                event: id, position: position, milestone: head?.nextMilestone)
            staged.events.append(
                StoredEvent(
                    user: audience.user, position: position, only: audience.only, except: audience.except, body: event))
        }
        if event.type.hasPayload, let call {
            call.entry.lastPayload = staged.newestEvent
            stage(call)
        }
    }

    func newestPosition(of user: UserID) throws -> Int64 {
        guard let head = try heads.head(of: user, db) else { return 0 }
        // A commit that the live calls in memory don't have yet: whoever went on behind it would miss what it did.
        if statements == nil, head.event > heads.newestEvent { throw StaleMoment() }
        return head.position
    }

    /// Walks back from the newest event, in large steps to the end of the page and in small ones through it.
    func events(of user: UserID, after position: Int64, limit: Int) throws -> EventRead {
        guard let head = try heads.head(of: user, db) else { return position == 0 ? .events([]) : .gone }
        guard position <= head.position else { return .gone }
        let end = position > head.position - Int64(limit) ? head.position : position + Int64(limit)
        var page: [Int64] = []
        var next: Int64? = head.event
        var expected = head.position
        while expected > position {
            guard let id = next, let link = try link(id, of: user), link.position == expected else { return .gone }
            if expected <= end { page.append(id) }
            let milestonePosition = (expected - 1) / FeedHeads.milestoneDistance * FeedHeads.milestoneDistance
            if let milestone = link.milestone, milestonePosition >= end {
                (next, expected) = (milestone, milestonePosition)
            } else {
                (next, expected) = (link.previous, expected - 1)
            }
        }
        return .events(try page.reversed().map { try event($0, of: user) })
    }

    private func link(
        _ id: Int64, of user: UserID
    ) throws -> (position: Int64, previous: Int64?, milestone: Int64?)? {
        try row("SELECT position, previous, milestone FROM events WHERE id = ? AND user_id = ?", [id, user.rawValue])
            .map { ($0[0], $0[1], $0[2]) }
    }

    private func event(_ id: Int64, of user: UserID) throws -> StoredEvent {
        guard let row = try row("SELECT * FROM events WHERE id = ?", [id]) else { throw CorruptRow(column: "id") }
        return StoredEvent(
            user: user, position: row["position"], only: try row.optionalDevice("only_device"),
            except: try row.optionalDevice("except_device"),
            body: EventBody(members: row.bytes("body"), type: try row.value("type"), time: row.time("time")))
    }

    /// Removes a user's log but for the newest event, whose number must not be given again.
    func eraseEvents(of user: UserID) throws {
        var next = try (staged.heads[user] ?? heads.headForWriter(of: user, db))?.event
        while let id = next {
            next = try row("SELECT previous FROM events WHERE id = ? AND user_id = ?", [id, user.rawValue])?[0]
            try execute("DELETE FROM events WHERE id = ? AND id < (SELECT max(id) FROM events)", [id])
        }
    }

    // MARK: Answers

    func answer(for key: IdempotencyKey) throws -> StoredAnswer? {
        try row(
            "SELECT * FROM answers WHERE device_id = ? AND route = ? AND key = ?",
            [key.device.rawValue, key.route, key.key]
        ).map { row in
            StoredAnswer(
                fingerprint: row.bytes("fingerprint"),
                answer: Answer(row["status"], body: row.bytes("body"), location: row["location"]))
        }
    }

    func save(_ answer: Answer, for key: IdempotencyKey, at now: Timestamp) throws {
        try execute(
            """
            INSERT INTO answers (device_id, route, key, fingerprint, status, location, created_at, body)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM devices WHERE device_id = ?1)
            """,
            [
                key.device.rawValue, key.route, key.key, Data(key.fingerprint), answer.status, answer.location,
                now.milliseconds, Data(answer.body),
            ])
    }
}
