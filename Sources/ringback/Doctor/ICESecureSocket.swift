import CLibcurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TLS connection to a host, established by libcurl, so that certificates are verified like those of the SDK.
final class ICESecureSocket: ICEConnection {
    private static let timeoutMilliseconds = 2000

    let isStream = true
    private let easy: UnsafeMutableRawPointer
    private var descriptor: curl_socket_t = -1

    /// - Throws: ``ICEFailure``.
    init(host: String, port: UInt16, certificateAuthorities: String?) throws {
        guard let easy = curl_easy_init() else { throw ICEFailure(text: "libcurl could not be initialized") }
        self.easy = easy
        let name = host.contains(":") ? "[\(host)]" : host
        _ = clibcurl_set_string(easy, CURLOPT_URL, "https://\(name):\(port)")
        _ = clibcurl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        _ = clibcurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 5000)
        _ = clibcurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = clibcurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        _ = clibcurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        // The protocol is not HTTP, and browsers do not use the proxy for ICE servers either.
        _ = clibcurl_set_long(easy, CURLOPT_SSL_ENABLE_ALPN, 0)
        _ = clibcurl_set_string(easy, CURLOPT_PROXY, "")
        if let file = certificateAuthorities {
            _ = clibcurl_set_string(easy, CURLOPT_CAINFO, file)
            _ = clibcurl_set_string(easy, CURLOPT_CAPATH, nil)
        }
        let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer {
            _ = clibcurl_set_pointer(easy, CURLOPT_ERRORBUFFER, nil)
            words.deallocate()
        }
        _ = clibcurl_set_pointer(easy, CURLOPT_ERRORBUFFER, words)
        let result = curl_easy_perform(easy)
        guard result == CURLE_OK, clibcurl_get_socket(easy, &descriptor) == CURLE_OK else {
            let text = words[0] == 0 ? String(cString: curl_easy_strerror(result)) : String(cString: words)
            guard result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CONNECT_ERROR else {
                throw ICEFailure(text: text)
            }
            throw ICEFailure(
                text: text,
                advice:
                    "The server must have TLS on this port, with a certificate for this name from a trusted authority."
            )
        }
    }

    deinit { curl_easy_cleanup(easy) }

    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            var count = 0
            let code = bytes[sent...].withUnsafeBytes { curl_easy_send(easy, $0.baseAddress, $0.count, &count) }
            guard code == CURLE_OK || code == CURLE_AGAIN && wait(Int16(POLLOUT)) else { return false }
            sent += count
        }
        return true
    }

    func read(atMost count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        while true {
            var got = 0
            switch curl_easy_recv(easy, &buffer, count, &got) {
            case CURLE_OK where got > 0: return Array(buffer[..<got])
            case CURLE_AGAIN: guard wait(Int16(POLLIN)) else { return nil }
            default: return nil
            }
        }
    }

    private func wait(_ events: Int16) -> Bool {
        var watched = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&watched, 1, Int32(Self.timeoutMilliseconds)) > 0
    }
}
