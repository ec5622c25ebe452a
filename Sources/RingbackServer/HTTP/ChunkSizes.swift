/// Reads the sizes of chunks (RFC 9112, section 7.1) ahead of the decoder, which takes any that fit into 64 bits: the
/// rest of such a chunk would be waited for. Finds the end of the body as well.
struct ChunkSizes {
    private enum State {
        case size
        /// Behind the digits of a size, up to the end of the line.
        case line
        /// In a chunk's bytes and the end of the line behind them: so many are to come.
        case data(Int)
        /// Behind the last chunk, in a line of the trailer section that has something in it (`true`) or not.
        case trailer(Bool)
        case ended
    }

    private let most: Int
    private var state = State.size
    private var size = 0

    /// - Parameter most: Of a chunk's bytes.
    init(most: Int) { self.most = most }

    /// Whether the body has ended, with the empty line behind its trailer section.
    var hasEnded: Bool { if case .ended = state { true } else { false } }

    /// - Returns: How many of the bytes belong to the body; `nil` for a chunk that is too large.
    mutating func read(_ bytes: some Collection<UInt8>) -> Int? {
        var rest = bytes[...]
        while let byte = rest.first {
            switch state {
            case .size:
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    state = .line
                    continue
                }
                size = size << 4 | digit
                guard size <= most else { return nil }
                rest = rest.dropFirst()
            case .line:
                rest = rest.dropFirst()
                if byte == UInt8(ascii: "\n") { state = size == 0 ? .trailer(false) : .data(size + 2) }
            case .data(let count):
                let skipped = min(count, rest.count)
                rest = rest.dropFirst(skipped)
                state = skipped == count ? .size : .data(count - skipped)
                size = 0
            case .trailer(let hasText):
                rest = rest.dropFirst()
                switch byte {
                case UInt8(ascii: "\n"): state = hasText ? .trailer(false) : .ended
                case UInt8(ascii: "\r"): break
                default: state = .trailer(true)
                }
            case .ended: return bytes.count - rest.count
            }
        }
        return bytes.count
    }
}
