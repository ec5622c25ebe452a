import NIOCore
import RingbackCore
import RingbackModel

/// The state of one WebSocket: who has been identified, the requests that are not answered, and how the socket closes.
///
/// A value: each method takes an event and returns what to do, which ``SocketHandler`` carries out. Requests are
/// answered in the order in which they arrived.
struct WebSocketConnection {
    enum Phase: Equatable {
        /// The client must send a hello.
        case awaitingHello
        /// The device is being authenticated, or the position to begin at is being read. Requests wait.
        case opening
        case open
        /// The close frame has been sent, and that of the client is awaited.
        case closing
    }

    /// The action for what the client has sent.
    enum Step {
        /// Authenticate the client with its first message, then call ``identified(until:)``.
        case hello([UInt8])
        /// A request has been added: take it with ``nextRequest(_:)``, if it may begin.
        case serve
        case pong([UInt8])
        /// The client closes: send a close frame with this code, and close the output.
        case answerClose(CloseCode)
        /// Close the connection, because both sides have sent a close frame.
        case disconnect
    }

    /// The action that is due at a time.
    enum Due: Equatable {
        case ping
        /// Send a close frame.
        case close(CloseCode)
        /// Close the connection, because the client has not closed it.
        case disconnect
    }

    /// The maximum time for the hello.
    static let helloTime: TimeAmount = .seconds(10)
    /// The time between two pings.
    static let pingTime: TimeAmount = .seconds(Int64(Welcome.pingSeconds))
    /// The maximum time during which a client sends nothing.
    static let deadTime: TimeAmount = .seconds(60)
    /// The maximum time during which a client does not read.
    static let slowTime: TimeAmount = .seconds(30)
    /// The maximum time for the client's close frame.
    static let closeTime: TimeAmount = .seconds(2)
    /// What is read of a client while its close frame is awaited. One that sends more may not get ours.
    static let maximumDropped = 1024 * 1024

    private(set) var phase = Phase.awaitingHello
    /// When the socket was opened or began to close.
    private var since: NIODeadline
    /// When the sign-in of the client expires, once the client is identified.
    private var expiresAt: Timestamp?
    private var reader = FrameReader()
    private var message = SocketMessage()
    private var queue = SocketQueue()
    private var refusedMessages = RefusedMessages()
    /// Bytes that have arrived since the socket began to close.
    private var dropped = 0
    private var lastHeard: NIODeadline
    private var lastPing: NIODeadline
    private var unwritableSince: NIODeadline?
    private var isReading = true

    init(at now: NIODeadline) { (since, lastHeard, lastPing) = (now, now, now) }

    // MARK: Frames

    /// Takes bytes that have arrived. Call ``nextStep()`` until it returns `nil`.
    ///
    /// - Returns: `false` if the client keeps sending while its close frame is awaited, so that the connection must be
    ///   closed.
    mutating func received(_ bytes: ByteBuffer, at now: NIODeadline) -> Bool {
        lastHeard = now
        if phase == .closing {
            dropped += bytes.readableBytes
            if dropped > Self.maximumDropped { return false }
        }
        reader.append(bytes)
        return true
    }

    /// The action for the next frames, or `nil` if no further frame is complete.
    ///
    /// - Throws: The code to close with.
    mutating func nextStep() throws(CloseCode) -> Step? {
        while let frame = try reader.next() {
            switch frame.opcode {
            case .close: return phase == .closing ? .disconnect : .answerClose(Self.answer(toClose: frame.payload))
            case _ where phase == .closing: continue
            case .ping: return .pong(frame.payload)
            case .pong: continue
            case .text, .binary, .continuation:
                guard let text = try message.append(frame) else { continue }
                if phase == .awaitingHello {
                    phase = .opening
                    return .hello(text)
                }
                queue.append(text)
                return .serve
            }
        }
        return nil
    }

    /// The code to answer a close frame with.
    private static func answer(toClose payload: [UInt8]) -> CloseCode {
        let code = payload.prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
        if !payload.isEmpty, payload.count < 2 || !mayBeSent(code) { return .protocolError }
        // The rest of the payload is the reason, in UTF-8 (RFC 6455, section 5.5.1).
        return String(validating: payload.dropFirst(2), as: UTF8.self) == nil ? .notUTF8 : .normal
    }

