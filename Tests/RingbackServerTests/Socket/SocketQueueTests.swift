import RingbackCore
import RingbackModel
import Testing

@testable import RingbackServer

/// The order of a socket's requests, without a socket.
struct SocketQueueTests {
    private static let signIn = SignIn(
        Participant(userId: UserID("vasya")!, deviceId: DeviceID("a-device")!), generation: 1)

    private var queue = SocketQueue()

    /// `c` is a change, `t` a task, `a` an answer that is known at once.
    private static func work(_ message: [UInt8]) throws(NotARequest) -> SocketWork {
        let label = SocketRequest.Label(id: JSONText(unchecked: message), bytes: message.count)
        switch message.first {
        case UInt8(ascii: "c"):
            let call = CallID.random(at: Timestamp(milliseconds: 0))
            return .change(label, CallRequest(.change(call, .command(.accept)), by: signIn))
        case UInt8(ascii: "t"):
            let operation = Operation(.getMe) { _ in Answer(200) }
            let request = OperationRequest(
                operation: operation, principal: nil, parameters: .data(nil), body: nil, idempotencyKey: nil)
            return .task(label, request) { _ in Answer(200) }
        case UInt8(ascii: "a"): return .answer(label, NotARequest())
        default: throw NotARequest()
        }
    }

    private static func name(_ work: SocketWork?) -> String? {
        switch work {
        case .change(let label, _): name(label)
        case .task(let label, _, _): name(label)
        case .answer(let label, _): name(label)
        case nil: nil
        }
    }

    private static func name(_ label: SocketRequest.Label) -> String? {
        label.id.map { String(decoding: $0.utf8, as: UTF8.self) }
    }

    private mutating func append(_ names: String...) { for name in names { queue.append(Array(name.utf8)) } }

    private mutating func next() throws -> String? { Self.name(try queue.next(Self.work)) }

    @Test mutating func `Changes are passed on in order, and other requests wait for their answers`() throws {
        append("c1", "c2", "t3", "a4", "c5")
        #expect(try next() == "c1")
        #expect(try next() == "c2")
        #expect(try next() == nil)
        #expect(Self.name(queue.answeredChange()) == "c1")
        #expect(try next() == nil)
        #expect(Self.name(queue.answeredChange()) == "c2")
        #expect(try next() == "t3")
        #expect(try next() == nil)
        queue.answeredTask()
        #expect(try next() == "a4")
        #expect(try next() == "c5")
    }

    @Test mutating func `Half a megabyte of messages that are not answered is enough`() throws {
        append("c" + String(repeating: "x", count: 300_000), "t", "a" + String(repeating: "x", count: 200_000))
        #expect(queue.hasRoom)
        append("c" + String(repeating: "x", count: 30_000))
        #expect(!queue.hasRoom)
        // Under way, it is still in memory.
        _ = try next()
        #expect(!queue.hasRoom)
        _ = queue.answeredChange()
        #expect(queue.hasRoom && queue.bytes == 230_003)
        #expect(try next() == "t")
        queue.answeredTask()
        _ = try next()
        #expect(queue.bytes == 30_001)
    }

    @Test mutating func `A waiting message takes memory beside its bytes`() throws {
        for _ in 0..<100 { append("c") }
        #expect(queue.bytes == 100 && queue.memory == 6500)
    }

    @Test mutating func `No more than 16 changes are under way`() throws {
        for number in 0..<20 { append("c\(number)") }
        for number in 0..<16 { #expect(try next() == "c\(number)") }
        #expect(try next() == nil)
        #expect(Self.name(queue.answeredChange()) == "c0")
        #expect(try next() == "c16")
        #expect(try next() == nil)
    }

    @Test mutating func `With 64 waiting messages there is no room`() {
        for _ in 0..<63 { append("t") }
        #expect(queue.hasRoom)
        append("t")
        #expect(!queue.hasRoom)
    }

    @Test mutating func `A message that is not a request is reported`() throws {
        append("x")
        #expect(throws: NotARequest.self) { try next() }
    }
}
