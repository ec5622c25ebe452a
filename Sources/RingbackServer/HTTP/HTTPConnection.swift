import NIOCore
import NIOHTTP1
import RingbackModel

/// The state of one HTTP/1 connection: the current request, what has arrived after it, and how the connection ends.
///
/// A value: each method takes an event and returns what to do, which ``HTTPHandler`` carries out. Requests are answered
/// one at a time, in the order in which they arrived (RFC 9112, section 9.3).
struct HTTPConnection {
    enum Phase: Equatable {
        /// There is no request.
        case idle
        /// The head has arrived, and the request is being authenticated. The body is not read yet.
        case checking
        /// The body is being received.
        case receiving
        /// The request is complete, and the response is being prepared.
        case answering
        /// The response was sent before the end of the request. The rest of the request is read and discarded.
        case discarding
        /// The last response was sent and the output is closed. The client has time to read the response.
        case closing
        /// The connection is a WebSocket.
        case upgraded
    }

    /// The action for a part of a request.
    enum Step {
        /// Do nothing.
        case wait
        /// Check and authenticate the request, then call ``admitted(bodyLimit:at:)`` or ``answered(at:)``.
        case check(HTTPRequestHead)
        case append(ByteBuffer)
        /// Respond to the complete request.
        case answer
        /// The body has more than ``bodyLimit``: refuse the request, and close.
        case refuseSize
        /// The client keeps sending data that is not wanted: close as after a last response.
        case linger
    }

    /// The action after a response.
    enum Next: Equatable {
        case readOn
        /// Close the output now, and the connection when the client has had time to read.
        case linger
    }

    /// The maximum time for the head of the first request of a connection.
    static let firstHeadTime: TimeAmount = .seconds(10)
    /// The maximum time for the body of a request.
    static let bodyTime: TimeAmount = .seconds(20)
    /// The maximum idle time between two requests.
    static let idleTime: TimeAmount = .seconds(75)
    /// The maximum time during which a client does not read.
    static let slowTime: TimeAmount = .seconds(30)
    /// The maximum time for the client to read the last response.
    static let lingerTime: TimeAmount = .seconds(2)

    private(set) var phase = Phase.idle
    /// When the phase began.
    private var since: NIODeadline
    private var hasHadRequest = false
    /// How many bytes the body may have.
    private(set) var bodyLimit = Limits.bodyBytes
    /// Bytes of the body so far.
    private var bodyBytes = 0
    /// Whether the decoder has stopped reading after the current request.
    private(set) var hasStoppedDecoder = false
    /// Whether the connection ends after the current response.
    private var isLast = false
    /// Whether the connection is ending, because the client has closed its output, its input cannot be parsed, or the
    /// server is shutting down. What has arrived is answered; nothing more is read.
    private(set) var isEnding = false
    /// Whether the input has ended, so that the rest of an incomplete request will not arrive.
    private var hasInputEnded = false
    /// When the last response was written.
    private var answeredAt: NIODeadline
    /// What has arrived after the current request. Nothing more is read while there is any.
    private var waiting: CircularBuffer<HTTPServerRequestPart>?
    private var unwritableSince: NIODeadline?
    /// The client must slow down: no request begins, and nothing is read.
    var isPaused = false

    init(at now: NIODeadline) { (since, answeredAt) = (now, now) }

    // MARK: Requests

    /// Takes a part of a request that has arrived.
    mutating func received(_ part: HTTPServerRequestPart, at now: NIODeadline) -> Step {
        if phase == .closing || phase == .upgraded { return .wait }
        guard waiting == nil, takes(part) else {
            waiting = waiting ?? CircularBuffer(initialCapacity: 8)
            waiting?.append(part)
            return .wait
        }
        return take(part, at: now)
    }

    /// The next part that has arrived earlier, if it may be processed now.
    mutating func next(at now: NIODeadline) -> Step? {
        guard let part = waiting?.first, takes(part) else { return nil }
        waiting?.removeFirst()
        if waiting?.isEmpty == true { waiting = nil }
        return take(part, at: now)
    }

    /// A new request may begin only once the client has taken the earlier responses, and not while the connection is
    /// paused, unless it ends.
    private func takes(_ part: HTTPServerRequestPart) -> Bool {
        switch phase {
        case .idle: unwritableSince == nil && (!isPaused || isEnding)
        case .receiving, .discarding: true
        case .checking, .answering: false
        case .closing, .upgraded: true
        }
    }

