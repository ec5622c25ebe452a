import NIOCore
import RingbackCore
import RingbackModel

/// One WebSocket (RFC 6455), all of its state on the event loop, without a task or timer while it is idle.
///
/// Requests are answered in their order; events are written as far as the client reads. A client that falls behind lags in
/// the log, not in memory.
final class SocketHandler: ChannelInboundHandler, RemovableChannelHandler, LoopRecipient, LoopKept {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let helloTime: TimeAmount = .seconds(10)
    static let pingTime: TimeAmount = .seconds(Int64(Welcome.pingSeconds))
    static let deadTime: TimeAmount = .seconds(60)
    static let slowTime: TimeAmount = .seconds(30)
    static let closeTime: TimeAmount = .seconds(2)
    static let maximumWaiting = 64
    /// Changes that are on their way to the store at a time.
    static let maximumPending = 16
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
    var reader = FrameReader()
    var message = SocketMessage()
    var waiting: [[UInt8]] = []
    /// A request that waits for the answers of those before it.
    var held: SocketWork?
    /// How many changes the store has not answered.
    var pending = 0
    /// A request is under way that those behind it have to wait for.
    var isBusy = false
    var isReading = true
    var isPumping = false
    var isWakePending = false
    var lastHeard = NIODeadline.now()
    var lastPing = NIODeadline.now()
    var unwritableSince: NIODeadline?
    var isWritable = true
    var context: ChannelHandlerContext?
    /// Where other threads put what they have for this socket.
    var address: LoopAddress?
    /// Frames that have not left.
    var written: ByteBuffer?
    /// Frames leave together, with ``sendCollected()``.
    var isCollecting = false

    init(hub: SocketHub, identity: SocketIdentity?) {
        self.hub = hub
        self.identity = identity
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
        address = hub.outboxes.address(of: self, on: context.eventLoop)
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
        held = nil
        written = nil
        address = nil
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(.restart)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        unwritableSince = isWritable ? nil : .now()
        if isWritable {
            pump()
            serve()
        }
        updateReading()
        context.fireChannelWritabilityChanged()
    }

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
                send { $0.writeFrame(.ping) }
            }
        default: break
        }
    }

    // MARK: Writing

    /// Writes frames. They leave at once, or with others.
    func send(_ write: (inout ByteBuffer) -> Void) {
        guard context != nil else { return }
        var buffer = written ?? ByteBuffer()
        written = nil
        write(&buffer)
        written = buffer
        if !isCollecting { flush() }
    }

    func flush() {
        guard let buffer = written else { return }
        written = nil
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func take(_ letter: LoopOutbox.Letter) {
        isCollecting = true
        switch letter {
        case .wake: pump()
        case .answer(let label, let job): answered(label, job.result)
        case .done: break
        case .end(let end): close(end == .restart ? .restart : .superseded)
        }
    }

    func sendCollected() {
        isCollecting = false
        flush()
    }

    func close(_ code: CloseCode) {
        guard context != nil else { return }
        if case .closing = state { return }
        state = .closing(since: .now())
        waiting = []
        held = nil
        session?.end(hub.services)
        session = nil
        send { $0.writeCloseFrame(code) }
        flush()
        updateReading()
    }

    /// Runs work elsewhere and comes back to the event loop, if the socket is still there.
    func run<Value: Sendable>(
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
