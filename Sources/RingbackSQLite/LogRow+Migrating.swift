import Foundation
import GRDB
import RingbackModel

extension LogRow {
    /// `log_entries(id, user_id, position, previous, milestone, call, payload_previous, only_device, except_device, type, time,
    /// length)`: the `entries` of a row with one entry, of what migrations 1 to 3 had as a row of `events`.
    static let migrating = DatabaseFunction("log_entries", argumentCount: 12, pure: true) { values in
        func number(_ index: Int) -> Int64? { Int64.fromDatabaseValue(values[index]) }
        func text(_ index: Int) -> String? { String.fromDatabaseValue(values[index]) }
        guard let id = number(0), let position = number(2), let type = text(9), let time = number(10),
            let length = number(11)
        else { throw CorruptRow(column: "events") }
        var draft = LogDraft(first: id)
        draft.append(
            Head(call: number(5), payloadPrevious: number(6), type: type, time: Timestamp(milliseconds: time)),
            body: repeatElement(0, count: Int(length)), audience: 1)
        draft.append(
            Entry(
                user: text(1).flatMap { UserID($0) }, position: position, previous: number(3), milestone: number(4),
                only: text(7).flatMap { DeviceID($0) }, except: text(8).flatMap { DeviceID($0) }))
        return Data(draft.entries)
    }
}
