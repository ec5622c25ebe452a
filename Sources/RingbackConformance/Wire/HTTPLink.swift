import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP/1.1 connection, used by one task at a time.
final class HTTPLink: Sendable {
    /// The maximum length of a response body in bytes.
    private static let bodyBytes = 8 << 20
    private let channel: any Channel
    private let parts: Mailbox<HTTPClientResponsePart>

    init(_ channel: any Channel, _ parts: Mailbox<HTTPClientResponsePart>) {
        self.channel = channel
        self.parts = parts
    }

    static func connect(to address: ServerAddress) async throws -> HTTPLink {
        let parts = makeMailbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(MailboxHandler(parts))
                }
            }
            .connect(host: address.host, port: address.port).get()
        return HTTPLink(channel, parts)
    }

    static func makeMailbox() -> Mailbox<HTTPClientResponsePart> { Mailbox(capacity: 16_384) }

    var isOpen: Bool { channel.isActive }

    /// Writes a request. A failure shows when the response is read, because a server may respond early.
    func send(_ request: WireRequest, to address: ServerAddress) {
        var head = HTTPRequestHead(version: .http1_1, method: request.method, uri: request.target)
        head.headers.add(name: "host", value: address.authority)
        head.headers.add(contentsOf: request.headers)
        if let body = request.body, !head.headers.contains(name: "content-length") {
            head.headers.add(name: "content-length", value: String(body.count))
        } else if request.body == nil, [.POST, .PUT, .PATCH].contains(request.method) {
            head.headers.add(name: "content-length", value: "0")
        }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let body = request.body {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    /// Reads the head of the response.
    func head(before deadline: NIODeadline) async throws -> HTTPResponseHead {
        guard case .head(let head) = try await parts.next(before: deadline) else { throw WireError.closedEarly }
        return head
    }

    /// The next part of the response body; `nil` at its end.
    func bodyPart(before deadline: NIODeadline) async throws -> ByteBuffer? {
        switch try await parts.next(before: deadline) {
        case .body(let buffer): buffer
        case .end: nil
        case .head, nil: throw WireError.closedEarly
        }
    }

    /// Reads the complete response.
    func response(before deadline: NIODeadline) async throws -> WireResponse {
        let head = try await head(before: deadline)
        var body: [UInt8] = []
        while let part = try await bodyPart(before: deadline) {
            body.append(contentsOf: part.readableBytesView)
            guard body.count <= Self.bodyBytes else { throw WireError.tooMuch("a body over \(Self.bodyBytes) bytes") }
        }
        return WireResponse(status: Int(head.status.code), headers: head.headers, body: body)
    }

    func close() async {
        try? await channel.close().get()
    }
}
