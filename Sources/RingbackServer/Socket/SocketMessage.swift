import RingbackModel

/// Assembles a message from frames, within the limits.
struct SocketMessage {
    private static let maximumFragments = 64

    private var parts: [UInt8] = []
    private var fragments = 0
    private var isASCII = true

    /// - Returns: The text, if `frame` completes a message.
    /// - Throws: The code to close with.
    mutating func append(_ frame: Frame) throws(CloseCode) -> [UInt8]? {
        switch frame.opcode {
        case .binary: throw .unsupportedData
        case .text where fragments > 0, .continuation where fragments == 0: throw .protocolError
        default: break
        }
        if frame.isFinal, fragments == 0 { return try Self.checked(frame.payload, isASCII: frame.isASCII) }
        guard parts.count + frame.payload.count <= Limits.bodyBytes else { throw .tooBig }
        fragments += 1
        guard fragments <= Self.maximumFragments else { throw .tooBig }
        parts += frame.payload
        isASCII = isASCII && frame.isASCII
        guard frame.isFinal else { return nil }
        defer { self = SocketMessage() }
        return try Self.checked(parts, isASCII: isASCII)
    }

    private static func checked(_ text: [UInt8], isASCII: Bool) throws(CloseCode) -> [UInt8] {
        guard isASCII || String(validating: text, as: UTF8.self) != nil else { throw .notUTF8 }
        return text
    }
}
