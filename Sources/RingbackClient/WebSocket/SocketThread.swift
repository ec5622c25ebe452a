import CLibcurl
import RingbackModel

/// What the thread of a ``SocketConnection`` does, from connecting to the end.
final class SocketThread {
    private static let maximumBytes = 16 << 20

    private let request: HTTPRequest
    private let base: BaseURL
    private let multi: Multi
    private let mailbox: Mailbox<SocketConnection.Piece>
    private let isClosing: () -> Bool
    private let easy: CurlEasy
    private var socket: curl_socket_t = -1
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)

    init(
        _ request: HTTPRequest, _ base: BaseURL, _ multi: Multi, _ mailbox: Mailbox<SocketConnection.Piece>,
        isClosing: @escaping () -> Bool
    ) throws {
        guard let easy = CurlEasy(request.network) else {
            throw RingbackError.transport(TransportFailure(kind: .other, detail: "libcurl could not be set up"))
        }
        self.easy = easy
        (self.request, self.base, self.multi, self.mailbox) = (request, base, multi, mailbox)
        self.isClosing = isClosing
    }

    /// - Throws: Why it ended, if nobody asked for it.
    func run() throws {
        guard try connect() else { return }
        defer { multi.remove(easy) }
        let deadline = ContinuousClock.now + request.network.connectTimeout
        guard let rest = try shakeHands(by: deadline) else { return }
        mailbox.push(.opened, cost: 0)
        try exchange(rest)
    }

    /// - Returns: `false` when it is to be closed.
    private func connect() throws -> Bool {
        easy.set(CURLOPT_URL, base.text)
        easy.set(CURLOPT_CONNECT_ONLY, 1)
        // To an http:// server, too, a proxy must give a connection that is not its own.
        easy.set(CURLOPT_HTTPPROXYTUNNEL, 1)
        // Nothing but HTTP/1.1 can be upgraded.
        easy.set(CURLOPT_SSL_ENABLE_ALPN, 0)
        multi.add(easy)
        var result: CURLcode?
        while result == nil {
            if isClosing() {
                multi.remove(easy)
                return false
            }
            multi.perform { _, code in result = code }
            if result == nil { multi.wait(milliseconds: 1000) }
        }
        guard result == CURLE_OK, clibcurl_get_socket(easy.handle, &socket) == CURLE_OK, socket >= 0 else {
            defer { multi.remove(easy) }
            throw easy.failure(result ?? CURLE_COULDNT_CONNECT)
        }
        return true
    }

    /// - Returns: What came behind the handshake; `nil` when it is to be closed.
    private func shakeHands(by deadline: ContinuousClock.Instant) throws -> [UInt8]? {
        var target = request.url.dropFirst(base.text.count)
        if !target.hasPrefix("/") { target = "/" + target }
        var handshake = Handshake(
            target: base.path + target, authority: base.authority, headers: request.headers)
        try send(handshake.request, by: deadline)
        while !isClosing() {
            guard let bytes = try receive() else {
                try wait(by: deadline)
                continue
            }
            do {
                if let rest = try handshake.receive(bytes) { return rest }
            } catch let refusal as Refusal {
                try refuse(refusal, by: deadline)
            }
        }
        return nil
    }

    /// Reads the body of a refusal, which says why.
    private func refuse(_ refusal: Refusal, by deadline: ContinuousClock.Instant) throws -> Never {
        let length = min(refusal.head.headers["content-length"].flatMap { Int($0) } ?? 0, 64 << 10)
        var body = refusal.beginning
        while body.count < length, !isClosing() {
            // An answer that breaks off is judged by what came.
            do {
                if let bytes = try receive() { body += bytes } else { try wait(by: deadline) }
            } catch { break }
        }
        try RingbackClient.check(HTTPResponse(head: refusal.head, body: body))
        throw RingbackError.unexpectedResponse(UnexpectedResponse(refusal.head, "it does not know WebSockets"))
    }

    private func exchange(_ beginning: [UInt8]) throws {
        guard let codec = FrameCodec(maximumBytes: Self.maximumBytes) else {
            throw RingbackError.transport(TransportFailure(kind: .other, detail: "wslay could not be set up"))
        }
        var incoming: ArraySlice<UInt8>? = beginning[...]
        var heardAt = ContinuousClock.now
        while !isClosing() {
            if let bytes = incoming {
                heardAt = .now
                let isFine = codec.receive(bytes)
                for message in codec.takeMessages() { mailbox.push(.message(message), cost: message.count) }
                try? send(codec.takeOutput(), by: .now + request.network.connectTimeout)
                if let close = codec.close { throw SocketClosed(code: close.code, reason: close.reason) }
                guard isFine else {
                    throw RingbackError.unexpectedResponse(
                        UnexpectedResponse(nil, "its frames break the WebSocket protocol"))
                }
                // While the mailbox has no room this comes by again, and the codec must not see them twice.
                incoming = nil
            }
            // libcurl may hold bytes that TLS has decrypted: only when it has none is the socket worth waiting for.
            guard mailbox.hasRoom() else {
                multi.wait(milliseconds: 1000)
                heardAt = .now
                continue
            }
            incoming = try receive()
            if incoming == nil { try wait(by: heardAt + request.network.silenceTimeout) }
        }
        codec.queueClose(1000)
        try? send(codec.takeOutput(), by: .now + .milliseconds(200))
    }

    // MARK: Bytes

    /// What has come; `nil` if there is nothing at the moment.
    private func receive() throws -> ArraySlice<UInt8>? {
        var count = 0
        let code = curl_easy_recv(easy.handle, &buffer, buffer.count, &count)
        switch code {
        case CURLE_OK where count > 0: return buffer[..<count]
        case CURLE_AGAIN: return nil
        case CURLE_OK:
            throw RingbackError.transport(
                TransportFailure(kind: .connectionLost, detail: "the server closed the connection"))
        default: throw easy.failure(code)
        }
    }

    private func send(_ bytes: [UInt8], by deadline: ContinuousClock.Instant) throws {
        var sent = 0
        while sent < bytes.count {
            var count = 0
            let code = bytes[sent...].withUnsafeBytes { curl_easy_send(easy.handle, $0.baseAddress, $0.count, &count) }
            switch code {
            case CURLE_OK: sent += count
            case CURLE_AGAIN: try wait(by: deadline, writing: true)
            default: throw easy.failure(code)
            }
        }
    }

    /// - Throws: `timedOut` when the deadline has passed.
    private func wait(by deadline: ContinuousClock.Instant, writing: Bool = false) throws {
        let left = (deadline - .now).milliseconds
        guard left > 0 else {
            throw RingbackError.transport(TransportFailure(kind: .timedOut, detail: "the socket is silent"))
        }
        multi.wait(milliseconds: Int32(clamping: left), socket: socket, writing: writing)
    }
}

/// The server's close frame.
struct SocketClosed: Error {
    var code: UInt16
    var reason: String
}
