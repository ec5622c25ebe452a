import NIOCore
import NIOHTTP1
import RingbackModel

/// Looks at the bytes that a client sends before they are decoded. Chunk sizes, chunk extensions and trailers (RFC 9112, section
/// 7.1) are bytes that don't come out of the decoder, which has no bound for them.
final class ReceivedBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Bytes of the reads since ``reset()``, without the one that was under way then.
    private(set) var count = 0
    /// Nothing more is decoded: what comes is dropped, and doesn't pile up before a decoder that has stopped.
    var isDropping = false
    /// The last request has come to its end, and nothing of the next one.
    private var isBetweenRequests = true
    /// The bytes that are being decoded end with a head.
    private var isDecodingHead = false
    /// Of the body that is being received, if its head came in one read.
    private var chunks: ChunkSizes?

    func reset() { count = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        count += bytes.readableBytes
        guard !isDropping else { return }
        if chunks == nil, !(isBetweenRequests && bytes.contains("hunked")) {
            // Until its end comes out of the decoder, this is a part of a request.
            isBetweenRequests = false
            return context.fireChannelRead(data)
        }
        decode(bytes, context)
    }

    /// Hands a head on by itself, so that it is known what comes behind it.
    private func decode(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        var rest = bytes
        if chunks == nil, let end = rest.index(behind: "\r\n\r\n"), let head = rest.readSlice(length: end) {
            isDecodingHead = true
            context.fireChannelRead(wrapInboundOut(head))
            isDecodingHead = false
        }
        if chunks?.read(rest.readableBytesView) == false {
            chunks = nil
            return context.fireErrorCaught(HTTPParserError.invalidChunkSize)
        }
        if chunks?.hasEnded == true { chunks = nil }
        isBetweenRequests = isBetweenRequests && rest.readableBytes == 0
        if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
    }

    /// To be called with each part that comes out of the decoder.
    func decoded(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            isBetweenRequests = false
            let isChunked =
                isDecodingHead && head.headers.first(name: "transfer-encoding")?.isCase(of: "chunked") == true
            chunks = isChunked ? ChunkSizes(most: Limits.bodyBytes) : nil
        case .body: if isDecodingHead { chunks = nil }
        case .end:
            isBetweenRequests = true
            chunks = nil
        }
    }
}

extension ByteBuffer {
    fileprivate func contains(_ text: StaticString) -> Bool { index(behind: text) != nil }

    /// How many bytes there are up to the end of the first occurrence of `text`.
    fileprivate func index(behind text: StaticString) -> Int? {
        withUnsafeReadableBytes { bytes in
            let (first, count) = (text.utf8Start[0], text.utf8CodeUnitCount)
            var place = 0
            while place + count <= bytes.count {
                if bytes[place] == first, (1..<count).allSatisfy({ bytes[place + $0] == text.utf8Start[$0] }) {
                    return place + count
                }
                place += 1
            }
            return nil
        }
    }
}
