import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import RingbackModel

/// Stands between the HTTP decoder and Hummingbird and lets any request of a keep-alive connection become a WebSocket.
///
/// NIO's own upgrader looks at a connection's first request only, which fails behind proxies that reuse connections.
final class ConnectionGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart
    typealias HTTPSide = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    /// How long the first request's head may take.
    private static let firstHeadTime: TimeAmount = .seconds(10)
    /// How long a request's body may take.
    private static let bodyTime: TimeAmount = .seconds(20)
    private static let idleTime: Duration = .seconds(75)
    /// How long a client may not read before it is cut off.
    private static let slowTime: TimeAmount = .seconds(30)
    /// How long a refused client may take to read why.
    private static let lingerTime: TimeAmount = .seconds(2)

    private enum State { case http, deciding, upgraded, closing }

    private let encoder: HTTPResponseEncoder
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let box: ConnectionBox
    private let upgrade: SocketUpgrade
    private let logger: Logger
    /// Fulfilled with the HTTP side when the first plain request comes, with `nil` when none ever will.
    private var http: EventLoopPromise<HTTPSide?>?
    private var state = State.http
    private var requestsInFlight = 0
    /// Whether the client sends nothing behind the newest request.
    private var isLastRequest = false
    private var closesAfterResponse = false
    /// Runs while a request is being received.
    private var requestTimer: Scheduled<Void>?
    private var slowTimer: Scheduled<Void>?

    init(
        encoder: HTTPResponseEncoder, decoder: ByteToMessageHandler<HTTPRequestDecoder>, box: ConnectionBox,
        upgrade: SocketUpgrade, http: EventLoopPromise<HTTPSide?>, logger: Logger
    ) {
        self.encoder = encoder
        self.decoder = decoder
        self.box = box
        self.upgrade = upgrade
        self.http = http
        self.logger = logger
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        startRequestTimer(Self.firstHeadTime, context)
        #if os(Linux)
            // TCP_USER_TIMEOUT: a client that vanished without a word is noticed while something is written to it.
            try? context.channel.syncOptions?.setOption(.tcpOption(.init(rawValue: 18)), value: 60_000)
        #endif
    }

    func handlerRemoved(context: ChannelHandlerContext) { withoutHTTP() }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closing
        withoutHTTP()
        slowTimer?.cancel()
        box.close()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            box.close()
            if http != nil { context.close(promise: nil) }
        case is ChannelShouldQuiesceEvent where http != nil: context.close(promise: nil)
        case is DirectHandler.Began: stopRequestTimer()
        default: break
        }
        if state != .upgraded { context.fireUserInboundEventTriggered(event) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        slowTimer?.cancel()
        slowTimer = nil
        if !context.channel.isWritable, state != .upgraded {
            let channel = context.channel
            slowTimer = context.eventLoop.scheduleTask(in: Self.slowTime) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What comes behind a request with `Connection: close` is not read (RFC 9112, section 9.6).
        if let error = error as? HTTPParserError, error == .closedConnection { return }
        guard let error = error as? HTTPParserError, state == .http, requestsInFlight == 0 else {
            context.close(promise: nil)
            return
        }
        let problem =
            error == .headerOverflow
            ? Problem(.payloadTooLarge, "The header fields are too large.", status: 431)
            : Problem(.invalidRequest, "This is not HTTP.", status: 400)
        refuse(problem, context)
    }

    private func startRequestTimer(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        let channel = context.channel
        requestTimer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private func stopRequestTimer() {
        requestTimer?.cancel()
        requestTimer = nil
    }

    private func withoutHTTP() {
        stopRequestTimer()
        http?.succeed(nil)
        http = nil
    }

    // MARK: Requests and responses

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // While the upgrade is decided, only the end of its own request comes; anything pipelined behind it is an error.
        guard state == .http else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            stopRequestTimer()
            if requestsInFlight == 0, SocketUpgrade.matches(head) {
                state = .deciding
                decide(head, context)
                return
            }
            requestsInFlight += 1
            isLastRequest = !head.isKeepAlive
            addHTTPSide(context)
            if head.headers.contains(name: "content-length") || head.headers.contains(name: "transfer-encoding") {
                startRequestTimer(Self.bodyTime, context)
            }
        case .body: break
        case .end: stopRequestTimer()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard state == .upgraded else { return context.fireChannelReadComplete() }
        // The HTTP side behind holds back the reads of the channel itself.
        if (try? context.channel.syncOptions?.getOption(.autoRead)) ?? true { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard state != .upgraded else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // The client is told, lest it sends another request before it sees the end (RFC 9112, section 9.6).
            if isLastRequest, requestsInFlight == 1, head.status.code >= 200 {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            }
            closesAfterResponse = !head.isKeepAlive
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            requestsInFlight -= 1
            if closesAfterResponse {
                context.writeAndFlush(data, promise: promise)
                linger(context)
            } else {
                context.write(data, promise: promise)
            }
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // After the upgrade the HTTP side no longer owns the connection.
        if state == .upgraded { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }

    private func addHTTPSide(_ context: ChannelHandlerContext) {
        guard let promise = http else { return }
        http = nil
        do {
            try context.pipeline.syncOperations.addHandlers([
                HTTP1ToHTTPServerCodec(secure: false),
                HTTPConnectionStateHandler(idleTimeout: Self.idleTime, logger: logger),
            ])
            promise.succeed(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: context.channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true)))
        } catch {
            promise.fail(error)
            context.close(promise: nil)
        }
    }

    /// Closes our side, and the rest when the client has had time to read.
    private func linger(_ context: ChannelHandlerContext) {
        state = .closing
        let channel = context.channel
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
    }

    /// Answers and closes: behind an error nothing can be told apart, and behind an upgrade the decoder reads no more.
    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        let body = problem.json
        var head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: problem.status),
            headers: ["content-type": "application/problem+json", "content-length": "\(body.count)"])
        if problem.status == 401 { head.headers.add(name: "www-authenticate", value: "Bearer") }
        if problem.status == 426 {
            head.headers.add(name: "upgrade", value: "websocket")
            head.headers.add(name: "sec-websocket-version", value: "13")
        }
        if let seconds = problem.retryAfterSeconds { head.headers.add(name: "retry-after", value: "\(seconds)") }
        head.headers.add(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    // MARK: The upgrade

    private func decide(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let upgrade = upgrade
        context.eventLoop.makeFutureWithTask { await upgrade.decide(head) }.assumeIsolated().whenComplete { result in
            guard self.state == .deciding, context.channel.isActive else { return }
            switch result {
            case .success(.accept(let identity)):
                self.handshake(head, SocketHandler(hub: upgrade.hub, identity: identity), context)
            case .success(.close(let code)):
                let handler = SocketHandler(hub: upgrade.hub, identity: nil)
                self.handshake(head, handler, context)
                handler.close(code)
            case .success(.refuse(let problem)): self.refuse(problem, context)
            case .failure: context.close(promise: nil)
            }
        }
    }

    /// Checks what RFC 6455, section 4.2.1 asks of the client, and answers 101.
    private func handshake(_ head: HTTPRequestHead, _ handler: SocketHandler, _ context: ChannelHandlerContext) {
        guard head.headers[canonicalForm: "sec-websocket-version"].contains("13") else {
            return refuse(Problem(.invalidRequest, "Speak WebSocket version 13.", status: 426), context)
        }
        guard head.headers.first(name: "sec-websocket-key").flatMap({ Data(base64Encoded: $0) })?.count == 16 else {
            return refuse(
                Problem(.invalidRequest, "Sec-WebSocket-Key must be 16 bytes in base64.", status: 400), context)
        }
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        let extra: HTTPHeaders =
            offered.contains { $0 == SocketUpgrade.subprotocol }
            ? ["sec-websocket-protocol": SocketUpgrade.subprotocol] : [:]
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(extra) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        // Complete at once: neither closure above waits.
        upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let headers): self.switchProtocols(headers, handler, context)
                case .failure:
                    self.refuse(
                        Problem(.invalidRequest, "The upgrade is not as RFC 6455 wants it.", status: 400), context)
                }
            }
    }

    private func switchProtocols(
        _ headers: HTTPHeaders, _ handler: SocketHandler, _ context: ChannelHandlerContext
    ) {
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        state = .upgraded
        let hasHTTPSide = http == nil
        withoutHTTP()
        slowTimer?.cancel()
        let pipeline = context.pipeline.syncOperations
        do {
            // First, for the handler may have something to say at once.
            pipeline.removeHandler(encoder, promise: nil)
            try pipeline.addHandler(handler, position: .before(self))
            // Forwards what came behind the upgrade into the socket.
            pipeline.removeHandler(decoder, promise: nil)
            if hasHTTPSide {
                context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
                context.read()
            } else {
                pipeline.removeHandler(self, promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }
}
