import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// Handles one HTTP connection: takes its requests one after the other, answers each on the event loop, and hands the
/// connection over to a ``SocketHandler`` after an upgrade.
///
/// ``HTTPConnection`` decides what to do; this class does it.
final class HTTPHandler: ChannelDuplexHandler, RemovableChannelHandler, LoopRecipient, LoopTicked {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let frontEnd: HTTPFrontEnd
    let codec: HTTPCodec
    /// The address of the other end of the connection.
    let peer: IPAddress?
    /// This connection in the list of open connections.
    let place: OpenConnection
    var connection = HTTPConnection(at: .now())
    private(set) var context: ChannelHandlerContext?
    /// The request that is being received or answered.
    var request: PendingRequest?
    /// The current long poll or stream.
    var delivery: EventDelivery?
    /// The token of the last request, its sender, and the value of ``SessionService/removals`` then. The requests of a
    /// connection usually have the same token.
    var lastToken: (token: String, principal: SessionService.Principal, removals: UInt64)?
    private var ownAddress: LoopAddress?
    private var memory: HeldMemory
    /// Whose request was answered last.
    private var lastUser: UserID?
    private var isReadHeld = false
    /// Whether more parts of the current read will follow.
    private(set) var isInRead = false
    /// Whether the client waits for `100 Continue`.
    var awaitsContinue = false
    private var isOutputClosed = false
    /// The input can't be parsed, and the last request that has arrived is not complete.
    private var isBroken = false
    private var isProceeding = false
    private var refused = RefusedMessages()
    /// Who sent the last request, if it was refused for its rate.
    private var refusedSender: RefusalPauses.Sender?

    init(frontEnd: HTTPFrontEnd, codec: HTTPCodec, peer: IPAddress?, connection place: OpenConnection) {
        self.frontEnd = frontEnd
        self.codec = codec
        self.peer = peer
        self.place = place
        memory = HeldMemory(frontEnd.services.memory)
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        frontEnd.ticker.add(self, on: context.eventLoop)
        #if os(Linux)
            // TCP_USER_TIMEOUT detects a client that has vanished while data is being sent to it.
            try? context.channel.syncOptions?.setOption(.tcpOption(.init(rawValue: 18)), value: 60_000)
        #endif
    }

    func handlerRemoved(context: ChannelHandlerContext) { drop() }

    func channelInactive(context: ChannelHandlerContext) {
        drop()
        context.fireChannelInactive()
    }

    private func drop() {
        guard let context else { return }
        frontEnd.ticker.remove(self, on: context.eventLoop)
        finishRequest()
        memory.clear()
        ownAddress = nil
        self.context = nil
    }

    private func finishRequest() {
        delivery?.pump?.stop()
        delivery = nil
        request = nil
    }

    /// The address at which other threads put messages for this connection.
    func address(_ context: ChannelHandlerContext) -> LoopAddress {
        let address = ownAddress ?? frontEnd.inboxes.address(of: self, on: context.eventLoop)
        ownAddress = address
        return address
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        connection.end(nothingMoreComes: !(event is ChannelShouldQuiesceEvent))
        endDelivery()
        proceed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        codec.received.isDropping = true
        // Data after a request with `Connection: close` is ignored (RFC 9112, section 9.6).
        if error == .closedConnection { return }
        switch connection.phase {
        case .idle where connection.hasWaiting:
            connection.end(nothingMoreComes: true)
            proceed()
        case .idle, .receiving: refuseInput(error)
        // Earlier requests are answered. The beginning of the next one can't be found.
        case .checking, .answering, .discarding:
            isBroken = true
            connection.end(nothingMoreComes: true)
            proceed()
        case .closing, .upgraded: break
        }
    }

    private func refuseInput(_ error: HTTPParserError) {
        connection.endWithAnswer()
        let problem =
            error == .headerOverflow
            ? Problem(.payloadTooLarge, "The header fields are too large.", status: 431)
            : Problem(.invalidRequest, "The request is not valid HTTP/1.1.", status: 400)
        send(HTTPResponse(problem))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        connection.writabilityChanged(isWritable: context.channel.isWritable, at: .now())
        noteMemory()
        if context.channel.isWritable {
            delivery?.pump?.pump()
            proceed()
        }
        context.fireChannelWritabilityChanged()
    }

