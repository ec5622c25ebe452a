import RingbackCore
import RingbackModel

/// Finds the call that an invitation with a key created or was merged into: among the live calls, and those invited
/// recently.
///
/// Protected by the lock of ``LiveTable``.
struct InvitationKeys {
    /// How long the key of an ended call is kept, counted from the invitation.
    static let lifetime: Duration = .seconds(600)
    /// The maximum number of kept keys.
    static let capacity = 65_536

    private struct Key: Hashable {
        let device: DeviceID
        let id: UInt64
    }

    private struct Record {
        let key: Key
        let call: CallID
        let time: Timestamp
    }

    /// The calls by key, with the numbers of their records.
    private var calls: [Key: (id: CallID, number: Int)] = [:]
    /// In the order of insertion; the first is numbered ``first``. Those before ``start`` are removed.
    private var records: [Record] = []
    private var first = 0
    private var start = 0

    func call(_ key: UInt64, of device: DeviceID) -> CallID? { calls[Key(device: device, id: key)]?.id }

    /// Adds a call that was invited, or a merged invitation.
    ///
    /// - Parameter isLive: Whether a call whose time is over is still live, which keeps its key.
    mutating func insert(
        _ keys: [(device: DeviceID, key: WriteKey)], of call: CallID, at time: Timestamp, isLive: (CallID) -> Bool
    ) {
        for (device, key) in keys {
            let key = Key(device: device, id: key.id)
            guard calls[key]?.id != call else { continue }
            calls[key] = (call, first + records.count)
            records.append(Record(key: key, call: call, time: time))
        }
        while start < records.count,
            records.count - start > Self.capacity || records[start].time + Self.lifetime < time
        {
            let record = records[start]
            if !isLive(record.call), calls[record.key]?.number == first + start { calls[record.key] = nil }
            start += 1
        }
        guard start > 1024, start > records.count / 2 else { return }
        records.removeFirst(start)
        first += start
        start = 0
    }

    /// Records that a call has ended: its keys are removed when their time is over.
    mutating func end(_ call: CallState) {
        for (device, key) in call.invitationKeys {
            let key = Key(device: device, id: key.id)
            if let known = calls[key], known.id == call.id, known.number < first + start { calls[key] = nil }
        }
    }
}
