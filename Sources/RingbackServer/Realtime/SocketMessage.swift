import NIOCore
import NIOWebSocket
import RingbackModel

/// Puts a message together from its frames, within bounds.
struct SocketMessage {
    private static let maximumFragments = 64

    private var parts: [UInt8] = []
    private var fragments = 0

    /// - Returns: The text, when `frame` is the last of a message.
    /// - Throws: The code to close with.
    mutating func append(_ frame: WebSocketFrame) throws(CloseCode) -> [UInt8]? {
        switch frame.opcode {
        case .binary: throw .unsupportedData
        case .text where fragments > 0, .continuation where fragments == 0: throw .protocolError
        default: break
        }
        let data = frame.unmaskedData
        guard parts.count + data.readableBytes <= Limits.bodyBytes else { throw .tooBig }
        if frame.fin, fragments == 0 { return try Self.checked(Array(data.readableBytesView)) }
        fragments += 1
        guard fragments <= Self.maximumFragments else { throw .tooBig }
        parts += data.readableBytesView
        guard frame.fin else { return nil }
        defer { self = SocketMessage() }
        return try Self.checked(parts)
    }

    private static func checked(_ text: [UInt8]) throws(CloseCode) -> [UInt8] {
        guard String(validating: text, as: UTF8.self) != nil else { throw .notUTF8 }
        return text
    }
}

extension CloseCode: Error {}
