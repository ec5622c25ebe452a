import CurlTransport
import Foundation
import RingbackModel

/// The opening handshake of a client (RFC 6455, section 4.1).
struct Handshake {
    static let subprotocol = "ringback.v1"
    private static let headBytes = 32 << 10

    private let key: String
    private var received: [UInt8] = []

    init() {
        var generator = SystemRandomNumberGenerator()
        key = Data((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }).base64EncodedString()
    }

    /// The headers of the request, in addition to those of the upgrade itself.
    var headers: [(name: String, value: String)] {
        [("Sec-WebSocket-Key", key), ("Sec-WebSocket-Protocol", Self.subprotocol)]
    }

    func request(target: String, authority: String, headers: [(name: String, value: String)]) -> [UInt8] {
        let lines =
            [
                "GET \(target) HTTP/1.1", "Host: \(authority)", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
            ] + (self.headers + headers).map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Processes bytes from the network.
    ///
    /// - Returns: The bytes after the response head, once it is complete and accepts the upgrade; `nil` until then.
    /// - Throws: ``RingbackError/unexpectedResponse(_:)``; ``Refusal`` for a response with a status other than 101.
    mutating func receive(_ bytes: some Sequence<UInt8>) throws -> [UInt8]? {
        received.append(contentsOf: bytes)
        guard received.count <= Self.headBytes else {
            throw RingbackError.unexpectedResponse(UnexpectedResponse(nil, "its headers are too long"))
        }
        guard let end = Data(received).range(of: Data("\r\n\r\n".utf8)) else {
            guard "HTTP/1.".utf8.starts(with: received.prefix(7)) else {
                throw RingbackError.unexpectedResponse(UnexpectedResponse(nil, "it is not HTTP"))
            }
            return nil
        }
        let head = try Self.parse(received[..<end.lowerBound])
        let rest = Array(received[end.upperBound...])
        guard head.status == 101 else { throw Refusal(head: head, beginning: rest) }
        try check(head)
        return rest
    }

    /// Checks that a 101 response belongs to this handshake.
    ///
    /// - Throws: ``RingbackError/unexpectedResponse(_:)``.
    func check(_ head: CurlResponseHead) throws(RingbackError) {
        guard head.headers["upgrade"]?.lowercased() == "websocket",
            head.headers["connection"]?.lowercased().contains("upgrade") == true
        else { throw .unexpectedResponse(UnexpectedResponse(head, "it does not accept the upgrade to a WebSocket")) }
        guard head.headers["sec-websocket-accept"] == Self.accept(key) else {
            throw .unexpectedResponse(UnexpectedResponse(head, "its Sec-WebSocket-Accept is wrong"))
        }
        guard head.headers["sec-websocket-protocol"] ?? Self.subprotocol == Self.subprotocol,
            head.headers["sec-websocket-extensions"] == nil
        else {
            throw .unexpectedResponse(
                UnexpectedResponse(head, "it accepts a subprotocol or an extension that was not offered"))
        }
    }

    /// The `Sec-WebSocket-Accept` for `key`.
    static func accept(_ key: String) -> String {
        Data(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) throws(RingbackError) -> CurlResponseHead {
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ")
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]), (100...599).contains(status)
        else { throw .unexpectedResponse(UnexpectedResponse(nil, "it is not HTTP")) }
        var head = CurlResponseHead()
        head.status = status
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { head.headers[parts[0].lowercased()] = parts[1].utf8.trimmedText }
        }
        return head
    }
}

/// A response to the handshake with a status other than 101. Its body follows.
struct Refusal: Error {
    var head: CurlResponseHead
    var beginning: [UInt8]

    /// - Throws: The problem in the response.
    func tell(_ body: [UInt8]) throws(RingbackError) -> Never {
        try RingbackClient.check(CurlResponse(head: head, body: body))
        throw .unexpectedResponse(UnexpectedResponse(head, "it does not support WebSockets"))
    }
}
