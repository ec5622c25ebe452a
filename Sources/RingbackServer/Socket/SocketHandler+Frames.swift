import NIOCore

/// Processes the frames of the client.
extension SocketHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.received(unwrapInboundIn(data), at: .now()) else { return context.close(promise: nil) }
        isCollecting = true
        do {
            while let step = try connection.nextStep() { carryOut(step) }
        } catch {
            close(error)
        }
        flushMessages()
    }

    private func carryOut(_ step: WebSocketConnection.Step) {
        switch step {
        case .hello(let text): hello(text)
        case .serve:
            serve()
            updateReading()
        case .pong(let payload): send { $0.writeFrame(.pong, payload) }
        case .answerClose(let code):
            close(code)
            context?.close(mode: .output, promise: nil)
        case .disconnect: context?.close(promise: nil)
        }
    }
}
