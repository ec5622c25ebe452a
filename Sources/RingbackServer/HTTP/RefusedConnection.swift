import NIOCore
import RingbackModel
import Synchronization

/// A connection for which there is no room, or whose client connects too often: it is answered with 503 at once,
/// whatever it would have asked for, and closed.
final class RefusedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How many of them have time to read the answer. Those beyond are closed behind it.
    private static let maximumWaiting = 64
    private static let time: TimeAmount = .seconds(1)
    private static let waiting = Atomic(0)

    private let heads: ResponseHeads
    private let problem: Problem
    private var isWaiting = false

    init(_ heads: ResponseHeads, _ problem: Problem) { (self.heads, self.problem) = (heads, problem) }

    func channelActive(context: ChannelHandlerContext) {
        var response = HTTPResponse(problem)
        response.resolve(under: BasePath.root)
        var buffer = ByteBuffer()
        buffer.write(heads.head(of: response, to: nil, isHTTP10: false, closes: true))
        buffer.writeBytes(response.body)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        isWaiting = Self.waiting.add(1, ordering: .relaxed).oldValue < Self.maximumWaiting
        guard isWaiting else { return context.close(promise: nil) }
        // Closed with bytes that were not read, the connection would be reset, and the answer be lost.
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.time) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        Self.waiting.subtract(1, ordering: .relaxed)
        context.fireChannelInactive()
    }
}
