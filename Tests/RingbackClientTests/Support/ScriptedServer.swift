import Foundation
@testable import RingbackClient
import Synchronization

/// A server whose responses are written by a test.
final class ScriptedServer: Sendable {
    /// A request as received.
    struct Request: Sendable {
        var method: String
        var target: String
        /// By their names in lower case.
        var headers: [String: String] = [:]
        var body: [UInt8] = []

        var path: String { String(target.prefix { $0 != "?" }) }

        init?(_ connection: Connection) {
            guard let head = connection.readHead() else { return nil }
            let lines = head.components(separatedBy: "\r\n")
            let words = lines[0].split(separator: " ")
            guard words.count == 3 else { return nil }
            (method, target) = (String(words[0]), String(words[1]))
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 {
                    headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
                }
            }
            let length = headers["content-length"].flatMap { Int($0) } ?? 0
            while body.count < length {
                guard let bytes = connection.read(atMost: length - body.count) else { return nil }
                body += bytes
            }
        }
    }

    private final class Record: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private let listener: Listener
    private let record: Record

    var url: URL { listener.url }
    var requests: [Request] { record.requests.withLock { $0 } }

    /// - Parameter answer: Writes the response; the connection continues if it returns true.
    init(_ answer: @escaping @Sendable (Request, Connection) -> Bool) throws {
        let record = Record()
        self.record = record
        listener = try Listener { connection in
            while let request = Request(connection) {
                record.requests.withLock { $0.append(request) }
                guard answer(request, connection) else { return }
            }
        }
    }
}

extension Connection {
    /// Writes a whole answer.
    @discardableResult
    func answer(
        _ status: Int = 200, _ type: String = "application/json", _ body: String = "{}", headers: [String] = []
    ) -> Bool {
        let lines = ["HTTP/1.1 \(status) X", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)"] + headers
        return write((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    func problem(_ status: Int, _ code: String, retryable: Bool = false, headers: [String] = []) -> Bool {
        answer(
            status, "application/problem+json",
            #"{"type":"/docs#problem-\#(code)","title":"T","status":\#(status),"detail":"D","code":"\#(code)","retryable":\#(retryable)}"#,
            headers: headers)
    }

    /// Accepts a WebSocket.
    func upgrade(_ request: ScriptedServer.Request) {
        let key = request.headers["sec-websocket-key"] ?? ""
        write(
            """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: \(Handshake.accept(key))\r
            \r\n
            """.utf8)
    }

    /// A frame of a server: not masked.
    func frame(_ payload: String, opcode: UInt8 = 1, isFinal: Bool = true) {
        writes(payload, opcode: opcode, isFinal: isFinal)
    }

    /// - Returns: Whether it could be written.
    @discardableResult
    func writes(_ payload: String, opcode: UInt8 = 1, isFinal: Bool = true) -> Bool {
        let bytes = Array(payload.utf8)
        var head = [opcode | (isFinal ? 0x80 : 0)]
        head += bytes.count < 126 ? [UInt8(bytes.count)] : [126, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)]
        return write(head + bytes)
    }

    func closeFrame(_ code: UInt16) { write([0x88, 2, UInt8(code >> 8), UInt8(code & 255)]) }
}

/// A frame of a client's, unmasked.
struct Frame: Equatable {
    var opcode: UInt8
    var payload: [UInt8]

    init(_ opcode: UInt8, _ payload: [UInt8]) { (self.opcode, self.payload) = (opcode, payload) }

    init(_ opcode: UInt8, _ text: String) { self.init(opcode, Array(text.utf8)) }
}

extension Connection {
    /// - Returns: `nil` at the end, and for a frame that is not masked or has over 65,535 bytes.
    func readFrame() -> Frame? {
        func exactly(_ count: Int) -> [UInt8]? {
            var bytes: [UInt8] = []
            while bytes.count < count {
                guard let more = read(atMost: count - bytes.count) else { return nil }
                bytes += more
            }
            return bytes
        }
        guard let head = exactly(2), head[1] & 0x80 != 0, head[1] < 0x80 + 127 else { return nil }
        var length = Int(head[1] & 0x7F)
        if length == 126 {
            guard let bytes = exactly(2) else { return nil }
            length = Int(bytes[0]) << 8 | Int(bytes[1])
        }
        guard let mask = exactly(4), let masked = exactly(length) else { return nil }
        return Frame(head[0], masked.enumerated().map { $1 ^ mask[$0 % 4] })
    }

    /// A request that comes over a socket; `nil` for anything else.
    func readRequest() -> SocketRequest? {
        guard let frame = readFrame(), frame.opcode == 0x81 else { return nil }
        return SocketRequest(frame.payload)
    }

    /// Answers a request of a socket.
    ///
    /// - Parameter members: What stands beside the id.
    func answer(_ request: SocketRequest, _ members: String) { frame("{\"id\":\(request.id),\(members)}") }
}

/// What a client sends over a socket.
struct SocketRequest: Sendable {
    let id: Int
    let op: String
    let data: JSONText
    let key: String?

    init?(_ message: [UInt8]) {
        guard let json = try? JSONObject(parsing: message), let id = try? json.integer("id"),
            let op = try? json.string("op"), let data = try? json.text("data")
        else { return nil }
        (self.id, self.op, self.data) = (id, op, data)
        key = try? json.string("key")
    }

    /// `data` as it was sent.
    var text: String { String(decoding: data.utf8, as: UTF8.self) }
}

enum Script {
    static let welcome =
        #"{"type":"welcome","data":{"device":{"userId":"vasya","deviceId":"dJ8s1QmWc0u3nXv2bTfLgA"},"cursor":"e.1","recovered":true,"pingSeconds":25}}"#

    static func presence(_ id: String, cursor: Int) -> String {
        #"{"cursor":"e.\#(cursor)","id":"\#(id)","type":"presence","time":"2026-01-31T09:29:58.201Z","ageMs":3,"data":{"userId":"petya","status":"online"}}"#
    }

    static let call =
        #"{"callId":"c7Q2vXk1SxeN0bJtYp8mRg","caller":{"userId":"vasya","deviceId":"dJ8s1QmWc0u3nXv2bTfLgA"},"callee":{"userId":"petya"},"state":"inviting","media":{"audio":true,"video":true},"negotiation":0,"createdAt":"2026-01-31T09:30:00.125Z","legs":[],"participants":[]}"#
    static let user = #"{"userId":"vasya","displayName":"Vasya","createdAt":"2026-01-31T09:30:00.125Z"}"#

    static let session = Session(
        token: "token", userId: UserID("vasya")!, deviceId: DeviceID("dJ8s1QmWc0u3nXv2bTfLgA")!, deviceName: nil,
        createdAt: Timestamp(milliseconds: 0), expiresAt: Timestamp(milliseconds: 0))
}
