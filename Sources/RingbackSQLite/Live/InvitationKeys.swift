import RingbackCore
import RingbackModel

/// Which call an invitation with a key has made, or was merged into: of live calls, and of those that were invited a short
/// while ago.
///
/// ``LiveTable`` guards it.
struct InvitationKeys {
    /// How long the key of a call that has ended is kept, from its invitation on.
    static let lifetime: Duration = .seconds(600)
    /// How many of them.
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

    /// The calls by their keys, each with the number of its record.
    private var calls: [Key: (id: CallID, number: Int)] = [:]
    /// In the order they came, the first numbered ``first``. What comes before ``start`` is forgotten.
    private var records: [Record] = []
    private var first = 0
    private var start = 0

    func call(_ key: UInt64, of device: DeviceID) -> CallID? { calls[Key(device: device, id: key)]?.id }

    /// Takes a call that was invited, or another invitation to it.
    ///
    /// - Parameter isLive: Whether a call whose time is over lives on, and its key with it.
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

    /// A call has ended: its keys go when their time is over.
    mutating func end(_ call: CallState) {
        for (device, key) in call.invitationKeys {
            let key = Key(device: device, id: key.id)
            if let known = calls[key], known.id == call.id, known.number < first + start { calls[key] = nil }
        }
    }
}
