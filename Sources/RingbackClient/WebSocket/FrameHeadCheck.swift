/// Checks the length that each frame header announces. wslay checks only the bytes that have arrived, and would wait
/// for a frame of any announced length.
struct FrameHeadCheck {
    private let maximumBytes: UInt64
    private var head: [UInt8] = []
    private var payloadLeft: UInt64 = 0

    init(maximumBytes: Int) { self.maximumBytes = UInt64(maximumBytes) }

    /// - Returns: `false` once a frame is too long.
    mutating func isPassed(by bytes: some Collection<UInt8>) -> Bool {
        var rest = bytes[...]
        while let byte = rest.first {
            if payloadLeft > 0 {
                let count = min(payloadLeft, UInt64(rest.count))
                payloadLeft -= count
                rest = rest.dropFirst(Int(count))
                continue
            }
            rest = rest.dropFirst()
            head.append(byte)
            guard head.count >= 2 else { continue }
            let bytesOfLength = [126: 2, 127: 8][head[1] & 0x7F] ?? 0
            guard head.count == 2 + bytesOfLength else { continue }
            payloadLeft =
                bytesOfLength == 0 ? UInt64(head[1] & 0x7F) : head[2...].reduce(0) { $0 << 8 | UInt64($1) }
            guard payloadLeft <= maximumBytes else { return false }
            head.removeAll(keepingCapacity: true)
        }
        return true
    }
}
