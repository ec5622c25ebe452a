import Foundation
@testable import RingbackClient
import Synchronization

/// A server that answers whatever a test wants it to.
final class ScriptedServer: Sendable {
    /// A request as it came.
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

    /// - Parameter answer: Writes the answer; the connection goes on if it returns true.
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

    /// Agrees to a WebSocket.
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
        let bytes = Array(payload.utf8)
        var head = [opcode | (isFinal ? 0x80 : 0)]
        head += bytes.count < 126 ? [UInt8(bytes.count)] : [126, UInt8(bytes.count >> 8), UInt8(bytes.count & 255)]
        write(head + bytes)
    }

    func closeFrame(_ code: UInt16) { write([0x88, 2, UInt8(code >> 8), UInt8(code & 255)]) }
}

enum Script {
    static let welcome =
        #"{"type":"welcome","data":{"device":{"userId":"vasya","deviceId":"dJ8s1QmWc0u3nXv2bTfLgA"},"cursor":"e.1","recovered":true,"pingSeconds":25}}"#

    static func presence(_ id: String, cursor: Int) -> String {
        #"{"cursor":"e.\#(cursor)","id":"\#(id)","type":"presence","time":"2026-01-31T09:29:58.201Z","ageMs":3,"data":{"userId":"petya","status":"online"}}"#
    }

    static let session = Session(
        token: "token", userId: UserID("vasya")!, deviceId: DeviceID("dJ8s1QmWc0u3nXv2bTfLgA")!, deviceName: nil,
        createdAt: Timestamp(milliseconds: 0), expiresAt: Timestamp(milliseconds: 0))
}
