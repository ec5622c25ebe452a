import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A WebSocket (RFC 6455) with the subprotocol `ringback.v1`.
package final class WebSocketLink: Sendable {
    private enum Outcome: Sendable {
        case open(WebSocketLink)
        case refused(HTTPLink)
    }

    private let channel: any Channel
    /// The subprotocol that the server chose.
    package let subprotocol: String?
    private let onText: @Sendable ([UInt8]) -> Void
    private let onClose: @Sendable (WireError) -> Void

    private init(
        _ channel: any Channel, subprotocol: String?, onText: @escaping @Sendable ([UInt8]) -> Void,
        onClose: @escaping @Sendable (WireError) -> Void
    ) {
        self.channel = channel
        self.subprotocol = subprotocol
        self.onText = onText
        self.onClose = onClose
    }

    /// Opens a WebSocket.
    ///
    /// - Parameters:
    ///   - onText: Called with each text message, in order, on the event loop of the connection.
    ///   - onClose: Called once, with ``WireError/webSocketClosed(code:reason:)``.
    /// - Throws: ``WireError/upgradeRefused(_:)`` if the status is not 101.
    package static func open(
        _ address: ServerAddress, target: String, token: String? = nil,
        onText: @escaping @Sendable ([UInt8]) -> Void, onClose: @escaping @Sendable (WireError) -> Void
    ) async throws -> WebSocketLink {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target)
        head.headers = ["host": address.authority, "sec-websocket-protocol": "ringback.v1"]
        if let token { head.headers.add(name: "authorization", value: "Bearer \(token)") }
        let upgrader = NIOTypedWebSocketClientUpgrader<Outcome>(maxFrameSize: 1 << 20) { channel, head in
            channel.eventLoop.makeCompletedFuture {
                let subprotocol = head.headers.first(name: "sec-websocket-protocol")
                let link = WebSocketLink(channel, subprotocol: subprotocol, onText: onText, onClose: onClose)
                try channel.pipeline.syncOperations.addHandlers(
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024, maxAccumulatedFrameSize: 8 << 20),
                    WebSocketHandler(onText: onText, onClose: onClose))
                return .open(link)
            }
        }
        let configuration = NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                let parts = HTTPLink.makeMailbox()
                try channel.pipeline.syncOperations.addHandler(MailboxHandler(parts))
                return Outcome.refused(HTTPLink(channel, parts))
            }
        }
        return try await connect(to: address, configuration)
    }

    private static func connect(
        to address: ServerAddress, _ configuration: NIOTypedHTTPClientUpgradeConfiguration<Outcome>
    ) async throws -> WebSocketLink {
        let (channel, outcome) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
                    // The first frame may arrive together with the response.
                    pipeline.leftOverBytesStrategy = .forwardBytes
                    let operations = channel.pipeline.syncOperations
                    return (channel, try operations.configureUpgradableHTTPClientPipeline(configuration: pipeline))
                }
            }
        let timer = channel.eventLoop.scheduleTask(in: .seconds(20)) { channel.close(promise: nil) }
        defer { timer.cancel() }
        switch try await outcome.get() {
        case .open(let link): return link
        case .refused(let link):
            let response = try await link.response(before: .now() + .seconds(20))
            await link.close()
            throw WireError.upgradeRefused(response)
        }
    }

    /// Sends a text message.
    package func send(text: [UInt8]) { send(.text, text) }

    /// Sends a binary message, which the protocol does not permit.
    package func send(binary: [UInt8]) { send(.binary, binary) }

    private func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) {
        let frame = WebSocketFrame(
            fin: true, opcode: opcode, maskKey: .random(), data: channel.allocator.buffer(bytes: bytes))
        channel.writeAndFlush(frame, promise: nil)
    }

    /// Sends a close frame with 1000, and closes the connection when the server has answered it, at most 2 s later.
    package func close() async {
        var code = channel.allocator.buffer(capacity: 2)
        code.write(webSocketErrorCode: .normalClosure)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: code)
        let timer = channel.eventLoop.scheduleTask(in: .seconds(2)) { [channel] in channel.close(promise: nil) }
        try? await channel.writeAndFlush(frame).get()
        try? await channel.closeFuture.get()
        timer.cancel()
    }
}
