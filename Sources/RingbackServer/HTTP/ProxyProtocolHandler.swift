import NIOCore

/// Reads the header of the PROXY protocol, and then gives the connection its handlers.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let timeout: TimeAmount = .seconds(10)

    private let proxy: IPAddress?
    private let begin: (ChannelPipeline.SynchronousOperations, IPAddress?) throws -> Void
    private var received = ByteBuffer()
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - proxy: The address of the proxy.
    ///   - begin: Adds the handlers for a client with this address.
    init(proxy: IPAddress?, begin: @escaping (ChannelPipeline.SynchronousOperations, IPAddress?) throws -> Void) {
        self.proxy = proxy
        self.begin = begin
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: Self.timeout) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        switch ProxyProtocolHeader(parsing: received.readableBytesView) {
        case .incomplete: break
        case .invalid: context.close(promise: nil)
        case .complete(let address, let length):
            received.moveReaderIndex(forwardBy: length)
            let pipeline = context.pipeline.syncOperations
            do {
                try begin(pipeline, address ?? proxy)
            } catch {
                return context.close(promise: nil)
            }
            // They were not there when the connection became active.
            context.fireChannelActive()
            if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
            context.fireChannelReadComplete()
            pipeline.removeHandler(self, promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