    func tick(at now: NIODeadline) {
        if connection.phase == .closing, hasUnsent { connection.isStillSending(at: now) }
        guard !connection.isOverdue(at: now) else {
            context?.close(promise: nil)
            return
        }
        tickDelivery(at: now)
        if refused.tick(at: frontEnd.services.time.monotonic) { connection.isPaused = false }
        if connection.phase == .closing { closeOutput() } else { proceed() }
    }

    func receive(_ message: LoopMessage) {
        switch message {
        case .answered(let job): answered(job.result)
        case .wake: delivery?.pump?.pump()
        case .overBudget: context?.close(promise: nil)
        case .end(_, let number): if number == delivery?.pump?.number { endDelivery() }
        }
    }

    /// Every response was sent separately.
    func flushMessages() {}

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isInRead = true
        let part = unwrapInboundIn(data)
        codec.received.decoded(part)
        perform(connection.received(part, at: .now()))
        if connection.isOver { proceed() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInRead = false
        noteDiscarded()
        sendContinue()
        if connection.isTooLong(received: codec.received.count) { perform(.refuseSize) }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if connection.wantsRead { context.read() } else { isReadHeld = true }
    }

    private func perform(_ step: HTTPConnection.Step) {
        switch step {
        case .wait: break
        case .check(let head): check(head)
        case .append(let bytes):
            request?.append(bytes)
            noteMemory()
        case .answer:
            // A request that is upgraded is not answered here.
            if connection.hasStoppedDecoder { codec.received.isDropping = true }
            if let request { confirm(request) { self.answer(request) } }
        case .refuseSize:
            connection.endWithAnswer()
            if connection.phase == .receiving {
                send(HTTPResponse(RequestFields.tooLarge(connection.bodyLimit)))
            } else {
                context?.close(promise: nil)
            }
        case .linger: linger()
        }
    }

    /// Continues with what has arrived and waits.
    func proceed() {
        guard !isProceeding, let context else { return }
        isProceeding = true
        while self.context != nil, let step = connection.next(at: .now()) { perform(step) }
        isProceeding = false
        guard self.context != nil else { return }
        if isBroken, connection.isOver, connection.phase == .receiving { refuseInput(.unknown) }
        if connection.isOver {
            // Otherwise the tick does it later.
            if !hasUnsent { context.close(promise: nil) }
            return
        }
        guard isReadHeld, connection.wantsRead else { return }
        isReadHeld = false
        context.read()
    }

    /// Whether bytes of an answer have not left.
    private var hasUnsent: Bool { unsentBytes > 0 }

