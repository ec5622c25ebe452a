import NIOCore
import NIOHTTP1
import RingbackCore

/// Answers long-polls and writes to calls on the event loop, without a task and without the HTTP side, as long as a
/// connection has nothing else.
///
/// It stands before the gate. The first request of another kind, and one that has to be refused before the store was asked,
/// goes on to the gate with all that comes behind, and this handler leaves.
final class DirectHandler: ChannelDuplexHandler, RemovableChannelHandler, LoopRecipient, LoopKept {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Tells the gate that a request has come.
    struct Began {}

    /// How long a connection may be silent between two polls.
    private static let idleTime: TimeAmount = .seconds(75)
    /// How long a request's body may take.
    private static let bodyTime: TimeAmount = .seconds(20)

    let desk: DirectDesk
    var context: ChannelHandlerContext?
    /// The request that is being received, or waits for its answer.
    var exchange: Exchange?
    /// What came behind the request. While there is something, nothing more is read.
    private var held = CircularBuffer<HTTPServerRequestPart>()
    /// What the gate is to hear when the request is answered: the client has said its last word, or the server stops.
    private(set) var heldEvents: [Any] = []
    private var isReadHeld = false
    private var isReplaying = false
    private var hasLeft = false
    private var isKept = false
    private var idleSince = NIODeadline.now()

    init(desk: DirectDesk) { self.desk = desk }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { drop() }

    func channelInactive(context: ChannelHandlerContext) {
        drop()
        context.fireChannelInactive()
    }

    private func drop() {
        if isKept, let context { desk.keeper.remove(self, on: context.eventLoop) }
        isKept = false
        end()
        held = []
        context = nil
    }

    private func end() {
        (exchange as? Poll)?.seat?.leave(desk.services)
        exchange = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What can't be read comes behind a request: there is no answering it in its turn.
        if exchange != nil { context.close(promise: nil) } else { context.fireErrorCaught(error) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let exchange, exchange.isWhole,
            event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed
        else { return context.fireUserInboundEventTriggered(event) }
        heldEvents.append(event)
        if let poll = exchange as? Poll { read(poll) }
    }

    func look(at now: NIODeadline) {
        if let exchange {
            if !exchange.isWhole, now - exchange.begun > Self.bodyTime { context?.close(promise: nil) }
            if let poll = exchange as? Poll, poll.isWhole, poll.deadline <= now { read(poll) }
        } else if now - idleSince > Self.idleTime {
            context?.close(promise: nil)
        }
    }

    func take(_ letter: LoopOutbox.Letter) {
        switch letter {
        case .done(let job): if let write = exchange as? CallWrite { answered(write, job.result) }
        case .wake, .end, .answer:
            guard let poll = exchange as? Poll, poll.seat != nil else { return }
            if case .end = letter { poll.hasEnded = true }
            read(poll)
        }
    }

    func sendCollected() { context?.flush() }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasLeft else { return context.fireChannelRead(data) }
        let part = unwrapInboundIn(data)
        // In its turn, and not before the client has taken the answers that it was sent.
        if !isReplaying, !held.isEmpty || exchange == nil && !context.channel.isWritable { return held.append(part) }
        switch (part, exchange) {
        case (.head(let head), nil):
            guard let exchange = desk.exchange(for: head) else { return leave(behind: [part]) }
            self.exchange = exchange
            keep(context)
            context.fireUserInboundEventTriggered(Began())
        case (.body(var bytes), let write as CallWrite) where !write.isWhole: write.body.writeBuffer(&bytes)
        case (.end, let exchange?) where !exchange.isWhole:
            exchange.isWhole = true
            if let poll = exchange as? Poll { begin(poll) }
            if let write = exchange as? CallWrite { begin(write) }
        default: held.append(part)
        }
    }

    private func keep(_ context: ChannelHandlerContext) {
        guard !isKept else { return }
        isKept = true
        desk.keeper.add(self, on: context.eventLoop)
    }

    func read(context: ChannelHandlerContext) {
        if held.isEmpty, context.channel.isWritable { context.read() } else { isReadHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { replay() }
        context.fireChannelWritabilityChanged()
    }

    /// Sends the answer to the request, and turns to what came behind it.
    func send(_ answer: Answer, to exchange: Exchange) {
        send(desk.head(of: answer), answer.body, to: exchange)
    }

    func send(_ head: HTTPResponseHead, _ body: [UInt8], to exchange: Exchange) {
        guard let context else { return }
        end()
        idleSince = .now()
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        context.flush()
        desk.served(exchange, status: Int(head.status.code))
        replay()
    }

    private func replay() {
        guard !isReplaying, let context else { return }
        isReplaying = true
        while !held.isEmpty, exchange?.isWhole != true, !hasLeft, context.channel.isWritable {
            channelRead(context: context, data: wrapInboundOut(held.removeFirst()))
        }
        isReplaying = false
        guard exchange?.isWhole != true, !hasLeft, context.channel.isWritable else { return }
        resumeReading(context)
        fireHeldEvents(context)
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeld else { return }
        isReadHeld = false
        context.read()
    }

    private func fireHeldEvents(_ context: ChannelHandlerContext) {
        guard !heldEvents.isEmpty else { return }
        context.flush()
        let events = heldEvents
        heldEvents = []
        for event in events { context.fireUserInboundEventTriggered(event) }
    }

    /// Leaves a request that is not for here to the HTTP side.
    func passOn(_ exchange: Exchange) {
        end()
        var parts: [HTTPServerRequestPart] = [.head(exchange.head)]
        if let write = exchange as? CallWrite, write.body.readableBytes > 0 { parts.append(.body(write.body)) }
        leave(behind: parts + [.end(nil)])
    }

    /// Runs work elsewhere and comes back to the event loop, if the request is still there. What fails is passed on.
    func run<Value: Sendable>(
        _ exchange: Exchange, _ work: @escaping @Sendable (DirectDesk) async throws -> Value,
        then: @escaping (DirectHandler, Value) -> Void
    ) {
        guard let context else { return }
        let (eventLoop, desk) = (context.eventLoop, desk)
        eventLoop.makeFutureWithTask { try await work(desk) }.assumeIsolated().whenComplete { result in
            guard self.exchange === exchange else { return }
            switch result {
            case .success(let value): then(self, value)
            case .failure: self.passOn(exchange)
            }
        }
    }

    private func leave(behind parts: [HTTPServerRequestPart]) {
        guard let context else { return }
        hasLeft = true
        let all = parts + held
        held = []
        for part in all { context.fireChannelRead(wrapInboundOut(part)) }
        context.fireChannelReadComplete()
        resumeReading(context)
        fireHeldEvents(context)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
