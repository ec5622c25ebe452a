#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import NIOCore
import NIOHTTP1
import NIOPosix
import RingbackModel
import Synchronization

/// Reads the requests of one connection.
struct HTTPCodec {
    let received = ReceivedBytes()
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>

    init() {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1024
        limits.maxHeaderListSize = 32 * 1024
        limits.maxHeaderFieldCount = 100
        decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
    }
}

/// Counts the bytes of a client before they are decoded. Chunk sizes, chunk extensions and trailers (RFC 9112, section
/// 7.1) do not leave the decoder, which does not limit them.
final class ReceivedBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The bytes read since ``reset()``, except for the read that was in progress then.
    private(set) var count = 0
    /// Whether input is discarded instead of accumulating in front of a decoder that has stopped.
    var isDropping = false

    func reset() { count = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += unwrapInboundIn(data).readableBytes
        if !isDropping { context.fireChannelRead(data) }
    }
}

/// Listens on a port and sets up the handlers of each connection.
final class HTTPListener: Sendable {
    private let frontEnd: HTTPFrontEnd
    private let maximumConnections: Int
    private let connections = OpenConnections()

    init(frontEnd: HTTPFrontEnd, maximumConnections: Int) {
        self.frontEnd = frontEnd
        self.maximumConnections = maximumConnections
    }

    /// Begins to accept connections.
    ///
    /// - Parameters:
    ///   - hostname: `localhost` stands for 127.0.0.1 and, if the machine has it, ::1, on the same port.
    ///   - port: 0 chooses a free port.
    /// - Returns: The listening channels.
    func bind(hostname: String, port: Int) async throws -> [any Channel] {
        guard hostname.isCase(of: "localhost") else { return [try await listen(hostname, port)] }
        let first = try await listen("127.0.0.1", port)
        do {
            return [first, try await listen("::1", first.localAddress?.port ?? port)]
        } catch let error as IOError where [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode) {
            return [first]
        } catch {
            try? await first.close()
            throw error
        }
    }

    private func listen(_ address: String, _ port: Int) async throws -> any Channel {
        let (frontEnd, connections, maximum) = (frontEnd, connections, maximumConnections)
        return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ConnectionLimit(maximum))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // Read buffers stay allocated between reads. Most connections are idle, and busy ones get larger buffers.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let codec = HTTPCodec()
                    try channel.pipeline.syncOperations.addHandlers(
                        codec.received, codec.decoder,
                        HTTPHandler(frontEnd: frontEnd, codec: codec, peer: IPAddress(channel.remoteAddress)))
                    connections.add(channel)
                }
            }
            .bind(host: address, port: port).get()
    }

    /// Tells every connection that the server is shutting down. A connection closes once its request is answered.
    func quiesce() { connections.quiesce() }

    /// Closes all open connections.
    func close() { connections.close() }

    /// Returns when no connection is open. Call after ``quiesce()``.
    func waitUntilClosed() async { await connections.waitUntilClosed() }
}

/// The open connections.
private final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isQuiescing = false
    }

    private let state = Mutex(State())
    private let closed = WakeSignal()

    func add(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        let isQuiescing = state.withLock { state in
            state.channels[key] = channel
            return state.isQuiescing
        }
        channel.closeFuture.whenComplete { _ in
            let isLast = self.state.withLock { state in
                state.channels[key] = nil
                return state.isQuiescing && state.channels.isEmpty
            }
            if isLast { self.closed.signal() }
        }
        if isQuiescing { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func quiesce() {
        let channels = state.withLock { state in
            state.isQuiescing = true
            return Array(state.channels.values)
        }
        if channels.isEmpty { closed.signal() }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    func close() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }

    func waitUntilClosed() async {
        while !state.withLock({ $0.isQuiescing && $0.channels.isEmpty }), !Task.isCancelled { await closed.wait() }
    }
}

/// Limits the number of open connections. Further ones wait in the listen queue of the system.
private final class ConnectionLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    private let maximum: Int
    private var count = 0
    private var isReadHeld = false
    private var isClosed = false

    init(_ maximum: Int) { self.maximum = maximum }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count += 1
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (handler, context) = bound.value
            handler.closedOne(context)
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if count < maximum { context.read() } else { isReadHeld = true }
    }

    func handlerRemoved(context: ChannelHandlerContext) { isClosed = true }

    private func closedOne(_ context: ChannelHandlerContext) {
        count -= 1
        guard isReadHeld, count < maximum, !isClosed else { return }
        isReadHeld = false
        context.read()
    }
}
