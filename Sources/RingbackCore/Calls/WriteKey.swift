package import RingbackModel

/// The idempotency key of a write to a call and a fingerprint of its content, as two numbers.
///
/// Both are the same in every process and over every transport. The hash need not be cryptographic: keys are compared
/// only with those of the same device, so a client that provokes a collision affects only itself.
package struct WriteKey: Sendable, Hashable {
    /// The hash of the operation and the client's key; never 0.
    package let id: UInt64
    /// The hash of the content. The same key with different content is an error of the client.
    package let fingerprint: UInt64

    package init(id: UInt64, fingerprint: UInt64) {
        self.id = id
        self.fingerprint = fingerprint
    }

    /// - Parameter text: Visible ASCII, within ``Limits/idempotencyKeyCharacters``.
    /// - Returns: `nil` for a transition, which may be repeated without a key.
    init?(_ text: String, for action: CallRequest.Action) {
        var content = StableHash()
        guard let operation = action.hash(into: &content) else { return nil }
        var name = StableHash()
        name.combine(operation)
        name.combine(text)
        self.init(id: max(name.value, 1), fingerprint: content.value)
    }
}

/// A write that was carried out with a key.
package struct KeyedWrite: Sendable, Hashable {
    package var key: WriteKey
    package var time: Timestamp
    /// The number of the negotiation for an offer or an answer, otherwise 0.
    package var negotiation: Int

    package init(key: WriteKey, time: Timestamp, negotiation: Int) {
        self.key = key
        self.time = time
        self.negotiation = negotiation
    }
}

extension CallRequest.Action {
    /// Hashes the content, without the identifier of the call.
    ///
    /// - Returns: A number for the operation; `nil` for a transition.
    fileprivate func hash(into hash: inout StableHash) -> UInt64? {
        switch self {
        case .invite(let invitation):
            hash.combine(invitation.callee.rawValue)
            hash.combine(invitation.media.audio ? 1 : 0)
            hash.combine(invitation.media.video ? 1 : 0)
            hash.combine(UInt64(invitation.ringSeconds))
            hash.combine(json: invitation.custom)
            return 1
        case .change(_, .command): return nil
        case .change(_, .media(let media)):
            hash.combine(json: media)
            return 2
        case .change(_, .quality(let summary)):
            hash.combine(json: summary)
            return 3
        case .change(_, .offer(let sdp, let negotiation, let iceRestart)):
            hash.combine(json: sdp)
            hash.combine(negotiation)
            hash.combine(iceRestart ? 1 : 0)
            return 4
        case .change(_, .answer(let sdp, let negotiation)):
            hash.combine(json: sdp)
            hash.combine(negotiation)
            return 5
        case .change(_, .candidates(let candidates, let negotiation)):
            for candidate in candidates { hash.combine(json: candidate) }
            hash.combine(negotiation)
            return 6
        }
    }
}

/// A hash that, unlike `Hasher`, is the same in every process.
struct StableHash {
    private(set) var value: UInt64 = 0x2545_F491_4F6C_DD1D

    mutating func combine(_ word: UInt64) {
        let product = (value ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        value = (product.high ^ product.low) &+ 0xD1B5_4A32_D192_ED03
    }

    mutating func combine(_ number: Int?) { combine(number.map { UInt64(bitPattern: Int64($0)) &+ 1 } ?? 0) }

    mutating func combine(_ text: String) { text.readUTF8 { combine(UnsafeRawBufferPointer($0)) } }

    /// Ignores white space between the values of JSON.
    mutating func combine(json: JSONText?) {
        guard let json else { return combine(0) }
        json.utf8.withUnsafeBytes { json in
            // Without white space around any value, there is none to remove, not even in strings.
            if json.first == UInt8(ascii: "\"") { combine(json) } else { combine(json: json) }
        }
    }

    /// Hashes strings as a whole, and everything between them byte by byte.
    private mutating func combine(json: UnsafeRawBufferPointer) {
        var (place, word, count) = (0, 0 as UInt64, 0 as UInt64)
        while place < json.count {
            let byte = json[place]
            switch byte {
            case UInt8(ascii: "\""):
                let end = JSONText.endOfString(in: json, from: place)
                combine(word)
                combine(UnsafeRawBufferPointer(rebasing: json[place..<end]))
                (place, word, count) = (end, 0, 0)
                continue
            case 0x20, 0x09, 0x0A, 0x0D: break
            default:
                word = word << 8 | UInt64(byte)
                count += 1
                if count.isMultiple(of: 8) { combine(word) }
            }
            place += 1
        }
        combine(word)
        combine(count)
    }

    private mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while bytes.count - offset >= 8 {
            combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var rest: UInt64 = 0
        for byte in bytes[offset...] { rest = rest << 8 | UInt64(byte) }
        combine(rest)
        combine(UInt64(bytes.count))
    }
}
