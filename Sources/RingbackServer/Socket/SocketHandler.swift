import NIOCore
import RingbackCore
import RingbackModel

/// Handles one WebSocket (RFC 6455): carries out what ``WebSocketConnection`` decides. It is confined to the event
/// loop, and an idle socket needs no task and no timer.
///
/// Events are written as fast as the client reads. Those that a slow client has not taken remain in the log, not in
/// memory.
final class SocketHandler: ChannelInboundHandler, RemovableChannelHandler, LoopRecipient, LoopTicked, EventSink {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The number of events read at a time.
    static let batch = 100

    let hub: SocketHub
    /// The client that presented a token or a ticket in the request for the upgrade.
    private let identity: SocketIdentity?
    /// Where the upgrade's request came from.
    let source: IPAddress?
    /// Where the client sees the server.
    let basePath: BasePath
    var connection = WebSocketConnection(at: .now())
    /// The session, once the device is known and until the socket closes.
    var session: SocketSession?
    private(set) var context: ChannelHandlerContext?
    /// The address at which other threads put messages for this socket.
    private(set) var address: LoopAddress?
    /// Puts the store's answer to a change at ``address``.
    private(set) var whenAnswered: (@Sendable (CallJob) -> Void)?
    /// Frames that have not been sent.
    private var written: ByteBuffer?
    private var memory: HeldMemory
    /// Frames leave together, with ``flushMessages()``.
    var isCollecting = false

    init(hub: SocketHub, identity: SocketIdentity?, source: IPAddress?, basePath: BasePath) {
        self.hub = hub
        self.source = source
        memory = HeldMemory(hub.services.memory)
        self.basePath = basePath
        self.identity = identity
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection.writabilityChanged(isWritable: context.channel.isWritable, at: .now())
        let address = hub.inboxes.address(of: self, on: context.eventLoop)
        self.address = address
        whenAnswered = { address.put(.answered($0)) }
        hub.ticker.add(self, on: context.eventLoop)
        hub.opened()
        if let identity { open(identity) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { drop() }

    func channelInactive(context: ChannelHandlerContext) {
        drop()
        context.fireChannelInactive()
    }

    private func drop() {
        guard let context else { return }
        hub.ticker.remove(self, on: context.eventLoop)
        hub.closed()
        session?.pump.stop()
        session = nil
        _ = connection.close(at: .now())
        memory.clear()
        written = nil
        address = nil
        whenAnswered = nil
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
        connection.writabilityChanged(isWritable: context.channel.isWritable, at: .now())
        noteMemory()
        if connection.isWritable {
            session?.pump.pump()
            serve()
        }
        updateReading()
        context.fireChannelWritabilityChanged()
    }

    func tick(at now: NIODeadline) {
        guard let context else { return }
        if connection.endPause(at: now, monotonic: hub.services.time.monotonic) {
            isCollecting = true
            serve()
            flushMessages()
            updateReading()
        }
        switch connection.due(at: now, wall: hub.services.time.now) {
        case .ping: send { $0.writeFrame(.ping) }
        case .close(let code): close(code)
        case .disconnect: context.close(promise: nil)
        case nil: break
        }
    }

    // MARK: Writing

    /// Writes frames, which are sent at once or held back.
    func send(_ write: (inout ByteBuffer) -> Void) {
        guard context != nil, var buffer = written.take() ?? address?.buffers.take() else { return }
        write(&buffer)
        written = buffer
        if !isCollecting { flush() }
    }

    private func flush() {
        guard let buffer = written.take() else { return }
        let buffers = address?.buffers
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        buffers?.giveBack(buffer)
    }

    func receive(_ message: LoopMessage) {
        isCollecting = true
        switch message {
        case .wake: session?.pump.pump()
        case .overBudget:
            close(.slowReader)
            // It would not read the close frame.
            if !connection.isWritable { context?.close(promise: nil) }
        case .answered(let job): answered(job.result)
        case .end(let end, let number):
            if number == session?.pump.number { close(end == .restart ? .restart : .superseded) }
        }
    }

    func flushMessages() {
        // After several messages it is called several times.
        guard isCollecting else { return }
        isCollecting = false
        flush()
        noteMemory()
    }

    /// To be called when what is held may have changed.
    private func noteMemory() {
        guard let context, let address else { return }
        let options = connection.isWritable ? nil : context.channel.syncOptions
        let unsent = (try? options?.getOption(.bufferedWritableBytes)) ?? 0
        memory.set(connection.memory + unsent, of: session?.identity.participant.userId) {
            { address.put(.overBudget) }
        }
    }

    func close(_ code: CloseCode) {
        guard context != nil, connection.close(at: .now()) else { return }
        session?.pump.stop()
        session = nil
        send { $0.writeCloseFrame(code) }
        flush()
        updateReading()
    }

    // MARK: Events

    var takesEvents: Bool { connection.takesEvents }

    func deliver(_ batch: EventBatch) {
        let now = hub.services.time.now
        send { frames in
            batch.forEach(at: now) { event, cursor in frames.writeEventFrame(event, cursor: cursor, at: now) }
        }
        // Flushed, so that the channel's writability is up to date.
        if batch.page.hasMore { flush() }
    }

    func caughtUp() {}

    func waits(over error: any Error) -> Bool { error.isStorageUnavailable }

    /// The client reconnects with its cursor, and gets a snapshot if it has expired.
    func failed(_ error: any Error) { close(.slowReader) }

    /// Performs work outside the event loop and returns to it if the socket still exists.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (SocketHub) async throws -> Value,
        then: @escaping (SocketHandler, Result<Value, any Error>) -> Void
    ) {
        guard let context else { return }
        let (eventLoop, hub) = (context.eventLoop, hub)
        eventLoop.makeFutureWithTask { try await work(hub) }.assumeIsolated().whenComplete { result in
            guard self.context != nil, self.connection.phase != .closing else { return }
            then(self, result)
        }
    }
}
