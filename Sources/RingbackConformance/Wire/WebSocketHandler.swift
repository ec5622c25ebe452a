import NIOCore
import NIOWebSocket

/// Answers pings, passes on text messages, and reports once why the WebSocket ended.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let onText: @Sendable ([UInt8]) -> Void
    private let onClose: @Sendable (WireError) -> Void
    private var isClosed = false

    init(onText: @escaping @Sendable ([UInt8]) -> Void, onClose: @escaping @Sendable (WireError) -> Void) {
        self.onText = onText
        self.onClose = onClose
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: onText(Array(frame.unmaskedData.readableBytesView))
        case .ping: reply(.pong, frame.unmaskedData, context)
        case .connectionClose:
            var payload = frame.unmaskedData
            let code = payload.readInteger(as: UInt16.self).map(Int.init) ?? 1005
            end(code: code, reason: String(buffer: payload))
            reply(.connectionClose, frame.unmaskedData, context)
            context.close(promise: nil)
        case .binary:
            end(code: 1006, reason: "the server sent a binary message")
            context.close(promise: nil)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(code: 1006, reason: "no close frame")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(code: 1006, reason: "\(error)")
        context.close(promise: nil)
    }

    private func reply(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func end(code: Int, reason: String) {
        guard !isClosed else { return }
        isClosed = true
        onClose(.webSocketClosed(code: code, reason: reason))
    }
}
