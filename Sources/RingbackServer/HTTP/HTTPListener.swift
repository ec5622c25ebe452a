#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import NIOCore
import NIOHTTP1
import NIOPosix
import RingbackCore
import RingbackModel

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

/// Listens on a port and gives each connection its handlers.
final class HTTPListener: Sendable {
    private let frontEnd: HTTPFrontEnd
    private let connections: OpenConnections
    /// Whether connections of trusted proxies begin with a header of the PROXY protocol, if that is configured.
    private let readsProxyProtocol: Bool

    init(frontEnd: HTTPFrontEnd, connections: OpenConnections, readsProxyProtocol: Bool) {
        self.frontEnd = frontEnd
        self.connections = connections
        self.readsProxyProtocol = readsProxyProtocol
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
        let (frontEnd, connections, readsProxyProtocol) = (frontEnd, connections, readsProxyProtocol)
        return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(connections))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // A busy connection is read once per turn of the event loop, so that it does not delay the others.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // Read buffers stay allocated between reads. Most connections are idle, and busy ones get larger buffers.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer = IPAddress(channel.remoteAddress)
                    let pipeline = channel.pipeline.syncOperations
                    guard readsProxyProtocol, frontEnd.services.settings.expectsProxyProtocol(from: peer) else {
                        return try Self.begin(channel, pipeline, peer, frontEnd, connections)
                    }
                    try pipeline.addHandler(
                        ProxyProtocolHandler(proxy: peer) { pipeline, client in
                            try Self.begin(channel, pipeline, client, frontEnd, connections)
                        })
                }
            }
            .bind(host: address, port: port).get()
    }

    /// Adds the handlers of a connection.
    private static func begin(
        _ channel: any Channel, _ pipeline: ChannelPipeline.SynchronousOperations, _ peer: IPAddress?,
        _ frontEnd: HTTPFrontEnd, _ connections: OpenConnections
    ) throws {
        let connection: OpenConnection
        do {
            connection = try connections.admit(channel, from: peer, at: frontEnd.services.time.monotonic)
        } catch {
            return try pipeline.addHandler(RefusedConnection(frontEnd.heads, error))
        }
        let codec = HTTPCodec()
        try pipeline.addHandlers(
            codec.received, codec.decoder,
            HTTPHandler(frontEnd: frontEnd, codec: codec, peer: peer, connection: connection))
    }

    /// Tells every connection that the server is shutting down. A connection closes once its request is answered.
    func quiesce() { connections.quiesce() }

    /// Closes all open connections.
    func close() { connections.close() }

    /// Returns when no connection is open. Call after ``quiesce()``.
    func waitUntilClosed() async { await connections.waitUntilClosed() }
}
