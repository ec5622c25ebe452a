package import CLibcurl
import Synchronization

/// An easy handle of libcurl, with the data that must live as long: the list of headers and the buffer for error
/// messages.
///
/// - Note: `@unchecked Sendable`: a handle is set up by one task, handed over through a lock, and then used only by the
///   thread that runs it.
package final class CurlEasy: @unchecked Sendable {
    /// Whether libcurl was initialized. Initializes it once per process.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// Handles for reuse, as bit patterns because pointers are not `Sendable`.
    private static let spares = Mutex<[UInt]>([])
    private static let mostSpares = 32

    package let handle: UnsafeMutableRawPointer
    /// Set after a successful transfer.
    var isReusable = false
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let words: UnsafeMutablePointer<CChar>

    package init?(_ options: CurlOptions) {
        guard Self.isReady, let handle = Self.spare() ?? curl_easy_init() else { return nil }
        self.handle = handle
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        _ = clibcurl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
        set(CURLOPT_NOSIGNAL, 1)
        // A name server that does not answer must not hold up the thread of all transfers beyond the timeout.
        set(CURLOPT_QUICK_EXIT, 1)
        // HTTP/1.1 by default: a proxy in front of an HTTP/2 server may not handle concurrent long polls well. One
        // request per connection.
        set(CURLOPT_HTTP_VERSION, options.usesHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        // Requests share a connection that is being opened.
        if options.usesHTTP2 { set(CURLOPT_PIPEWAIT, 1) }
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(options.connectTimeout))
        if let file = options.certificateAuthorities {
            set(CURLOPT_CAINFO, file)
            _ = clibcurl_set_string(handle, CURLOPT_CAPATH, nil)
        }
        if let proxy = options.proxy ?? (options.allowsOnlyPublicAddresses ? "" : nil) { set(CURLOPT_PROXY, proxy) }
    }

    deinit {
        if !isReusable || !Self.keep(handle) { curl_easy_cleanup(handle) }
        curl_slist_free_all(headers)
        words.deallocate()
    }

    private static func spare() -> UnsafeMutableRawPointer? {
        spares.withLock { $0.popLast() }.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
    }

    /// - Returns: `false` if enough handles are kept.
    private static func keep(_ handle: UnsafeMutableRawPointer) -> Bool {
        // Resets all options, so that the handle keeps no pointers to freed memory.
        curl_easy_reset(handle)
        let pattern = UInt(bitPattern: handle)
        return spares.withLock { spares in
            guard spares.count < mostSpares else { return false }
            spares.append(pattern)
            return true
        }
    }

    package func set(_ option: CURLoption, _ value: Int) { _ = clibcurl_set_long(handle, option, value) }

    package func set(_ option: CURLoption, _ value: String) { _ = clibcurl_set_string(handle, option, value) }

    package func setHeaders(_ lines: [String]) {
        for line in lines { headers = curl_slist_append(headers, line) }
        _ = clibcurl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
    }

    /// libcurl's message for the last failure; empty if there is none.
    package var failureText: String { String(cString: words) }

    package func clearFailure() { words[0] = 0 }

    /// The error for `code`, with libcurl's message for this transfer.
    package func failure(_ code: CURLcode) -> CurlError {
        let text = failureText
        var answerOfProxy = 0
        if clibcurl_get_long(handle, CURLINFO_HTTP_CONNECTCODE, &answerOfProxy) == CURLE_OK, answerOfProxy == 407 {
            return .proxyWantsPassword
        }
        // An invalid proxy URL has the same code as an unknown host.
        if text.hasPrefix("Unsupported proxy") { return .failed(.proxy, text) }
        return .failed(.init(code), text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    }

    /// At least 1, because libcurl interprets 0 as its default.
    package static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return max(
            1,
            Int(
                clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue + attoseconds
                    / 1_000_000_000_000_000))
    }
}
