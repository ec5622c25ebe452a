import CLibcurl
import CurlTransport

/// A connection that libcurl establishes, including TLS and proxies. For use by one thread.
final class SocketWire {
    let request: CurlRequest
    let base: BaseURL
    let network: NetworkOptions
    let easy: CurlEasy
    /// Whether the connection is to be closed.
    let isClosing: () -> Bool
    private let multi: CurlMulti
    private var isAdded = false
    private var socket: curl_socket_t = -1

    init(
        _ request: CurlRequest, _ base: BaseURL, _ network: NetworkOptions, _ multi: CurlMulti,
        isClosing: @escaping () -> Bool
    ) throws {
        guard let easy = CurlEasy(request.options) else {
            throw RingbackError.transport(TransportFailure(kind: .other, detail: "libcurl could not be set up"))
        }
        self.easy = easy
        (self.request, self.base, self.network, self.multi, self.isClosing) = (request, base, network, multi, isClosing)
        // Proxies must open a tunnel for http:// as well.
        easy.set(CURLOPT_HTTPPROXYTUNNEL, 1)
        // Only HTTP/1.1 can be upgraded this way.
        easy.set(CURLOPT_SSL_ENABLE_ALPN, 0)
    }

    deinit {
        if isAdded { multi.remove(easy) }
    }

    /// The deadline for the next step.
    var deadline: ContinuousClock.Instant { .now + network.connectTimeout }

    /// Lets libcurl connect.
    ///
    /// - Returns: Its result; `nil` if the socket is to be closed.
    func connect() -> CURLcode? {
        multi.add(easy)
        isAdded = true
        var result: CURLcode?
        while result == nil {
            if isClosing() { return nil }
            multi.perform { _, code in result = code }
            if result == nil { multi.wait(milliseconds: 1000) }
        }
        if result == CURLE_OK, clibcurl_get_socket(easy.handle, &socket) != CURLE_OK || socket < 0 {
            return CURLE_COULDNT_CONNECT
        }
        return result
    }

    func failure(_ code: CURLcode) -> RingbackError { RingbackError(easy.failure(code)) }

    /// Waits until the socket is readable, or writable if `writing`, or until the thread is woken.
    ///
    /// - Throws: `timedOut` after the deadline.
    func wait(by deadline: ContinuousClock.Instant, writing: Bool = false) throws {
        let left = (deadline - .now).milliseconds
        guard left > 0 else {
            throw RingbackError.transport(TransportFailure(kind: .timedOut, detail: "the socket is silent"))
        }
        multi.wait(milliseconds: Int32(clamping: left), socket: socket, writing: writing)
    }

    /// Waits for a second, or until the thread is woken.
    func rest() { multi.wait(milliseconds: 1000) }
}
