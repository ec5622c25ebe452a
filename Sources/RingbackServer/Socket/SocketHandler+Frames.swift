import NIOCore

/// Processes the frames of the client.
extension SocketHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = .now()
        let bytes = unwrapInboundIn(data)
        if case .closing = state {
            dropped += bytes.readableBytes
            if dropped > Self.maximumDropped { return context.close(promise: nil) }
        }
        reader.append(bytes)
        isCollecting = true
        do {
            while let frame = try reader.next() { try take(frame) }
        } catch {
            close(error)
        }
        flushMessages()
    }

    private func take(_ frame: Frame) throws(CloseCode) {
        if case .closing = state {
            if frame.opcode == .close { context?.close(promise: nil) }
            return
        }
        switch frame.opcode {
        case .ping: send { $0.writeFrame(.pong, frame.payload) }
        case .pong: break
        case .close: answerClose(frame.payload)
        case .text, .binary, .continuation:
            if let text = try message.append(frame) { receive(text) }
        }
    }

    private func answerClose(_ payload: [UInt8]) {
        let code = payload.prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
        if !payload.isEmpty, payload.count < 2 || !Self.mayBeSent(code) {
            close(.protocolError)
        } else {
            // The rest of the payload is the reason, in UTF-8 (RFC 6455, section 5.5.1).
            close(String(validating: payload.dropFirst(2), as: UTF8.self) == nil ? .notUTF8 : .normal)
        }
        context?.close(mode: .output, promise: nil)
    }

    /// Whether an endpoint may send this code (RFC 6455, section 7.4).
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
