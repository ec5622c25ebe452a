import NIOCore
import NIOHTTP1
import RingbackModel

/// The state of one HTTP/1 connection: how far its request has come, what came behind it, and how the connection ends.
///
/// A value: each method takes what has happened and says what is to be done about it. ``HTTPHandler`` does it. One request is
/// answered at a time, in the order in which they came (RFC 9112, section 9.3).
struct HTTPConnection {
    enum Phase: Equatable {
        /// No request is under way.
        case idle
        /// The head has come, and the answer to who asks is awaited. The body is not read yet.
        case checking
        /// The body is being received.
        case receiving
        /// The request has come whole, and its answer is being made.
        case answering
        /// The answer was sent before the end of the request, which is read and dropped.
        case discarding
        /// The last answer was sent, and our side is closed. The client has time to read.
        case closing
        /// The connection is a WebSocket.
        case upgraded
    }

    /// What to do about a part of a request.
    enum Step {
        /// Nothing now.
        case wait
        /// Look at the head and find out who asks; then ``admitted()`` or ``answered(at:)``.
        case check(HTTPRequestHead)
        case append(ByteBuffer)
        /// The request has come whole: make the answer.
        case answer
        /// The body has more than ``Limits/bodyBytes``: refuse the request, and close.
        case refuseSize
        /// The client sends on what nobody wants: end as after a last answer.
        case linger
    }

    /// What follows an answer.
    enum Next: Equatable {
        case readOn
        /// Close our side, and all of it when the client has had time to read.
        case linger
    }

    /// How long the head of a connection's first request may take.
    static let firstHeadTime: TimeAmount = .seconds(10)
    /// How long a request's body may take.
    static let bodyTime: TimeAmount = .seconds(20)
    /// How long a connection may be silent between two requests.
    static let idleTime: TimeAmount = .seconds(75)
    /// How long a client may not read before it is cut off.
    static let slowTime: TimeAmount = .seconds(30)
    /// How long the client may take to read the last answer.
    static let lingerTime: TimeAmount = .seconds(2)

    private(set) var phase = Phase.idle
    /// When the phase began.
    private var since: NIODeadline
    private var hasHadRequest = false
    /// Bytes of the body so far.
    private var bodyBytes = 0
    /// The decoder reads nothing behind the request that is under way.
    private(set) var hasStoppedDecoder = false
    /// The connection ends with the answer to this request.
    private var isLast = false
    /// The client has closed its side, what it sends can't be read any more, or the server is about to stop: what has come is
    /// answered, and nothing more is awaited.
    private(set) var isEnding = false
    /// Of these, the client's side is at its end: what has not come of a request never comes.
    private var hasInputEnded = false
    /// When the last answer was written.
    private var answeredAt: NIODeadline
    /// What came behind the request that is under way. As long as there is something, nothing more is read.
    private var waiting: CircularBuffer<HTTPServerRequestPart>?
    private var unwritableSince: NIODeadline?

    init(at now: NIODeadline) { (since, answeredAt) = (now, now) }

    // MARK: Requests

    /// Takes what the client has sent.
    mutating func received(_ part: HTTPServerRequestPart, at now: NIODeadline) -> Step {
        if phase == .closing || phase == .upgraded { return .wait }
        guard waiting == nil, takes(part) else {
            waiting = waiting ?? CircularBuffer(initialCapacity: 8)
            waiting?.append(part)
            return .wait
        }
        return take(part, at: now)
    }

    /// The next of what has come and waits, when its turn is there.
    mutating func next(at now: NIODeadline) -> Step? {
        guard let part = waiting?.first, takes(part) else { return nil }
        waiting?.removeFirst()
        if waiting?.isEmpty == true { waiting = nil }
        return take(part, at: now)
    }

    /// A new request is not begun before the client has taken the answers that it was sent.
    private func takes(_ part: HTTPServerRequestPart) -> Bool {
        switch phase {
        case .idle: unwritableSince == nil
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
            return bodyBytes > Limits.bodyBytes ? .refuseSize : .append(bytes)
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

    /// Whether the body that is being received comes with more than 16 KiB, and eight times its bytes, of chunk sizes,
    /// extensions and trailers.
    ///
    /// - Parameter received: Bytes that have come since the head, before they were decoded.
    func isTooLong(received: Int) -> Bool {
        switch phase {
        case .receiving, .discarding: waiting == nil && received - bodyBytes > 16 * 1024 + 8 * bodyBytes
        case .idle, .checking, .answering, .closing, .upgraded: false
        }
    }

    /// It is known who asks, and that the body is wanted.
    mutating func admitted(at now: NIODeadline) {
        if phase == .checking { enter(.receiving, at: now) }
    }

    /// Whether something has come of the request's body, or of its end.
    var hasMoreOfRequest: Bool { waiting != nil || bodyBytes > 0 }

    // MARK: Answers

    /// The connection is to end with the answer to this request.
    mutating func endWithAnswer() { isLast = true }

    /// Whether the connection ends with the answer that is about to be written, which says so (RFC 9112, section 9.6).
    mutating func closesWithAnswer() -> Bool {
        isLast = isLast || isEnding && waiting == nil
        return isLast
    }

    /// The answer has been written to its end. ``closesWithAnswer()`` was asked before.
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
        // The body's time runs from its head, whoever gets it.
        if phase != .discarding && phase != .receiving { since = now }
        self.phase = phase
    }

    // MARK: The connection

    /// The connection ends when what has begun is answered.
    ///
    /// - Parameter nothingMoreComes: The client sends nothing more, or what it sends can't be read. Otherwise the server is about
    ///   to stop.
    mutating func end(nothingMoreComes: Bool) {
        isEnding = true
        hasInputEnded = hasInputEnded || nothingMoreComes
    }

    /// Whether there is nothing left to answer, and nothing more is awaited: the connection is to be closed.
    var isOver: Bool {
        guard isEnding, waiting == nil else { return false }
        switch phase {
        case .idle: return true
        // The rest of the request never comes.
        case .receiving, .discarding: return hasInputEnded
        case .checking, .answering, .closing, .upgraded: return false
        }
    }

    /// Whether requests have come that have not begun.
    var hasWaiting: Bool { waiting != nil }

    /// Bytes of the last answer have not left: the client's time to read it begins when they have, at most
    /// ``slowTime`` after the answer was written.
    mutating func isStillSending(at now: NIODeadline) {
        if now - answeredAt < Self.slowTime { since = now }
    }

    /// Whether more is to be read. While an answer is made this is how the client's leaving is noticed.
    var wantsRead: Bool { waiting == nil && unwritableSince == nil }

    mutating func writabilityChanged(isWritable: Bool, at now: NIODeadline) {
        unwritableSince = isWritable ? nil : unwritableSince ?? now
    }

    var isWritable: Bool { unwritableSince == nil }

    /// Whether a deadline has passed, so that the connection is to be cut. To be asked about once a second.
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
    /// Whether NIO's decoder reads nothing behind this request, because it asks for another protocol.
    fileprivate var stopsDecoder: Bool {
        method == .CONNECT || asksForUpgrade
    }

    /// Whether the client asks for another protocol on this connection (RFC 9110, section 7.8).
    var asksForUpgrade: Bool {
        headers.contains(name: "upgrade")
            && headers[canonicalForm: "connection"].contains { $0.isCase(of: "upgrade") }
    }
}
