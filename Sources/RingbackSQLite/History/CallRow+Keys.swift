import RingbackCore
import RingbackModel

/// The column `keys` of a call's row: the idempotency keys of its writes, encoded for ``LogBytes``.
extension CallRow {
    /// - Returns: `nil` if there are none.
    static func keys(_ call: CallState) -> [UInt8]? {
        let sides = [call.callerSide.keyedWrites, call.calleeSide.keyedWrites]
        if call.invitationKey == nil, call.mergeKey == nil, sides.allSatisfy(\.isEmpty) { return nil }
        var bytes: [UInt8] = []
        bytes.append(key: call.invitationKey)
        bytes.append(number: Int64(call.invitedLegs))
        bytes.append(key: call.mergeKey)
        for writes in sides {
            bytes.append(number: Int64(writes.count))
            for write in writes {
                bytes.append(key: write.key)
                bytes.append(number: write.time.milliseconds - call.createdAt.milliseconds)
                bytes.append(number: Int64(write.negotiation))
            }
        }
        return bytes
    }

    /// Decodes only the keys of the invitations.
    ///
    /// - Throws: ``CorruptRow``.
    static func invitationKeys(_ bytes: [UInt8]) throws -> (invitation: WriteKey?, merge: WriteKey?) {
        var bytes = LogBytes(bytes)
        let invitation = try bytes.key()
        _ = try bytes.number()
        return (invitation, try bytes.key())
    }

    /// - Throws: ``CorruptRow``.
    static func setKeys(_ bytes: [UInt8]?, of call: inout CallState) throws {
        guard var bytes = bytes.map({ LogBytes($0) }) else { return }
        call.invitationKey = try bytes.key()
        call.invitedLegs = Int(truncatingIfNeeded: try bytes.number())
        guard (0...call.legs.count).contains(call.invitedLegs) else { throw CorruptRow(column: "keys") }
        call.mergeKey = try bytes.key()
        for side in CallState.Side.allCases {
            call[side].keyedWrites = try (0..<bytes.count()).map { _ in
                guard let key = try bytes.key() else { throw CorruptRow(column: "keys") }
                let time = Timestamp(milliseconds: call.createdAt.milliseconds &+ (try bytes.number()))
                return KeyedWrite(key: key, time: time, negotiation: Int(truncatingIfNeeded: try bytes.number()))
            }
        }
    }
}

extension [UInt8] {
    mutating func append(key: WriteKey?) {
        append(number: Int64(bitPattern: key?.id ?? 0))
        if let key { append(number: Int64(bitPattern: key.fingerprint)) }
    }
}

extension LogBytes {
    /// - Throws: ``CorruptRow``.
    mutating func key() throws -> WriteKey? {
        let id = UInt64(bitPattern: try number())
        return id == 0 ? nil : WriteKey(id: id, fingerprint: UInt64(bitPattern: try number()))
    }
}
