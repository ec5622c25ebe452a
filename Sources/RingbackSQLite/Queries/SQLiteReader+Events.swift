import GRDB
import RingbackCore
import RingbackModel

extension SQLiteReader {
    func newestPosition(of user: UserID) throws -> Int64 {
        guard let head = try memory.heads.head(of: user, db) else { return 0 }
        // The snapshot has a commit that the live calls in memory do not have yet. A reader that continued after it
        // would miss it.
        if head.event > memory.heads.newestEvent { throw StaleSnapshot() }
        return head.position
    }

    /// Walks back from the newest event: in large steps to the end of the page, then in small steps through it.
    func events(of user: UserID, after position: Int64, limit: Int) throws -> EventRead {
        guard let head = try memory.heads.head(of: user, db) else { return position == 0 ? .events([]) : .gone }
        guard position <= head.position else { return .gone }
        let end = position > head.position - Int64(limit) ? head.position : position + Int64(limit)
        var page = EventPage()
        var next: Int64? = head.event
        var expected = head.position
        while expected > position {
            guard let number = next, let row = try logRow(with: number), let (event, entry) = try row.entry(number),
                entry.user == user, entry.position == expected
            else { return .gone }
            if expected <= end {
                // Large bodies are read afterwards, because those that do not fit into the page need not be read.
                let body: FoundEvent.Body = row.hasBodies ? .read(try body(of: event, in: row)) : .stored(row)
                page.append(FoundEvent(entry: entry, event: event, body: body))
            }
            let milestonePosition = (expected - 1) / LogHeads.milestoneDistance * LogHeads.milestoneDistance
            if let milestone = entry.milestone, milestonePosition >= end {
                (next, expected) = (milestone, milestonePosition)
            } else {
                (next, expected) = (entry.previous, expected - 1)
            }
        }
        return .events(
            try page.events.reversed().map { found in
                StoredEvent(
                    user: user, position: found.entry.position, only: found.entry.only, except: found.entry.except,
                    body: try body(of: found))
            })
    }

    private func body(of found: FoundEvent) throws -> EventBody {
        switch found.body {
        case .read(let body): body
        case .stored(let row): try body(of: found.event, in: row)
        }
    }
}

/// An event for a page.
private struct FoundEvent {
    enum Body {
        case read(EventBody)
        case stored(StoredLogRow)
    }

    let entry: LogRow.Entry
    let event: LogRow.Event
    let body: Body

    var size: Int { event.body.count }
}

/// A page that is put together from its end. What is behind the event that fills it goes again.
private struct EventPage {
    private(set) var events: [FoundEvent] = []
    private var bytes = 0

    mutating func append(_ event: FoundEvent) {
        events.append(event)
        bytes += event.size
        while let newest = events.first, bytes - newest.size >= Limits.pageBytes {
            bytes -= newest.size
            events.removeFirst()
        }
    }
}