    /// Whether an endpoint may send this code (RFC 6455, section 7.4).
    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    // MARK: Opening

    /// The client has been identified, by its hello or before the upgrade. What it may receive is read next.
    ///
    /// - Parameter expiresAt: When the sign-in expires, at which the socket is closed.
    mutating func identified(until expiresAt: Timestamp) {
        phase = .opening
        self.expiresAt = expiresAt
    }

    /// The welcome is sent next. Requests and events follow it.
    mutating func opened() { phase = .open }

    // MARK: Requests

    /// The next request, if it may begin: as far as the order of the answers permits, and while the client takes its
    /// answers and is not paused.
    ///
    /// - Parameter work: Determines what a message requires.
    mutating func nextRequest(
        _ work: ([UInt8]) throws(NotARequest) -> SocketWork
    ) throws(NotARequest) -> SocketWork? {
        guard takesEvents, !refusedMessages.isPaused else { return nil }
        return try queue.next(work)
    }

    /// The store has answered the oldest change.
    ///
    /// - Returns: The request to answer, or `nil` if the socket no longer takes answers.
    mutating func answeredChange() -> SocketRequest.Label? {
        let label = queue.answeredChange()
        return phase == .open ? label : nil
    }

    /// The task of a request has ended.
    mutating func answeredTask() { queue.answeredTask() }

    /// A request was refused.
    ///
    /// - Parameter pause: Called if there are too many, for the end of the pause.
    mutating func noteRefusal(of request: SocketRequest.Label, status: Int, pause: () -> MonotonicTime) {
        refusedMessages.note(status: status, bytes: request.bytes, pause: pause)
    }

    /// Ends a pause, if it is time. Call about once a second, before ``due(at:wall:)``.
    ///
    /// - Returns: Whether a pause has ended. Requests that arrived before it are carried out first, and may begin
    ///   another.
    mutating func endPause(at now: NIODeadline, monotonic: MonotonicTime) -> Bool {
        guard refusedMessages.tick(at: monotonic) else { return false }
        // The client was not read meanwhile.
        lastHeard = now
        return true
    }

    // MARK: Closing

    /// Begins to close. Requests that have not begun are discarded.
    ///
    /// - Returns: Whether to send a close frame: `false` if the socket is closing already.
    mutating func close(at now: NIODeadline) -> Bool {
        guard phase != .closing else { return false }
        phase = .closing
        since = now
        queue.clear()
        return true
    }

    // MARK: The connection

    mutating func writabilityChanged(isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
    }

    var isWritable: Bool { unwritableSince == nil }

    /// Whether events and answers may be written.
    var takesEvents: Bool { phase == .open && isWritable }

    /// Whether to read: while there is room for requests, and the client takes its answers and slows down when they
    /// tell it to. While the socket closes, the client's close frame may be waiting.
    var wantsRead: Bool { phase == .closing || isWritable && queue.hasRoom && !refusedMessages.isPaused }

    /// Whether to begin or to stop reading; `nil` if nothing changes.
    mutating func readingChange() -> Bool? {
        guard wantsRead != isReading else { return nil }
        isReading.toggle()
        return isReading
    }

    /// Bytes of memory that unparsed frames and requests take, about.
    var memory: Int { queue.memory + reader.capacity }

    /// What is due now. Call about once a second.
    ///
    /// - Parameter wall: The same time by the clock that the sign-in expires by.
    mutating func due(at now: NIODeadline, wall: Timestamp) -> Due? {
        switch phase {
        case .awaitingHello: return now - since > Self.helloTime ? .close(.helloTimeout) : nil
        case .opening: return nil
        case .open:
            if let unwritableSince, now - unwritableSince > Self.slowTime { return .close(.slowReader) }
            if now - lastHeard > Self.deadTime { return .close(.noPong) }
            if let expiresAt, expiresAt <= wall { return .close(.badToken) }
            guard now - lastPing > Self.pingTime else { return nil }
            lastPing = now
            return .ping
        case .closing: return now - since > Self.closeTime ? .disconnect : nil
        }
    }
}
