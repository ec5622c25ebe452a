import GRDB
import RingbackCore
import RingbackModel

extension SQLiteSession {
    func append(_ event: EventBody, to audiences: [Transition.Audience], key: WriteKey?) throws {
        guard !audiences.isEmpty else { return }
        noteChange()
        let call: CallDraft? = if let id = event.callId { try draft(of: id) } else { nil }
        let head = LogRow.Head(
            call: call?.entry.key, payloadPrevious: event.type.hasPayload ? call?.entry.lastPayload : nil,
            type: event.type.rawValue, time: event.time, key: key)
        try staged.append(event, head, to: audiences) { try heads.headForWriter(of: $0, db) }
        if event.type.hasPayload, let call {
            call.entry.lastPayload = staged.newestEvent
            stage(call)
        }
        if staged.log.isLarge { try writeLog() }
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
        var page: [StoredEvent] = []
        var next: Int64? = head.event
        var expected = head.position
        while expected > position {
            guard let number = next, let row = try logRow(with: number), let (event, entry) = row.entry(number),
                entry.user == user, entry.position == expected
            else { return .gone }
            if expected <= end {
                page.append(
                    StoredEvent(
                        user: user, position: expected, only: entry.only, except: entry.except,
                        body: try body(of: event, in: row)))
            }
            let milestonePosition = (expected - 1) / FeedHeads.milestoneDistance * FeedHeads.milestoneDistance
            if let milestone = entry.milestone, milestonePosition >= end {
                (next, expected) = (milestone, milestonePosition)
            } else {
                (next, expected) = (entry.previous, expected - 1)
            }
        }
        return .events(page.reversed())
    }
}

extension SQLiteSession.Staged {
    /// Tells each of the audiences of an event.
    ///
    /// - Parameter newest: What was committed last of a user's.
    fileprivate mutating func append(
        _ event: EventBody, _ head: LogRow.Head, to audiences: [Transition.Audience],
        newest: (UserID) throws -> FeedHeads.Head?
    ) rethrows {
        log.append(head, body: event.members, audience: audiences.count)
        for audience in audiences {
            let known = heads.index(forKey: audience.user)
            let head = try known.map { heads.values[$0] } ?? newest(audience.user)
            let (position, milestone) = ((head?.position ?? 0) + 1, head?.nextMilestone)
            let number = log.append(
                LogRow.Entry(
                    user: audience.user, position: position, previous: head?.event, milestone: milestone,
                    only: audience.only, except: audience.except))
            let new = FeedHeads.Head(event: number, position: position, milestone: milestone)
            if let known { heads.values[known] = new } else { heads[audience.user] = new }
            events.append(
                StoredEvent(
                    user: audience.user, position: position, only: audience.only, except: audience.except, body: event))
        }
    }
}
