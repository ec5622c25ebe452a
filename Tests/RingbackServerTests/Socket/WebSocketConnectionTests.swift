import NIOCore
import RingbackCore
import RingbackModel
import Testing

@testable import RingbackServer

/// The state of a WebSocket, without a socket.
final class WebSocketConnectionTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private static let wall = Timestamp(milliseconds: 1_000_000)
    private static let expiry = wall + .seconds(3600)
    private static let pauseEnd = MonotonicTime(milliseconds: 5000)

    private var connection = WebSocketConnection(at: start)

    /// A frame of a client, masked with zeros.
    private static func frame(_ opcode: Frame.Opcode, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
        precondition(payload.count < 126)
        return [(isFinal ? 0x80 : 0) | opcode.rawValue, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
    }

    private static func text(_ text: String) -> [UInt8] { frame(.text, Array(text.utf8)) }

    /// What a step requires, in words.
    private static func name(_ step: WebSocketConnection.Step) -> String {
        switch step {
        case .hello(let text): "hello \(String(decoding: text, as: UTF8.self))"
        case .serve: "serve"
        case .pong(let payload): "pong \(String(decoding: payload, as: UTF8.self))"
        case .answerClose(let code): "close \(code)"
        case .disconnect: "disconnect"
        }
    }

    @discardableResult
    private func receive(_ bytes: [UInt8]..., at time: TimeAmount = .zero) throws -> [String] {
        #expect(received(ByteBuffer(bytes: bytes.joined()), at: Self.start + time))
        var steps: [String] = []
        while let step = try connection.nextStep() { steps.append(Self.name(step)) }
        return steps
    }

    private func open() {
        connection.identified(until: Self.expiry)
        connection.opened()
    }

    private func close(at time: NIODeadline) -> Bool { connection.close(at: time) }

    private func readingChange() -> Bool? { connection.readingChange() }

    private func answeredChange() -> SocketRequest.Label? { connection.answeredChange() }

    private func received(_ bytes: ByteBuffer, at time: NIODeadline) -> Bool { connection.received(bytes, at: time) }

    private func endPause(at time: NIODeadline, monotonic: MonotonicTime) -> Bool {
        connection.endPause(at: time, monotonic: monotonic)
    }

    private func due(at time: TimeAmount, wall: Timestamp = wall) -> WebSocketConnection.Due? {
        connection.due(at: Self.start + time, wall: wall)
    }

    /// `t` is a task, anything else an answer that is known at once.
    private func nextRequest() throws -> String? {
        let next = try connection.nextRequest { message throws(NotARequest) in
            let label = SocketRequest.Label(id: JSONText(unchecked: message), bytes: message.count)
            guard message.first == UInt8(ascii: "t") else { return .answer(label, NotARequest()) }
            let request = OperationRequest(
                operation: Operation(.getMe) { _ in Answer(200) }, principal: nil, parameters: .data(nil), body: nil,
                idempotencyKey: nil)
            return .task(label, request) { _ in Answer(200) }
        }
        switch next {
        case .answer(let label, _), .task(let label, _, _), .change(let label, _):
            return label.id.map { String(decoding: $0.utf8, as: UTF8.self) }
        case nil: return nil
        }
    }

    private func refuse(times: Int) {
        let label = SocketRequest.Label(id: nil, bytes: 10)
        for _ in 0..<times { connection.noteRefusal(of: label, status: 429) { Self.pauseEnd } }
    }

    // MARK: Opening

    @Test func `The first message is the hello, and requests wait for the welcome`() throws {
        #expect(try receive(Self.text("h"), Self.text("a1")) == ["hello h", "serve"])
        #expect(connection.phase == .opening)
        #expect(try nextRequest() == nil)
        connection.identified(until: Self.expiry)
        #expect(try nextRequest() == nil)
        #expect(!connection.takesEvents)
        connection.opened()
        #expect(connection.takesEvents)
        #expect(try nextRequest() == "a1")
    }

    @Test func `A client that was identified before the upgrade sends no hello`() throws {
        connection.identified(until: Self.expiry)
        #expect(try receive(Self.text("a1")) == ["serve"])
    }

    @Test func `A socket without a hello is closed after ten seconds, however much it sends`() throws {
        #expect(try receive(Self.frame(.ping, [0x70]), at: .seconds(9)) == ["pong p"])
        #expect(due(at: .seconds(10)) == nil)
        #expect(due(at: .milliseconds(10_001)) == .close(.helloTimeout))
    }

    @Test func `While a client is being authenticated nothing is due`() throws {
        try receive(Self.text("h"))
        #expect(due(at: .hours(1)) == nil)
    }

    // MARK: Requests

    @Test func `Requests are answered in order, and none begins while the client does not read`() throws {
        open()
        #expect(try receive(Self.text("t1"), Self.text("a2"), Self.text("a3")) == ["serve", "serve", "serve"])
        #expect(try nextRequest() == "t1")
        #expect(try nextRequest() == nil)
        connection.answeredTask()
        #expect(try nextRequest() == "a2")
        connection.writabilityChanged(isWritable: false, at: Self.start)
        #expect(try nextRequest() == nil)
        #expect(!connection.takesEvents)
        connection.writabilityChanged(isWritable: true, at: Self.start)
        #expect(try nextRequest() == "a3")
    }

    @Test func `An answer that comes after the close is not sent`() throws {
        open()
        try receive(Self.text("c1"), Self.text("c2"))
        for _ in 1...2 {
            _ = try connection.nextRequest { message throws(NotARequest) in
                let participant = Participant(userId: UserID("vasya")!, deviceId: DeviceID("a-device")!)
                return .change(
                    SocketRequest.Label(id: JSONText(unchecked: message), bytes: message.count),
                    CallRequest(
                        .change(CallID.random(at: Self.wall), .command(.accept)), by: SignIn(participant, generation: 1)
                    ))
            }
        }
        #expect(answeredChange() != nil)
        #expect(close(at: Self.start) == true)
        #expect(answeredChange() == nil)
    }

    @Test func `A full queue is not read until a request has begun`() throws {
        open()
        for _ in 1...63 { try receive(Self.text("a")) }
        #expect(readingChange() == nil)
        try receive(Self.text("a"))
        #expect(readingChange() == false)
        #expect(readingChange() == nil)
        #expect(try nextRequest() == "a")
        #expect(readingChange() == true)
    }

    @Test func `After too many refusals nothing is read or carried out until the pause ends`() throws {
        open()
        try receive(Self.text("a1"))
        refuse(times: RefusedMessages.maximum - 1)
        #expect(readingChange() == nil)
        refuse(times: 1)
        #expect(readingChange() == false)
        #expect(try nextRequest() == nil)
        let end = Self.start + .seconds(61)
        #expect(endPause(at: end, monotonic: MonotonicTime(milliseconds: 4999)) == false)
        #expect(endPause(at: end, monotonic: Self.pauseEnd) == true)
        // The client was not read, so it is not taken for a dead one.
        #expect(due(at: .seconds(61)) == .ping)
        #expect(try nextRequest() == "a1")
        #expect(readingChange() == true)
    }

    @Test func `Unparsed frames and waiting requests count as memory`() throws {
        open()
        #expect(connection.memory == 0)
        try receive(Self.text("a1"))
        let waiting = connection.memory
        #expect(waiting > 0)
        try receive(Array(Self.text("a2").dropLast()))
        #expect(connection.memory > waiting)
    }

    // MARK: Time

    @Test func `An open socket is pinged, and closed when it sends nothing for a minute`() throws {
        open()
        let ping = WebSocketConnection.pingTime
        #expect(due(at: ping) == nil)
        #expect(due(at: ping + .milliseconds(1)) == .ping)
        #expect(due(at: ping + .milliseconds(2)) == nil)
        #expect(try receive(Self.frame(.pong), at: .seconds(30)) == [])
        #expect(due(at: .seconds(90)) != .close(.noPong))
        #expect(due(at: .milliseconds(90_001)) == .close(.noPong))
    }

    @Test func `A client that does not read for half a minute is closed`() {
        open()
        connection.writabilityChanged(isWritable: false, at: Self.start)
        connection.writabilityChanged(isWritable: false, at: Self.start + .seconds(20))
        #expect(readingChange() == false)
        #expect(due(at: .seconds(30)) != .close(.slowReader))
        #expect(due(at: .milliseconds(30_001)) == .close(.slowReader))
        connection.writabilityChanged(isWritable: true, at: Self.start + .seconds(31))
        #expect(due(at: .seconds(31)) != .close(.slowReader))
        #expect(readingChange() == true)
    }

    @Test func `A socket is closed when the sign-in expires`() {
        open()
        #expect(due(at: .zero, wall: Self.expiry + .milliseconds(-1)) == nil)
        #expect(due(at: .zero, wall: Self.expiry) == .close(.badToken))
    }

    // MARK: Closing

    @Test func `The server closes once, and reads only until the client's close frame`() throws {
        open()
        try receive(Self.text("a1"))
        connection.writabilityChanged(isWritable: false, at: Self.start)
        #expect(readingChange() == false)
        #expect(close(at: Self.start) == true)
        #expect(close(at: Self.start) == false)
        #expect(readingChange() == true)
        connection.writabilityChanged(isWritable: true, at: Self.start)
        #expect(try nextRequest() == nil)
        #expect(try receive(Self.text("a2"), Self.frame(.ping)) == [])
        #expect(try receive(Self.frame(.close)) == ["disconnect"])
    }

    @Test func `A client that does not answer the close frame is disconnected after two seconds`() {
        open()
        #expect(close(at: Self.start + .seconds(5)) == true)
        #expect(due(at: .seconds(7)) == nil)
        #expect(due(at: .milliseconds(7001)) == .disconnect)
    }

    @Test func `A client that keeps sending after the close is disconnected`() {
        open()
        #expect(close(at: Self.start) == true)
        let most = ByteBuffer(repeating: 0, count: WebSocketConnection.maximumDropped)
        #expect(received(most, at: Self.start) == true)
        #expect(received(ByteBuffer(bytes: [0]), at: Self.start) == false)
    }

    @Test(
        arguments: [
            ([], "normal"), ([0x03, 0xE8], "normal"), ([0x0F, 0xA0, 0x6F, 0x6B], "normal"), ([0x03], "protocolError"),
            ([0x03, 0xED], "protocolError"), ([0x03, 0xE8, 0xFF], "notUTF8"),
        ] as [([UInt8], String)])
    func `A close frame is answered by its code and reason`(payload: [UInt8], code: String) throws {
        open()
        #expect(try receive(Self.frame(.close, payload)) == ["close \(code)"])
    }

    @Test func `Frames that are not allowed end the socket with the code for it`() {
        open()
        #expect(throws: CloseCode.unsupportedData) { try receive(Self.frame(.binary)) }
        connection = WebSocketConnection(at: Self.start)
        #expect(throws: CloseCode.protocolError) { try receive(Self.frame(.continuation)) }
    }

    @Test func `A message in several frames is one request`() throws {
        open()
        let first = Self.frame(.text, Array("a".utf8), isFinal: false)
        #expect(try receive(first, Self.frame(.ping, [0x70])) == ["pong p"])
        #expect(try receive(Self.frame(.continuation, Array("1".utf8))) == ["serve"])
        #expect(try nextRequest() == "a1")
    }
}