    private mutating func take(_ part: HTTPServerRequestPart, at now: NIODeadline) -> Step {
        switch (phase, part) {
        case (.idle, .head(let head)):
            enter(.checking, at: now)
            hasHadRequest = true
            bodyBytes = 0
            hasStoppedDecoder = head.stopsDecoder
            isLast = !head.isKeepAlive || hasStoppedDecoder
            return .check(head)
        case (.receiving, .body(let bytes)):
            bodyBytes += bytes.readableBytes
            return bodyBytes > bodyLimit ? .refuseSize : .append(bytes)
        case (.receiving, .end):
            enter(.answering, at: now)
            return .answer
        case (.discarding, .body(let bytes)):
            bodyBytes += bytes.readableBytes
            guard bodyBytes > Limits.bodyBytes else { return .wait }
            enter(.closing, at: now)
            waiting = nil
            return .linger
        case (.discarding, .end):
            enter(.idle, at: now)
            return .wait
        default: return .wait
        }
    }

    /// Whether the body, compared with its content, has too many bytes of chunk sizes, extensions and trailers: more
    /// than 16 KiB and more than eight times the content.
    ///
    /// - Parameter received: The number of bytes received since the head, before decoding.
    func isTooLong(received: Int) -> Bool {
        switch phase {
        case .receiving, .discarding: waiting == nil && received - bodyBytes > 16 * 1024 + 8 * bodyBytes
        case .idle, .checking, .answering, .closing, .upgraded: false
        }
    }

    /// It is known who asks, and that the body is wanted.
    mutating func admitted(bodyLimit: Int = Limits.bodyBytes, at now: NIODeadline) {
        self.bodyLimit = bodyLimit
        if phase == .checking { enter(.receiving, at: now) }
    }

    /// Whether any of the request's body, or its end, has arrived.
    var hasMoreOfRequest: Bool { waiting != nil || bodyBytes > 0 }

    // MARK: Responses

    /// Ends the connection after the current response.
    mutating func endWithAnswer() { isLast = true }

    /// Whether the connection ends after the response that is about to be written, which must say so (RFC 9112, section
    /// 9.6).
    mutating func closesWithAnswer() -> Bool {
        isLast = isLast || isEnding && waiting == nil
        return isLast
    }

    /// The response has been written completely. ``closesWithAnswer()`` was called before.
    mutating func answered(at now: NIODeadline) -> Next {
        answeredAt = now
        if isLast {
            enter(.closing, at: now)
            waiting = nil
            return .linger
        }
        enter(phase == .answering ? .idle : .discarding, at: now)
        return .readOn
    }

    mutating func upgraded(at now: NIODeadline) {
        enter(.upgraded, at: now)
        waiting = nil
    }

    private mutating func enter(_ phase: Phase, at now: NIODeadline) {
        // The time for the body counts from its head, whether or not the body is discarded.
        if phase != .discarding && phase != .receiving { since = now }
        self.phase = phase
    }

    // MARK: The connection

    /// Ends the connection once the requests that have begun are answered.
    ///
    /// - Parameter nothingMoreComes: Whether the input has ended or cannot be parsed. Otherwise, the server is shutting
    ///   down.
    mutating func end(nothingMoreComes: Bool) {
        isEnding = true
        hasInputEnded = hasInputEnded || nothingMoreComes
    }

    /// Whether there is nothing left to answer or to wait for, so that the connection must be closed.
    var isOver: Bool {
        guard isEnding, waiting == nil else { return false }
        switch phase {
        case .idle: return true
        // The rest of the request will not arrive.
        case .receiving, .discarding: return hasInputEnded
        case .checking, .answering, .closing, .upgraded: return false
        }
    }

    /// Whether further requests have arrived and wait.
    var hasWaiting: Bool { waiting != nil }

    /// Records that the last response has not been sent completely. The time for the client to read it begins when it
    /// has, at most ``slowTime`` after it was written.
    mutating func isStillSending(at now: NIODeadline) {
        if now - answeredAt < Self.slowTime { since = now }
    }

    /// Whether to read. Reading while a response is prepared detects that the client disconnects.
    var wantsRead: Bool { waiting == nil && unwritableSince == nil && !isPaused }

    mutating func writabilityChanged(isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
    }

    var isWritable: Bool { unwritableSince == nil }

    /// Whether a deadline has passed, so that the connection must be closed. Call about once a second.
    func isOverdue(at now: NIODeadline) -> Bool {
        if let unwritableSince, now - unwritableSince > Self.slowTime { return true }
        let most: TimeAmount? =
            switch phase {
            case .idle: hasHadRequest ? Self.idleTime : Self.firstHeadTime
            case .receiving, .discarding: Self.bodyTime
            case .closing: Self.lingerTime
            case .checking, .answering, .upgraded: nil
            }
        return most.map { now - since > $0 } ?? false
    }
}

extension HTTPRequestHead {
    /// Whether NIO's decoder stops after this request, because it asks for another protocol.
    var stopsDecoder: Bool { method == .CONNECT || asksForUpgrade }

    /// Whether the client asks for another protocol on this connection (RFC 9110, section 7.8).
    var asksForUpgrade: Bool {
        headers.contains(name: "upgrade")
            && headers[canonicalForm: "connection"].contains { $0.isCase(of: "upgrade") }
    }
}
