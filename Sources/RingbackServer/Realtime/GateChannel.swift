import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// A connection's first handlers: HTTP and WebSocket on one port.
///
/// The HTTP side is built only when the first plain request comes, so a connection that begins with an upgrade never pays
/// for it.
struct GateChannel: ServerChildChannel, HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let http: EventLoopFuture<NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?>
        let box: ConnectionBox
        let channel: any Channel
    }

    let responder: HTTPChannelHandler.Responder
    let upgrade: SocketUpgrade
    let desk: DirectDesk

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let box = ConnectionBox()
            let promise = channel.eventLoop.makePromise(of: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>?.self)
            let encoder = HTTPResponseEncoder()
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = 16 * 1024
            limits.maxHeaderListSize = 32 * 1024
            limits.maxHeaderFieldCount = 100
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
            let gate = ConnectionGate(
                encoder: encoder, decoder: decoder, box: box, upgrade: upgrade, http: promise, logger: logger)
            // What was read last stays allocated: most connections are idle, and busy ones get more as they need it.
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536))
            try channel.pipeline.syncOperations.addHandlers(encoder, decoder, DirectHandler(desk: desk), gate)
            return Value(http: promise.futureResult, box: box, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        guard let http = try? await value.http.get() else { return }
        await ConnectionBox.$current.withValue(value.box) { await handleHTTP(asyncChannel: http, logger: logger) }
    }
}
