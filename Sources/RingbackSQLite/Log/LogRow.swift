import Foundation
import GRDB
import RingbackCore
import RingbackModel

/// A row of the log without its bodies: consecutive events, each with its recipients.
///
/// In `entries`, an event is encoded as the number of its entries, call, previous payload, type, time, length of the
/// body and key, and each of its entries as user, position, previous, milestone, only and except. References to other
/// entries are distances back, 0 for none.
struct LogRow {
    /// An event without its body.
    struct Head: Sendable, Hashable {
        /// The key of the call; `nil` if the event has no call.
        var call: Int64?
        /// For an offer, an answer or candidates: the last entry of the previous such event of the call.
        var payloadPrevious: Int64?
        var type: String
        var time: Timestamp
        /// The idempotency key of the write that caused the event.
        var key: WriteKey?
    }

    struct Event: Sendable, Hashable {
        var head: Head
        /// The range of the body in the bodies of the row. Empty if nobody has the event any more.
        var body: Range<Int>
        /// At least one.
        var entries: [Entry]
        /// The number of the last entry.
        var last: Int64
    }

    /// An event in the log of one user.
    struct Entry: Sendable, Hashable {
        /// `nil` after the user was erased.
        var user: UserID?
        /// Counted from 1 in the log of the user.
        var position: Int64
        /// The previous entry in the log of the user.
        var previous: Int64?
        /// The newest earlier entry whose position is a multiple of ``LogHeads/milestoneDistance``.
        var milestone: Int64?
        var only: DeviceID?
        var except: DeviceID?
    }

    /// The number of the last entry, which is the key of the row.
    let last: Int64
    let first: Int64
    var events: [Event] = []

    /// - Throws: ``CorruptRow``.
    init(last: Int64, first: Int64, entries: [UInt8]) throws {
        (self.last, self.first) = (last, first)
        var bytes = LogBytes(entries)
        var (number, body) = (first - 1, 0)
        while !bytes.isAtEnd {
            let event = try Self.event(&bytes, after: number, body: body)
            (number, body) = (event.last, event.body.upperBound)
            events.append(event)
        }
        guard number == last else { throw CorruptRow(column: "entries") }
    }

    /// - Parameter row: Its first columns must be `last`, `first` and `entries`.
    init(_ row: Row) throws {
        try self.init(last: row[0], first: row[1], entries: Array(row[2] as Data))
    }

    /// For each entry that has not been erased, the head of its user's log if it is the newest.
    var heads: [(user: UserID, head: LogHeads.Head)] {
        events.flatMap { event in
            event.entries.enumerated().compactMap { index, entry in
                guard let user = entry.user else { return nil }
                let number = event.last - Int64(event.entries.count - 1 - index)
                return (user, LogHeads.Head(event: number, position: entry.position, milestone: entry.milestone))
            }
        }
    }

    private static func event(_ bytes: inout LogBytes, after number: Int64, body: Int) throws -> Event {
        var event = try eventWithoutEntries(&bytes, after: number, body: body)
        for id in number + 1...event.last {
            event.entries.append(try entry(&bytes, id))
        }
        return event
    }

    /// A row whose entries follow.
    static func eventWithoutEntries(_ bytes: inout LogBytes, after number: Int64, body: Int) throws -> Event {
        let audience = try bytes.count()
        let last = number + Int64(audience)
        let call = try bytes.number()
        let payload = try bytes.number()
        guard audience > 0, let type = try bytes.text() else { throw CorruptRow(column: "entries") }
        var head = Head(
            call: call == 0 ? nil : call, payloadPrevious: payload == 0 ? nil : last &- payload, type: type,
            time: Timestamp(milliseconds: try bytes.number()))
        let end = body &+ Int(try bytes.number())
        guard end >= body else { throw CorruptRow(column: "entries") }
        head.key = try bytes.key()
        return Event(head: head, body: body..<end, entries: [], last: last)
    }

    static func entry(_ bytes: inout LogBytes, _ number: Int64) throws -> Entry {
        let user = try bytes.text().flatMap { UserID($0) }
        let position = try bytes.number()
        let (previous, milestone) = (try bytes.number(), try bytes.number())
        return Entry(
            user: user, position: position, previous: previous == 0 ? nil : number &- previous,
            milestone: milestone == 0 ? nil : number &- milestone, only: try bytes.text().flatMap { DeviceID($0) },
            except: try bytes.text().flatMap { DeviceID($0) })
    }
}
