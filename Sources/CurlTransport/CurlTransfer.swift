import CLibcurl
import Synchronization

/// A transfer whose response is collected, or passed on piece by piece.
///
/// - Note: `@unchecked Sendable`: everything that changes, except for the atomic flag, is accessed only by the thread
///   of ``CurlDriver``, once the transfer was handed to it through a lock.
package final class CurlTransfer: @unchecked Sendable {
    /// A piece of a response, for a reader of a stream.
    package enum Piece: Sendable {
        case head(CurlResponseHead)
        case bytes([UInt8])
    }

    private enum Sink {
        case collecting(CheckedContinuation<CurlResponse, any Error>)
        case streaming(BoundedQueue<Piece>)
    }

    let easy: CurlEasy
    /// Set by any task. A transfer that is cancelled before it is handed over does not begin.
    let isCancelled = Atomic(false)
    let allowsOnlyPublicAddresses: Bool
    /// The scheme, host and port of a request over HTTP/2; `nil` over HTTP/1.1, where a timeout closes the connection.
    let multiplexedOrigin: String?
    private let maximumBytes: Int
    private var sink: Sink?
    private var reader = HeadReader()
    private var body: [UInt8] = []
    private var headIsTold = false
    /// Why a callback aborted the transfer.
    private var refusal: CurlError?

    /// - Throws: ``CurlError`` if libcurl is out of memory.
    package init(_ request: CurlRequest) throws(CurlError) {
        guard let easy = CurlEasy(request.options) else { throw .noMemory }
        self.easy = easy
        maximumBytes = request.maximumBytes
        allowsOnlyPublicAddresses = request.options.allowsOnlyPublicAddresses
        multiplexedOrigin =
            request.options.usesHTTP2
            ? request.url.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//") : nil
        easy.set(CURLOPT_URL, request.url)
        if request.method != "GET" { easy.set(CURLOPT_CUSTOMREQUEST, request.method) }
        if let body = request.body {
            // libcurl interprets a null pointer as no body.
            _ = (body.isEmpty ? [0] : body).withUnsafeBytes {
                clibcurl_set_body(easy.handle, $0.baseAddress, curl_off_t(body.count))
            }
        }
        if request.maximumRedirects > 0, request.method == "GET" {
            easy.set(CURLOPT_FOLLOWLOCATION, 1)
            easy.set(CURLOPT_MAXREDIRS, request.maximumRedirects)
            easy.set(CURLOPT_REDIR_PROTOCOLS_STR, request.url.lowercased().hasPrefix("https:") ? "https" : "http,https")
        }
        if request.isFresh { useNewConnection() }
        // Until there is a response: a connection over HTTP/2 that does not respond would be used again otherwise.
        if request.options.usesHTTP2 { easy.set(CURLOPT_FORBID_REUSE, 1) }
        if let timeout = request.timeout { easy.set(CURLOPT_TIMEOUT_MS, CurlEasy.milliseconds(timeout)) }
        if let silence = request.silence {
            easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
            easy.set(CURLOPT_LOW_SPEED_TIME, max(1, Int(clamping: silence.components.seconds)))
        }
        // A name without a value removes a header that libcurl adds by default.
        var headers = request.headers.map { "\($0.name): \($0.value)" } + ["Expect:"]
        if request.body?.isEmpty == true { headers.append("Content-Type:") }
        easy.setHeaders(headers)
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = clibcurl_set_pointer(easy.handle, CURLOPT_WRITEDATA, me)
        _ = clibcurl_set_pointer(easy.handle, CURLOPT_HEADERDATA, me)
        _ = clibcurl_set_sink(easy.handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, me in
            guard let bytes, let me else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(me).takeUnretainedValue()
            return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        _ = clibcurl_set_sink(easy.handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
            guard let bytes, let me else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(me).takeUnretainedValue()
            return transfer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        if request.options.allowsOnlyPublicAddresses { checkAddresses() }
    }

    /// Checks each address before a socket to it is opened.
    private func checkAddresses() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        _ = clibcurl_set_pointer(easy.handle, CURLOPT_OPENSOCKETDATA, me)
        _ = clibcurl_set_open_socket(easy.handle) { me, _, address in
            guard let me, let address else { return CURL_SOCKET_BAD }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(me).takeUnretainedValue()
            let family = address.pointee.family
            let bytes = clibcurl_address(address).map { PublicAddress.bytes(of: $0, family: family) } ?? []
            guard PublicAddress.contains(bytes) else {
                transfer.refusal = .failed(.addressNotAllowed, "the host has an address that is not public")
                return CURL_SOCKET_BAD
            }
            transfer.refusal = nil
            return clibcurl_open_socket(address)
        }
    }

    /// Call before the transfer is handed over.
    func collect(into continuation: CheckedContinuation<CurlResponse, any Error>) { sink = .collecting(continuation) }

    /// Call before the transfer is handed over.
    func stream(into incoming: BoundedQueue<Piece>) { sink = .streaming(incoming) }

    // MARK: On the driver's thread

    /// Call before the transfer begins.
    func useNewConnection() { easy.set(CURLOPT_FRESH_CONNECT, 1) }

    private func takeHeader(_ line: UnsafeRawBufferPointer) -> Int {
        do {
            if multiplexedOrigin != nil { easy.set(CURLOPT_FORBID_REUSE, 0) }
            try reader.take(line)
            return line.count
        } catch {
            refusal = error
            return 0
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch sink {
        case .collecting:
            guard body.count + bytes.count <= maximumBytes else {
                refusal = .tooLong(reader.head, "its body has over \(maximumBytes) bytes")
                return 0
            }
            body.append(contentsOf: bytes)
        case .streaming(let incoming):
            guard incoming.hasRoom() else { return clibcurl_writefunc_pause() }
            deliverHead(incoming)
            incoming.push(.bytes(Array(bytes)), cost: bytes.count)
        case nil: return 0
        }
        return bytes.count
    }

    private func deliverHead(_ incoming: BoundedQueue<Piece>) {
        guard !headIsTold else { return }
        headIsTold = true
        incoming.push(.head(reader.head), cost: 0)
    }

    /// Ends the transfer.
    func finish(_ code: CURLcode) {
        guard code == CURLE_OK else { return finish(throwing: refusal ?? easy.failure(code)) }
        guard reader.isComplete else { return finish(throwing: easy.failure(CURLE_PARTIAL_FILE)) }
        easy.isReusable = true
        switch sink {
        case .collecting(let continuation): continuation.resume(returning: CurlResponse(head: reader.head, body: body))
        case .streaming(let incoming):
            deliverHead(incoming)
            incoming.finish()
        case nil: break
        }
        sink = nil
    }

    func finish(throwing error: any Error) {
        switch sink {
        case .collecting(let continuation): continuation.resume(throwing: error)
        case .streaming(let incoming): incoming.finish(throwing: error)
        case nil: break
        }
        sink = nil
    }
}

extension BidirectionalCollection<UInt8> {
    /// The text without leading and trailing white space.
    package var trimmedText: String {
        func isSpace(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
                || byte == UInt8(ascii: "\n")
        }
        var rest = drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}
