/// Reads the sizes of chunks (RFC 9112, section 7.1) ahead of the decoder, which takes any that fit into 64 bits: the rest of such a
/// chunk would be waited for.
struct ChunkSizes {
    private enum State {
        case size
        /// Behind the digits of a size, up to the end of the line.
        case line
        /// In a chunk's bytes and the end of the line behind them: so many are to come.
        case data(Int)
        /// The last chunk has come.
        case ended
    }

    private let most: Int
    private var state = State.size
    private var size = 0

    /// - Parameter most: Of a chunk's bytes.
    init(most: Int) { self.most = most }

    /// Whether the last chunk has begun.
    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// - Returns: `false` for a chunk that is too large.
    mutating func read(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = bytes[...]
        while let byte = rest.first {
            switch state {
            case .size:
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    state = .line
                    continue
                }
                size = size << 4 | digit
                guard size <= most else { return false }
                rest = rest.dropFirst()
            case .line:
                rest = rest.dropFirst()
                if byte == UInt8(ascii: "\n") { state = size == 0 ? .ended : .data(size + 2) }
            case .data(let count):
                let skipped = min(count, rest.count)
                rest = rest.dropFirst(skipped)
                state = skipped == count ? .size : .data(count - skipped)
                size = 0
            case .ended: return true
            }
        }
        return true
    }
}
