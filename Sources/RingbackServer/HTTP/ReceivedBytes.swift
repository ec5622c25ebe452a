import Foundation
import NIOCore
import NIOHTTP1
import RingbackModel

/// Looks at the bytes that a client sends before they are decoded. Chunk sizes, chunk extensions and trailers (RFC
/// 9112, section 7.1) are bytes that don't come out of the decoder, which has no bound for them.
///
/// Heads and bodies are handed to the decoder separately, so that it is known of each byte what it belongs to.
final class ReceivedBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What the next byte belongs to.
    private enum Place {
        /// A head; so many of the bytes before it are the beginning of its end, an empty line.
        case head(Int)
        /// A body with a length, of which so many bytes are to come.
        case body(Int)
        case chunks(ChunkSizes)
        /// Not known until the decoder finds the end of a request: its head had no end that was found here, or it asks
        /// for another protocol.
        case unknown
    }

    /// Bytes of the reads since ``reset()``, without the one that was under way then.
    private(set) var count = 0
    /// Bytes since they were last taken.
    private var untaken = 0
    /// Nothing more is decoded: what comes is dropped, and doesn't pile up before a decoder that has stopped.
    var isDropping = false
    private var place = Place.head(0)
    /// The bytes that are being decoded end with a head.
    private var isDecodingHead = false

    func reset() { count = 0 }

    /// The bytes since the last call.
    func take() -> Int {
        defer { untaken = 0 }
        return untaken
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var rest = unwrapInboundIn(data)
        count += rest.readableBytes
        untaken += rest.readableBytes
        while !isDropping, rest.readableBytes > 0 {
            guard let length = nextLength(rest.readableBytesView), let bytes = rest.readSlice(length: length) else {
                return context.fireErrorCaught(HTTPParserError.invalidChunkSize)
            }
            context.fireChannelRead(wrapInboundOut(bytes))
            isDecodingHead = false
        }
    }

    /// How many bytes belong to the same part of a request; `nil` for a chunk that is too large.
    private func nextLength(_ bytes: ByteBufferView) -> Int? {
        switch place {
        case .head(let matched):
            let (length, matched) = Self.findEmptyLine(bytes, matched)
            isDecodingHead = matched == Self.emptyLine
            place = .head(isDecodingHead ? 0 : matched)
            return length
        case .body(let count):
            let length = min(count, bytes.count)
            place = length == count ? .head(0) : .body(count - length)
            return length
        case .chunks(var chunks):
            let length = chunks.read(bytes)
            place = chunks.hasEnded ? .head(0) : .chunks(chunks)
            return length
        case .unknown: return bytes.count
        }
    }

    /// The length of an empty line with the line break before it, `\r\n\r\n`.
    private static let emptyLine = 4

    /// - Parameter matched: How many bytes of an empty line came before.
    /// - Returns: The number of bytes up to the end of the first empty line, or all, and how many bytes of an empty
    ///   line they end with.
    private static func findEmptyLine(_ bytes: ByteBufferView, _ matched: Int) -> (length: Int, matched: Int) {
        bytes.withUnsafeBytes { bytes in
            var (length, matched) = (0, matched)
            while length < bytes.count, matched < emptyLine {
                if matched == 0 {
                    let rest = UnsafeRawBufferPointer(rebasing: bytes[length...])
                    guard let next = memchr(rest.baseAddress!, CInt(UInt8(ascii: "\r")), rest.count) else {
                        return (bytes.count, 0)
                    }
                    length += UnsafeRawPointer(next) - rest.baseAddress! + 1
                    matched = 1
                    continue
                }
                let byte = bytes[length]
                let isNext = byte == (matched.isMultiple(of: 2) ? UInt8(ascii: "\r") : UInt8(ascii: "\n"))
                matched = isNext ? matched + 1 : byte == UInt8(ascii: "\r") ? 1 : 0
                length += 1
            }
            return (length, matched)
        }
    }

    /// To be called with each part that comes out of the decoder.
    func decoded(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): place = isDecodingHead && !head.stopsDecoder ? Self.place(behind: head) : .unknown
        case .end: if case .unknown = place { place = .head(0) }
        case .body: break
        }
    }

    private static func place(behind head: HTTPRequestHead) -> Place {
        if head.headers.contains(name: "transfer-encoding") { return .chunks(ChunkSizes(most: Limits.bodyBytes)) }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        return length > 0 ? .body(length) : .head(0)
    }
}
