import NIOCore
import NIOHTTP1
import RingbackModel
import Testing

@testable import RingbackServer

/// The state of an HTTP connection, without a socket.
struct HTTPConnectionTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private var connection = HTTPConnection(at: start)

    private static func head(_ path: String = "/", _ fields: (String, String)...) -> HTTPServerRequestPart {
        .head(HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: HTTPHeaders(fields)))
    }

    private static func body(_ count: Int) -> HTTPServerRequestPart {
        .body(ByteBuffer(repeating: 0x20, count: count))
    }

    /// The path of the head that is to be checked.
    private func path(_ step: HTTPConnection.Step?) -> String? {
        if case .check(let head) = step { head.uri } else { nil }
    }

    private func isWait(_ step: HTTPConnection.Step?) -> Bool { if case .wait = step { true } else { false } }
    private func isAnswer(_ step: HTTPConnection.Step?) -> Bool { if case .answer = step { true } else { false } }
    private func isAppend(_ step: HTTPConnection.Step?) -> Bool { if case .append = step { true } else { false } }

    private mutating func receive(_ part: HTTPServerRequestPart) -> HTTPConnection.Step {
        connection.received(part, at: Self.start)
    }

    @Test mutating func `A request is checked, received, answered, and then the next one may come`() {
        #expect(path(receive(Self.head("/a"))) == "/a")
        #expect(connection.phase == .checking)
        connection.admitted(at: Self.start)
        #expect(isAppend(receive(Self.body(10))) == true)
        #expect(isAnswer(receive(.end(nil))) == true)
        #expect(connection.phase == .answering)
        #expect(connection.closesWithAnswer() == false)
        #expect(connection.answered(at: Self.start) == .readOn)
        #expect(connection.phase == .idle)
        #expect(path(receive(Self.head("/b"))) == "/b")
    }

    @Test mutating func `While the client must slow down the next request waits, and nothing more is read`() {
        _ = receive(Self.head("/a"))
        _ = connection.closesWithAnswer()
        #expect(connection.answered(at: Self.start) == .readOn)
        connection.isPaused = true
        #expect(isWait(receive(.end(nil))) == true)
        #expect(connection.phase == .idle)
        #expect(isWait(receive(Self.head("/b"))) == true)
        #expect(!connection.wantsRead)
        #expect(connection.next(at: Self.start) == nil)
        connection.isPaused = false
        #expect(path(connection.next(at: Self.start)) == "/b")
        #expect(connection.wantsRead)
    }

    @Test mutating func `A connection that ends does not wait for the end of a pause`() {
        _ = receive(Self.head("/a"))
        _ = connection.closesWithAnswer()
        #expect(connection.answered(at: Self.start) == .readOn)
        connection.isPaused = true
        _ = receive(.end(nil))
        _ = receive(Self.head("/b"))
        #expect(connection.next(at: Self.start) == nil)
        connection.end(nothingMoreComes: false)
        #expect(path(connection.next(at: Self.start)) == "/b")
    }

    @Test mutating func `Input during authentication waits, and nothing more is read`() {
        _ = receive(Self.head())
        #expect(connection.wantsRead)
        #expect(isWait(receive(Self.body(3))) == true)
        #expect(isWait(receive(.end(nil))) == true)
        #expect(isWait(receive(Self.head("/next"))) == true)
        #expect(!connection.wantsRead)
        #expect(connection.next(at: Self.start) == nil)
        connection.admitted(at: Self.start)
        #expect(isAppend(connection.next(at: Self.start)) == true)
        #expect(isAnswer(connection.next(at: Self.start)) == true)
        #expect(connection.next(at: Self.start) == nil)
        #expect(connection.closesWithAnswer() == false)
        _ = connection.answered(at: Self.start)
        #expect(path(connection.next(at: Self.start)) == "/next")
        #expect(connection.wantsRead)
    }

    @Test mutating func `The rest of a request that was answered early is discarded, and the connection continues`() {
        _ = receive(Self.head())
        #expect(connection.closesWithAnswer() == false)
        #expect(connection.answered(at: Self.start) == .readOn)
        #expect(connection.phase == .discarding)
        #expect(isWait(receive(Self.body(Limits.bodyBytes))) == true)
        #expect(isWait(receive(.end(nil))) == true)
        #expect(connection.phase == .idle)
    }

    @Test mutating func `A discarded body without an end closes the connection`() {
        _ = receive(Self.head())
        _ = connection.closesWithAnswer()
        _ = connection.answered(at: Self.start)
        _ = receive(Self.body(Limits.bodyBytes))
        if case .linger = receive(Self.body(1)) {} else { Issue.record("still read") }
    }

    @Test mutating func `A body of one byte more than allowed is refused`() {
        _ = receive(Self.head())
        connection.admitted(at: Self.start)
        #expect(isAppend(receive(Self.body(Limits.bodyBytes))) == true)
        if case .refuseSize = receive(Self.body(1)) {} else { Issue.record("taken") }
    }

    @Test(arguments: [
        [("Connection", "close")], [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")],
    ]) func `A request after which nothing is read ends the connection, and the response says so`(
        fields: [(String, String)]
    ) {
        var connection = HTTPConnection(at: Self.start)
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: HTTPHeaders(fields))
        _ = connection.received(.head(head), at: Self.start)
        connection.admitted(at: Self.start)
        _ = connection.received(.end(nil), at: Self.start)
        #expect(connection.closesWithAnswer() == true)
        #expect(connection.answered(at: Self.start) == .linger)
        #expect(connection.phase == .closing)
        #expect(isWait(connection.received(.head(head), at: Self.start)) == true)
    }

    @Test mutating func `When the client closes its output, its requests are answered, and the last response says so`()
    {
        for path in ["/a", "/b"] {
            _ = receive(Self.head(path))
            _ = receive(.end(nil))
        }
        connection.end(nothingMoreComes: true)
        #expect(!connection.isOver)
        connection.admitted(at: Self.start)
        #expect(isAnswer(connection.next(at: Self.start)) == true)
        #expect(connection.closesWithAnswer() == false)
        #expect(connection.answered(at: Self.start) == .readOn)
        #expect(path(connection.next(at: Self.start)) == "/b")
        connection.admitted(at: Self.start)
        #expect(isAnswer(connection.next(at: Self.start)) == true)
        #expect(connection.closesWithAnswer() == true)
        #expect(connection.answered(at: Self.start) == .linger)
    }

    @Test
    mutating func `An idle connection, or one with an incomplete request, ends when the client closes its output`() {
        var idle = connection
        idle.end(nothingMoreComes: true)
        #expect(idle.isOver)
        _ = receive(Self.head())
        connection.admitted(at: Self.start)
        _ = receive(Self.body(1))
        connection.end(nothingMoreComes: true)
        #expect(connection.isOver)
    }

    @Test mutating func `When the server is shutting down, the rest of a request is awaited`() {
        _ = receive(Self.head())
        connection.admitted(at: Self.start)
        connection.end(nothingMoreComes: false)
        #expect(!connection.isOver)
        #expect(isAnswer(receive(.end(nil))) == true)
        #expect(connection.closesWithAnswer() == true)
        #expect(connection.answered(at: Self.start) == .linger)
    }

    @Test mutating func `A new request does not begin before the client has taken the responses`() {
        connection.writabilityChanged(isWritable: false, at: Self.start)
        #expect(!connection.wantsRead)
        #expect(isWait(receive(Self.head("/a"))) == true)
        #expect(connection.next(at: Self.start) == nil)
        connection.writabilityChanged(isWritable: true, at: Self.start)
        #expect(path(connection.next(at: Self.start)) == "/a")
    }

    // MARK: Deadlines

    private func isOverdue(after seconds: Int64, _ prepare: (inout HTTPConnection) -> Void) -> Bool {
        var connection = connection
        prepare(&connection)
        return connection.isOverdue(at: Self.start + .seconds(seconds))
    }

    @Test func `The first head has 10 s, and later ones 75 s`() {
        #expect(!isOverdue(after: 10) { _ in })
        #expect(isOverdue(after: 11) { _ in })
        let answered = { (connection: inout HTTPConnection) in
            _ = connection.received(Self.head(), at: Self.start)
            connection.admitted(at: Self.start)
            _ = connection.received(.end(nil), at: Self.start)
            _ = connection.closesWithAnswer()
            _ = connection.answered(at: Self.start)
        }
        #expect(!isOverdue(after: 75, answered))
        #expect(isOverdue(after: 76, answered))
    }

    @Test func `A body has 20 s from its head, however slowly it arrives`() {
        let dripping = { (connection: inout HTTPConnection) in
            _ = connection.received(Self.head(), at: Self.start)
            connection.admitted(at: Self.start + .seconds(5))
            _ = connection.received(Self.body(1), at: Self.start + .seconds(19))
        }
        #expect(!isOverdue(after: 20, dripping))
        #expect(isOverdue(after: 21, dripping))
    }

    @Test func `A response has no deadline, its reader 30 s, and the last one 2 s`() {
        let answering = { (connection: inout HTTPConnection) in
            _ = connection.received(Self.head("/", ("connection", "close")), at: Self.start)
            connection.admitted(at: Self.start)
            _ = connection.received(.end(nil), at: Self.start)
        }
        #expect(!isOverdue(after: 10_000, answering))
        let unread = { (connection: inout HTTPConnection) in
            answering(&connection)
            connection.writabilityChanged(isWritable: false, at: Self.start)
        }
        #expect(!isOverdue(after: 30, unread))
        #expect(isOverdue(after: 31, unread))
        let closing = { (connection: inout HTTPConnection) in
            answering(&connection)
            _ = connection.closesWithAnswer()
            _ = connection.answered(at: Self.start)
        }
        #expect(!isOverdue(after: 2, closing))
        #expect(isOverdue(after: 3, closing))
    }
}
