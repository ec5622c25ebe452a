#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import NIOCore

/// Stops accepting connections for a moment when the system has no descriptor or memory for one more. The listening
/// socket stays readable all the while, and would keep the event loop busy.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let time: TimeAmount = .milliseconds(250)

    private let connections: OpenConnections

    /// - Parameter connections: One of them gives way when there is no descriptor.
    init(_ connections: OpenConnections) { self.connections = connections }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        connections.giveWay()
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.scheduleTask(in: Self.time) {
            _ = channel.setOption(.autoRead, value: true)
        }
    }
}
