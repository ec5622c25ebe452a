import NIOCore
import NIOWebSocket
import RingbackCore
import RingbackModel

/// One WebSocket (RFC 6455), all of its state on the event loop, without a task or timer while it is idle.
///
/// Requests are answered in their order, one at a time; events are written as far as the client reads. A client that falls
/// behind lags in the log, not in memory.
final class SocketHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    static let helloTime: TimeAmount = .seconds(10)
    static let pingTime: TimeAmount = .seconds(Int64(Welcome.pingSeconds))
    static let deadTime: TimeAmount = .seconds(60)
    static let slowTime: TimeAmount = .seconds(30)
    static let closeTime: TimeAmount = .seconds(2)
    static let maximumWaiting = 64
    static let batch = 100

    enum State {
        case awaitingHello(since: NIODeadline)
        case opening
        case open
        case closing(since: NIODeadline)
    }

    let hub: SocketHub
    /// Who came with a token or a ticket in the upgrade's request.
    let identity: SocketIdentity?
    var state = State.awaitingHello(since: .now())
    var session: SocketSession?
    var message = SocketMessage()
    var waiting: [[UInt8]] = []
    var isBusy = false
    var isReading = true
    var isPumping = false
    var isWakePending = false
    var lastHeard = NIODeadline.now()
    var lastPing = NIODeadline.now()
    var unwritableSince: NIODeadline?
    var context: ChannelHandlerContext?

    init(hub: SocketHub, identity: SocketIdentity?) {
        self.hub = hub
        self.identity = identity
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        hub.keeper.add(self, on: context.eventLoop)
        if let identity { open(identity) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { drop() }

    func channelInactive(context: ChannelHandlerContext) {
        drop()
        context.fireChannelInactive()
    }

    private func drop() {
        guard let context else { return }
        hub.keeper.remove(self, on: context.eventLoop)
        session?.end(hub.services)
        session = nil
        waiting = []
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: close(.tooBig)
        case is NIOWebSocketError: close(.protocolError)
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(.restart)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = context.channel.isWritable ? nil : .now()
        if context.channel.isWritable {
            pump()
            serve()
        }
        updateReading()
        context.fireChannelWritabilityChanged()
    }

    /// Called by the keeper about once a second.
    func look(at now: NIODeadline) {
        guard let context else { return }
        switch state {
        case .awaitingHello(let since) where now - since > Self.helloTime: close(.helloTimeout)
        case .closing(let since) where now - since > Self.closeTime: context.close(promise: nil)
        case .open:
            if let unwritableSince, now - unwritableSince > Self.slowTime {
                close(.slowReader)
            } else if now - lastHeard > Self.deadTime {
                close(.noPong)
            } else if let session, session.identity.expiresAt <= hub.services.time.now {
                close(.badToken)
            } else if now - lastPing > Self.pingTime {
                lastPing = now
                send(WebSocketFrame(fin: true, opcode: .ping, data: context.channel.allocator.buffer(capacity: 0)))
            }
        default: break
        }
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        lastHeard = .now()
        if case .closing = state {
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return close(.protocolError) }
        switch frame.opcode {
        case .ping: send(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
        case .pong: break
        case .connectionClose: answerClose(frame)
        case .text, .binary, .continuation:
            do {
                if let text = try message.append(frame) { receive(text) }
            } catch {
                close(error)
            }
        default: close(.protocolError)
        }
    }

    private func answerClose(_ frame: WebSocketFrame) {
        var data = frame.unmaskedData
        let code = data.readableBytes == 1 ? nil : data.readWebSocketErrorCode()
        let isFair = frame.unmaskedData.readableBytes == 0 || code.map { Self.mayBeSent($0) } ?? false
        close(isFair ? .normal : .protocolError)
        context?.close(mode: .output, promise: nil)
    }

    /// Which codes an endpoint may send (RFC 6455, section 7.4).
    private static func mayBeSent(_ code: WebSocketErrorCode) -> Bool {
        switch UInt16(webSocketErrorCode: code) {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    private func receive(_ text: [UInt8]) {
        switch state {
        case .awaitingHello: hello(text)
        case .opening, .open:
            waiting.append(text)
            serve()
            updateReading()
        case .closing: break
        }
    }

    /// Reads as long as there is room for requests, and the client takes what it is sent.
    private func updateReading() {
        guard let context else { return }
        let shouldRead: Bool
        if case .closing = state {
            // The client's own close frame may wait in the socket.
            shouldRead = true
        } else {
            shouldRead = context.channel.isWritable && waiting.count < Self.maximumWaiting
        }
        guard shouldRead != isReading else { return }
        isReading = shouldRead
        try? context.channel.syncOptions?.setOption(.autoRead, value: shouldRead)
        // The channel's own read may be held back by the HTTP side behind.
        if shouldRead { context.read() }
    }

    // MARK: Opening

    private func hello(_ text: [UInt8]) {
        guard let request = try? SocketRequest(text), request.op == "hello",
            let token = request.data?["token"]?.string
        else { return close(.notARequest) }
        let cursor = request.data?["cursor"]?.string
        state = .opening
        run({ hub in try await hub.identify(token: token, cursor: cursor) }) { handler, result in
            switch result {
            case .success(let identity): handler.open(identity)
            case .failure(let error as Problem) where error.status < 500: handler.close(.badToken)
            case .failure: handler.close(.internalError)
            }
        }
    }

    private func open(_ identity: SocketIdentity) {
        guard let context else { return }
        state = .opening
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        do {
            // Armed before the welcome is read, so that nothing falls between.
            session = try SocketSession(
                identity, hub.services,
                wake: { eventLoop.execute { bound.value.pump() } },
                end: { end in eventLoop.execute { bound.value.close(end == .restart ? .restart : .superseded) } })
        } catch {
            return close(.tooManyConnections)
        }
        run({ hub in try await hub.welcome(identity) }) { handler, result in
            switch result {
            case .success(let welcome):
                handler.session?.cursor = welcome.cursor
                handler.state = .open
                handler.send(SocketFrame.event(welcome.json))
                handler.pump()
                handler.serve()
            case .failure(let error as Problem) where error.status == 401: handler.close(.superseded)
            case .failure: handler.close(.internalError)
            }
        }
    }

    // MARK: Requests

    private func serve() {
        guard case .open = state, !isBusy, let session, !waiting.isEmpty, context?.channel.isWritable == true
        else { return }
        let text = waiting.removeFirst()
        guard let request = try? SocketRequest(text) else { return close(.notARequest) }
        isBusy = true
        let principal = session.identity.principal
        run({ hub in await hub.answer(request, for: principal) }) { handler, result in
            handler.isBusy = false
            if case .success(let answer) = result { handler.send(answer) }
            handler.serve()
            handler.updateReading()
        }
    }

    // MARK: Events

    /// Writes what there is, as far as the client reads.
    private func pump() {
        guard case .open = state, let context, let session else { return }
        guard !isPumping else {
            isWakePending = true
            return
        }
        while context.channel.isWritable {
            do {
                guard let batch = try session.readNewest(hub.services) else { return readStored(session.cursor) }
                write(batch)
                if !batch.page.hasMore { return }
            } catch {
                return close(.slowReader)
            }
        }
    }

    /// Reads what only the database has.
    private func readStored(_ cursor: Cursor) {
        guard let participant = session?.identity.participant else { return }
        isPumping = true
        run({ hub in
            try await hub.services.feed.read(after: cursor, for: participant, limit: Self.batch)
        }) { handler, result in
            handler.isPumping = false
            switch result {
            case .success(let page):
                let presences = handler.hub.services.presence.takePending(for: participant.deviceId)
                handler.write(EventBatch(page, presences: presences))
                if page.hasMore || handler.isWakePending { handler.pump() }
                handler.isWakePending = false
            case .failure: handler.close(.slowReader)
            }
        }
    }

    private func write(_ batch: EventBatch) {
        session?.cursor = batch.page.cursor
        guard let context, !batch.isEmpty else { return }
        batch.forEach(at: hub.services.time.now) { _, _, json in
            context.write(wrapOutboundOut(frame(SocketFrame.event(json))), promise: nil)
        }
        context.flush()
    }

    // MARK: Writing

    private func frame(_ text: [UInt8]) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: text))
    }

    private func send(_ text: [UInt8]) { send(frame(text)) }

    private func send(_ frame: WebSocketFrame) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func close(_ code: CloseCode) {
        guard let context else { return }
        if case .closing = state { return }
        state = .closing(since: .now())
        waiting = []
        session?.end(hub.services)
        session = nil
        var data = context.channel.allocator.buffer(capacity: 32)
        data.write(webSocketErrorCode: code.webSocketErrorCode)
        data.writeString(code.reason)
        send(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
        updateReading()
    }

    /// Runs work elsewhere and comes back to the event loop, if the socket is still there.
    private func run<Value: Sendable>(
        _ work: @escaping @Sendable (SocketHub) async throws -> Value,
        then: @escaping (SocketHandler, Result<Value, any Error>) -> Void
    ) {
        guard let context else { return }
        let (eventLoop, hub) = (context.eventLoop, hub)
        eventLoop.makeFutureWithTask { try await work(hub) }.assumeIsolated().whenComplete { result in
            guard self.context != nil else { return }
            if case .closing = self.state { return }
            then(self, result)
        }
    }
}
