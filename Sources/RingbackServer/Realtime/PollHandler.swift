import NIOCore
import NIOHTTP1
import RingbackCore

/// Answers the long-polls of a connection that has nothing else, without a task and without the HTTP side.
///
/// It stands before the gate. The first request that is not a plain poll, and a poll that has to be refused, goes on to the
/// gate with all that comes behind, and this handler leaves.
final class PollHandler: ChannelDuplexHandler, RemovableChannelHandler, LoopRecipient, LoopKept {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Tells the gate that a request has come.
    struct Began {}

    /// How long a connection may be silent between two polls.
    private static let idleTime: TimeAmount = .seconds(75)

    let desk: PollDesk
    var context: ChannelHandlerContext?
    /// The poll that is being received, or waits.
    var poll: Poll?
    /// What came behind the poll. While there is something, nothing more is read.
    private var held: [HTTPServerRequestPart] = []
    /// What the gate is to hear when the poll is answered: the client has said its last word, or the server stops.
    private(set) var heldEvents: [Any] = []
    private var isReadHeld = false
    private var isReplaying = false
    private var hasLeft = false
    private var isKept = false
    private var isCollecting = false
    private var idleSince = NIODeadline.now()

    init(desk: PollDesk) { self.desk = desk }

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
        poll?.seat?.leave(desk.services)
        poll = nil
        held = []
        context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What can't be read comes behind a poll: there is no answering it in its turn.
        if poll != nil { context.close(promise: nil) } else { context.fireErrorCaught(error) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let poll, poll.isWhole, event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed
        else { return context.fireUserInboundEventTriggered(event) }
        heldEvents.append(event)
        read(poll)
    }

    func look(at now: NIODeadline) {
        if let poll {
            if poll.isWhole, poll.deadline <= now { read(poll) }
        } else if now - idleSince > Self.idleTime {
            context?.close(promise: nil)
        }
    }

    func take(_ letter: LoopOutbox.Letter) {
        isCollecting = true
        guard let poll, poll.seat != nil else { return }
        if case .end = letter { poll.hasEnded = true }
        read(poll)
    }

    func sendCollected() {
        isCollecting = false
        context?.flush()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasLeft else { return context.fireChannelRead(data) }
        let part = unwrapInboundIn(data)
        // In its turn, and not before the client has taken the answers that it was sent.
        if !isReplaying, !held.isEmpty || poll == nil && !context.channel.isWritable { return held.append(part) }
        switch part {
        case .head(let head) where poll == nil:
            guard let request = PollRequest(head) else { return leave(behind: [part]) }
            poll = Poll(head, request)
            keep(context)
            context.fireUserInboundEventTriggered(Began())
        case .end where poll?.isWhole == false:
            guard let poll else { return }
            poll.isWhole = true
            begin(poll)
        case .body where poll?.isWhole == false: break
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

    /// Sends an answer, and turns to what came behind the poll.
    func send(_ answer: Answer, to poll: Poll) {
        guard let context else { return }
        poll.seat?.leave(desk.services)
        self.poll = nil
        idleSince = .now()
        context.write(wrapOutboundOut(.head(desk.head(of: answer))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        context.flush()
        desk.served(since: poll.start)
        replay()
    }

    private func replay() {
        guard !isReplaying, let context else { return }
        isReplaying = true
        while !held.isEmpty, poll?.isWhole != true, !hasLeft, context.channel.isWritable {
            channelRead(context: context, data: wrapInboundOut(held.removeFirst()))
        }
        isReplaying = false
        guard poll?.isWhole != true, !hasLeft, context.channel.isWritable else { return }
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

    /// Leaves a poll that is not for here to the HTTP side.
    func passOn(_ poll: Poll) {
        poll.seat?.leave(desk.services)
        self.poll = nil
        leave(behind: [.head(poll.head), .end(nil)])
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
