import CLibcurl
import CurlTransport

/// A WebSocket with the framing of wslay, over a raw connection of libcurl (`CURLOPT_CONNECT_ONLY`).
final class WslaySocket: OpenSocket {
    let wire: SocketWire
    private let codec: FrameCodec
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)
    /// The bytes still to be written.
    private var output: ArraySlice<UInt8> = []
    /// Bytes that arrived together with the handshake.
    private var beginning: ArraySlice<UInt8>?

    /// Connects and performs the handshake. `nil` if the socket is to be closed.
    ///
    /// - Throws: ``RingbackError``, with the problem of a server that refuses the upgrade.
    init?(_ wire: SocketWire) throws {
        guard let codec = FrameCodec(maximumBytes: Self.maximumBytes) else {
            throw RingbackError.transport(TransportFailure(kind: .other, detail: "wslay could not be set up"))
        }
        (self.wire, self.codec) = (wire, codec)
        wire.easy.set(CURLOPT_URL, wire.base.text)
        wire.easy.set(CURLOPT_CONNECT_ONLY, 1)
        guard let result = wire.connect() else { return nil }
        guard result == CURLE_OK else { throw wire.failure(result) }
        guard let rest = try performHandshake(by: wire.deadline) else { return nil }
        if !rest.isEmpty { beginning = rest[...] }
    }

    /// - Returns: The bytes after the handshake; `nil` if the socket is to be closed.
    private func performHandshake(by deadline: ContinuousClock.Instant) throws -> [UInt8]? {
        let request = wire.request
        var target = request.url.dropFirst(wire.base.text.count)
        if !target.hasPrefix("/") { target = "/" + target }
        var handshake = Handshake()
        output =
            handshake.request(
                target: wire.base.path + target, authority: wire.base.authority, headers: request.headers)[...]
        try flush(by: deadline)
        while !wire.isClosing() {
            guard let bytes = try read() else {
                try wire.wait(by: deadline)
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

    /// Reads the body of a refusal, which gives the reason.
    private func refuse(_ refusal: Refusal, by deadline: ContinuousClock.Instant) throws -> Never {
        let length = min(refusal.head.headers["content-length"].flatMap { Int($0) } ?? 0, 64 << 10)
        var body = refusal.beginning
        while body.count < length, !wire.isClosing() {
            // An incomplete response is judged by what has arrived.
            do {
                if let bytes = try read() { body += bytes } else { try wire.wait(by: deadline) }
            } catch { break }
        }
        try refusal.tell(body)
    }

    func receive() throws -> SocketInput? {
        guard let bytes = try beginning ?? read() else { return nil }
        beginning = nil
        let isFine = codec.receive(bytes)
        output += codec.takeOutput()
        // The server sends pings without reading the pongs.
        guard output.count <= Self.maximumOutput else { throw RingbackError.notRead }
        _ = try? flush()
        let end: (any Error)? =
            codec.close.map { SocketClosed(code: $0.code, reason: $0.reason) } ?? (isFine ? nil : brokenFrames)
        return SocketInput(messages: codec.takeMessages(), end: end)
    }

    func send(_ text: [UInt8]) {
        codec.queueText(text)
        output += codec.takeOutput()
    }

    func flush() throws -> Bool {
        while !output.isEmpty {
            var count = 0
            let code = output.withUnsafeBytes {
                curl_easy_send(wire.easy.handle, $0.baseAddress, $0.count, &count)
            }
            guard code != CURLE_AGAIN else { return false }
            guard code == CURLE_OK else { throw wire.failure(code) }
            output = output.dropFirst(count)
        }
        output = []
        return true
    }

    func close() {
        codec.queueClose(1000)
        output += codec.takeOutput()
        try? flush(by: .now + .milliseconds(200))
    }

    // MARK: Bytes

    /// Reads what has arrived; `nil` if nothing has.
    ///
    /// libcurl may hold bytes that TLS has already decrypted, so wait for the socket only after this returns `nil`.
    private func read() throws -> ArraySlice<UInt8>? {
        var count = 0
        let code = curl_easy_recv(wire.easy.handle, &buffer, buffer.count, &count)
        switch code {
        case CURLE_OK where count > 0: return buffer[..<count]
        case CURLE_AGAIN: return nil
        case CURLE_OK: throw RingbackError.closedByServer
        default: throw wire.failure(code)
        }
    }

    private func flush(by deadline: ContinuousClock.Instant) throws {
        while try !flush() { try wire.wait(by: deadline, writing: true) }
    }
}