    private var unsentBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)).flatMap(\.self) ?? 0
    }

    /// To be called when what is held may have changed.
    func noteMemory() {
        guard let context else { return }
        let held = (request?.bodyBytes ?? 0) + (connection.isWritable ? 0 : unsentBytes)
        memory.set(held, of: request?.principal?.userId ?? lastUser) {
            let address = address(context)
            return { address.put(.overBudget) }
        }
    }

    /// Closes the output once the last response has been sent, and lets the client read it. Closing earlier would
    /// discard what has not been sent.
    private func closeOutput() {
        guard !isOutputClosed, !hasUnsent, let context else { return }
        isOutputClosed = true
        context.close(mode: .output, promise: nil)
    }

    private func linger() {
        codec.received.isDropping = true
        closeOutput()
        proceed()
    }

    // MARK: Answers

    private func answer(_ request: PendingRequest) {
        switch request.route {
        case .operation(let operation): perform(operation, request)
        case .poll(let operation): beginPoll(operation, request)
        case .stream: beginStream(request)
        case .socket:
            send(.upgradeRequired("This resource requires an upgrade to a WebSocket (RFC 6455, section 4.1)."))
        // The links of the page are relative to its path.
        case .page(let page) where page.id == .getDocs && request.path.hasSuffix("/"): send(.redirect(to: "../docs"))
        case .page(let page):
            let (parameters, fields) = (request.parameters, request.fields)
            run(request, { _ in try await page.response(parameters, fields) }) { self.send($0) }
        case nil: break
        }
    }

    private func perform(_ operation: Operation, _ request: PendingRequest) {
        guard let context else { return }
        do {
            let source = source(of: request, for: operation)
            try frontEnd.dispatcher.admit(
                bytes: request.bodyBytes, of: operation, by: request.principal, from: source)
            let asked = try request.operationRequest(operation, from: source)
            switch operation.work {
            case .change(let change):
                let address = address(context)
                frontEnd.services.submit(try change(asked), from: asked.source) { address.put(.answered($0)) }
            case .task(let handle):
                let dispatcher = frontEnd.dispatcher
                run(request, { _ in try await dispatcher.perform(asked, handle) }) { self.send(HTTPResponse($0)) }
            }
        } catch {
            refuse(request, error)
        }
    }

    /// The store has answered a change.
    private func answered(_ result: Result<Answer, any Error>) {
        guard let request else { return }
        switch result {
        case .success(let answer): send(HTTPResponse(answer))
        case .failure(let error): refuse(request, error)
        }
    }

    func refuse(_ request: PendingRequest, _ error: any Error) {
        send(HTTPResponse(frontEnd.problem(for: error, request)))
    }

    /// Sends the response to the current request and continues with the next one.
    func send(_ response: HTTPResponse) {
        guard let context else { return }
        var response = response
        response.resolve(under: request?.basePath ?? frontEnd.services.settings.basePath)
        // Whether the client sends the body depends on this response, so the next request can't be found.
        if request?.fields.expect != nil, connection.phase == .checking { connection.endWithAnswer() }
        let head = frontEnd.heads.head(
            of: response, to: request?.fields, isHTTP10: request?.isHTTP10 ?? false,
            closes: connection.closesWithAnswer())
        let body = request?.isHead == true ? [] : response.body
        var buffer = context.channel.allocator.buffer(capacity: body.count + 512)
        buffer.write(head)
        buffer.writeBytes(body)
        finishAnswer(status: response.status, buffer)
    }

    /// - Parameter end: The rest of the response.
    func finishAnswer(status: Int, _ end: ByteBuffer) {
        guard let context else { return }
        if let request { frontEnd.answered(request, status: status) }
        lastUser = request?.principal?.userId
        noteStatus(status)
        finishRequest()
        context.writeAndFlush(wrapOutboundOut(end), promise: nil)
        noteMemory()
        let now = NIODeadline.now()
        switch connection.answered(at: now) {
        case .linger: linger()
        case .readOn:
            place.becameIdle(at: now)
            proceed()
        }
    }

    /// Counts a response with status 429, and pauses the connection after too many of them. The connection of a proxy
    /// is never paused, because it carries the requests of many clients.
    private func noteStatus(_ status: Int) {
        let bytes = codec.received.take()
        refusedSender = nil
        guard status == 429, let peer, !frontEnd.isProxy(peer) else { return }
        let sender = lastUser.map { RefusalPauses.Sender.user($0) } ?? .address(peer.subscriber)
        refusedSender = sender
        refused.note(status: status, bytes: bytes) { beginPause(sender) }
        connection.isPaused = refused.isPaused
    }

    /// Counts the body of a refused request, which arrives after the response and is discarded.
    private func noteDiscarded() {
        guard let refusedSender, connection.phase == .discarding else { return }
        refused.note(bytes: codec.received.take()) { beginPause(refusedSender) }
        connection.isPaused = refused.isPaused
    }

    private func beginPause(_ sender: RefusalPauses.Sender) -> MonotonicTime {
        frontEnd.services.pauses.begin(sender, at: frontEnd.services.time.monotonic)
    }

    /// Performs work outside the event loop and returns to it if the request still exists. Errors are reported to the
    /// client.
    func run<Value: Sendable>(
        _ request: PendingRequest, _ work: @escaping @Sendable (Services) async throws -> Value,
        then: @escaping (Value) -> Void
    ) {
        guard let context else { return }
        let services = frontEnd.services
        context.eventLoop.makeFutureWithTask { try await work(services) }.assumeIsolated().whenComplete { result in
            guard self.request === request else { return }
            switch result {
            case .success(let value): then(value)
            case .failure(let error): self.refuse(request, error)
            }
        }
    }
}
