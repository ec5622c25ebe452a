import Foundation
import NIOCore
import NIOHTTP1
import NIOWebSocket
import RingbackModel

/// The upgrade to a WebSocket (RFC 6455, section 4.2), on any request of a connection.
///
/// NIO's upgrader handles only the first request of a connection, which fails behind proxies that reuse connections.
extension HTTPHandler {
    /// GET /v1/socket
    func checkSocket(_ request: PendingRequest, _ head: HTTPRequestHead) {
        guard head.method == .GET, head.version == .http1_1, head.asksForUpgrade,
            head.headers[canonicalForm: "upgrade"].contains(where: { $0.isCase(of: "websocket") })
        else {
            connection.admitted(at: .now())
            return proceed()
        }
        guard head.headers[canonicalForm: "sec-websocket-version"].contains("13") else {
            return send(.upgradeRequired("Only WebSocket version 13 is supported."))
        }
        guard head.headers.first(name: "sec-websocket-key").flatMap({ Data(base64Encoded: $0) })?.count == 16 else {
            return refuse(
                request, Problem(.invalidRequest, "Sec-WebSocket-Key must be 16 bytes in base64.", status: 400))
        }
        let source = frontEnd.source(of: request.fields, from: peer)
        let decider = SocketUpgrade(hub: frontEnd.sockets, source: source)
        let (parameters, basePath) = (request.parameters, request.basePath)
        let (token, device) = (request.fields.token, request.fields.device)
        let handler = { SocketHandler(hub: decider.hub, identity: $0, source: source, basePath: basePath) }
        guard request.fields.authorization != nil || parameters["ticket"] != nil else {
            // There is nothing to look up. Once the rest of the request was read, the decoder can be removed.
            context?.eventLoop.assumeIsolated().execute {
                guard self.request === request else { return }
                if decider.hub.dispatcher.isDraining() { return self.refuse(request, Dispatcher.draining) }
                self.upgrade(head, handler(nil))
            }
            return
        }
        run(request, { _ in try await decider.decide(token: token, device: device, parameters) }) { decision in
            switch decision {
            case .accept(let identity): self.upgrade(head, handler(identity))
            case .close(let code):
                let handler = handler(nil)
                self.upgrade(head, handler)
                handler.close(code)
            }
        }
    }

    private func upgrade(_ head: HTTPRequestHead, _ handler: SocketHandler) {
        guard let context, let request else { return }
        // The client has closed its output or the server is shutting down, of which the socket would not be notified.
        guard !connection.isEnding else {
            if frontEnd.dispatcher.isDraining() {
                refuse(request, Dispatcher.draining)
            } else {
                context.close(promise: nil)
            }
            return
        }
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        let extra: HTTPHeaders =
            offered.contains { $0 == SocketUpgrade.subprotocol }
            ? ["sec-websocket-protocol": SocketUpgrade.subprotocol] : [:]
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(extra) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        // Completes immediately; neither closure waits.
        upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let headers): self.switchProtocols(headers, handler)
                case .failure:
                    self.refuse(
                        request,
                        Problem(
                            .invalidRequest, "The request is not a valid WebSocket handshake (RFC 6455, section 4.1).",
                            status: 400))
                }
            }
    }

    private func switchProtocols(_ headers: HTTPHeaders, _ handler: SocketHandler) {
        guard let context else { return }
        var buffer = ByteBuffer()
        buffer.write(ResponseHeads.switchingProtocols(headers))
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        connection.upgraded(at: .now())
        let (pipeline, channel) = (context.pipeline.syncOperations, context.channel)
        do {
            // First, because the socket may write immediately.
            pipeline.removeHandler(codec.received, promise: nil)
            try pipeline.addHandler(handler, position: .before(self))
            // Forwards data that arrived after the request to the socket.
            pipeline.removeHandler(codec.decoder, promise: nil)
            pipeline.removeHandler(self, promise: nil)
            // A read may have been held back.
            channel.read()
        } catch {
            channel.close(promise: nil)
        }
    }
}
