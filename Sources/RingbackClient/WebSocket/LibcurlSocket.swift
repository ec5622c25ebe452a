import CLibcurl
import CurlTransport

/// A WebSocket with the framing of libcurl (`curl_ws_recv`, `curl_ws_send`).
///
/// libcurl leaves these checks to its caller: `Sec-WebSocket-Accept`, extensions and subprotocols that were not
/// offered, the length of messages, UTF-8, and the payload of close frames.
final class LibcurlSocket: OpenSocket {
    /// Whether the libcurl at run time supports it.
    static let isAvailable = clibcurl_ws_find() == 1

    /// The response head, written by a callback of libcurl.
    private final class Head {
        var reader = HeadReader()
        var refusal: CurlError?
    }

    let wire: SocketWire
    private let head = Head()
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)
    /// The part of the current message that has arrived.
    private var message: [UInt8] = []
    /// The part of the current ping, pong or close frame that has arrived.
    private var control: [UInt8] = []
    /// Frames still to be written; of the first one, the rest.
    private var output: [(rest: ArraySlice<UInt8>, flag: Int)] = []
    private var outputBytes = 0

    /// Connects and performs the handshake. `nil` if the socket is to be closed.
    ///
    /// - Throws: ``RingbackError``; ``Refusal`` for a response other than 101, whose body libcurl does not provide.
    init?(_ wire: SocketWire) throws {
        self.wire = wire
        let handshake = Handshake()
        let easy = wire.easy
        // http: becomes ws:, and https: becomes wss:.
        easy.set(CURLOPT_URL, "ws" + wire.request.url.dropFirst(4))
        // Limits connecting and the handshake; it has no effect afterwards.
        easy.set(CURLOPT_TIMEOUT_MS, CurlEasy.milliseconds(wire.network.connectTimeout))
        // Ignores the headers of a proxy's response.
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        easy.setHeaders((wire.request.headers + handshake.headers).map { "\($0.name): \($0.value)" })
        _ = clibcurl_ws_prepare(easy.handle)
        _ = clibcurl_set_pointer(easy.handle, CURLOPT_HEADERDATA, Unmanaged.passUnretained(head).toOpaque())
        _ = clibcurl_set_sink(easy.handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            guard let bytes, let me else { return 0 }
            let head = Unmanaged<Head>.fromOpaque(me).takeUnretainedValue()
            do {
                try head.reader.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
                return size * count
            } catch {
                head.refusal = error as? CurlError
                return 0
            }
        }
        // Otherwise libcurl writes the body of a refusal to standard output.
        _ = clibcurl_set_sink(easy.handle, CURLOPT_WRITEFUNCTION) { _, _, _, _ in 0 }
        guard let result = wire.connect() else { return nil }
        let answer = head.reader.head
        guard result == CURLE_OK else {
            if head.reader.isComplete, answer.status >= 200 { throw Refusal(head: answer, beginning: []) }
            throw head.refusal.map { RingbackError($0) } ?? wire.failure(result)
        }
        try handshake.check(answer)
    }

    func receive() throws -> SocketInput? {
        var piece = clibcurl_ws_piece()
        wire.easy.clearFailure()
        let code = clibcurl_ws_receive(wire.easy.handle, &buffer, buffer.count, &piece)
        switch code {
        case CURLE_OK: return take(piece)
        case CURLE_AGAIN: return nil
        case CURLE_GOT_NOTHING: throw RingbackError.closedByServer
        default:
            // libcurl has one error code for invalid frames and lost connections.
            guard wire.easy.failureText.hasPrefix("[WS]") else { throw wire.failure(code) }
            return giveUp(1002)
        }
    }

    private func take(_ piece: clibcurl_ws_piece) -> SocketInput {
        func isSet(_ flag: Int) -> Bool { Int(piece.flags) & flag != 0 }
        let bytes = buffer[..<piece.count]
        guard isSet(CLIBCURL_WS_TEXT | CLIBCURL_WS_BINARY) else {
            control += bytes
            guard piece.left == 0 else { return SocketInput() }
            defer { control = [] }
            if isSet(CLIBCURL_WS_PING) {
                queue(control, CLIBCURL_WS_PONG)
                // The server sends pings without reading the pongs.
                guard outputBytes <= Self.maximumOutput else { return SocketInput(end: RingbackError.notRead) }
                _ = try? flush()
            }
            return isSet(CLIBCURL_WS_CLOSE) ? SocketInput(end: takeClose()) : SocketInput()
        }
        let room = Self.maximumBytes - message.count - bytes.count
        guard room >= 0, piece.left <= room else { return giveUp(1009) }
        message += bytes
        guard piece.left == 0, !isSet(CLIBCURL_WS_CONT) else { return SocketInput() }
        defer { message = [] }
        guard isSet(CLIBCURL_WS_BINARY) || String(validating: message, as: UTF8.self) != nil else {
            return giveUp(1007)
        }
        return SocketInput(messages: [message])
    }

    /// Answers the close frame of the server (RFC 6455, section 5.5.1).
    private func takeClose() -> any Error {
        guard control.count >= 2 else {
            if control.isEmpty { sendClose(1000, by: wire.deadline) }
            return control.isEmpty ? SocketClosed(code: 1005, reason: "") : giveUp(1002).end ?? brokenFrames
        }
        let code = UInt16(control[0]) << 8 | UInt16(control[1])
        guard let reason = String(validating: control[2...], as: UTF8.self),
            [1000...1003, 1007...1014, 3000...4999].contains(where: { $0.contains(code) })
        else { return giveUp(1002).end ?? brokenFrames }
        sendClose(code, by: wire.deadline)
        return SocketClosed(code: code, reason: reason)
    }

    /// Closes the connection because of an invalid frame.
    private func giveUp(_ code: UInt16) -> SocketInput {
        sendClose(code, by: .now + .milliseconds(200))
        return SocketInput(end: brokenFrames)
    }

    func close() { sendClose(1000, by: .now + .milliseconds(200)) }

    private func sendClose(_ code: UInt16, by deadline: ContinuousClock.Instant) {
        queue([UInt8(code >> 8), UInt8(code & 255)], CLIBCURL_WS_CLOSE)
        while (try? flush()) == false {
            guard (try? wire.wait(by: deadline, writing: true)) != nil else { return }
        }
    }

    // MARK: Writing

    func send(_ text: [UInt8]) { queue(text, CLIBCURL_WS_TEXT) }

    private func queue(_ payload: [UInt8], _ flag: Int) {
        output.append((payload[...], flag))
        // 64 bytes account for an empty frame.
        outputBytes += payload.count + 64
    }

    func flush() throws -> Bool {
        while let (rest, flag) = output.first {
            var count = 0
            let code = rest.withUnsafeBytes {
                clibcurl_ws_send(wire.easy.handle, $0.baseAddress, $0.count, &count, UInt32(flag))
            }
            guard code == CURLE_OK || code == CURLE_AGAIN else { throw wire.failure(code) }
            output[0].rest = rest.dropFirst(count)
            // A frame without payload is complete when libcurl says so, others when all bytes are written.
            guard code == CURLE_OK, output[0].rest.isEmpty else { return false }
            output.removeFirst()
        }
        outputBytes = 0
        return true
    }
}
