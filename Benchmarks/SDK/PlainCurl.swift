import CLibcurl
import Foundation
import RingbackClient

/// The reference for the SDK: one reused handle of the easy interface, as in a C program.
///
/// - Note: `@unchecked Sendable`: each is used by one thread at a time.
final class PlainCurl: @unchecked Sendable {
    /// The buffer for responses. Small, because it counts for waiting handles.
    private struct Answer {
        static let capacity = 1024
        var bytes = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
        var count = 0
    }

    private let handle: UnsafeMutableRawPointer
    private let answer = UnsafeMutablePointer<Answer>.allocate(capacity: 1)
    private let headers: [String]
    private var list: UnsafeMutablePointer<curl_slist>?

    /// - Parameter method: Methods other than GET have a JSON body and an idempotency key.
    init(_ url: String, token: String, method: String = "GET") {
        guard let handle = curl_easy_init() else { fatalError("curl_easy_init") }
        self.handle = handle
        answer.initialize(to: Answer())
        var headers = ["Accept: */*", "User-Agent: ringback-swift/0.1", "Authorization: Bearer \(token)"]
        if method != "GET" { headers.append("Content-Type: application/json") }
        self.headers = headers + ["Expect:"]
        _ = clibcurl_set_string(handle, CURLOPT_URL, url)
        if method != "GET" { _ = clibcurl_set_string(handle, CURLOPT_CUSTOMREQUEST, method) }
        _ = clibcurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        _ = clibcurl_set_long(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        _ = clibcurl_set_long(handle, CURLOPT_TIMEOUT_MS, 30_000)
        _ = clibcurl_set_pointer(handle, CURLOPT_WRITEDATA, answer)
        _ = clibcurl_set_sink(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, answer in
            guard let bytes, let answer = answer?.assumingMemoryBound(to: Answer.self) else { return 0 }
            guard answer.pointee.count + size * count <= Answer.capacity else { return 0 }
            (answer.pointee.bytes + answer.pointee.count).update(from: bytes, count: size * count)
            answer.pointee.count += size * count
            return size * count
        }
        setHeaders(nil)
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(list)
        answer.pointee.bytes.deallocate()
        answer.deallocate()
    }

    /// Adds it to a multi handle.
    func add(to multi: UnsafeMutableRawPointer) { curl_multi_add_handle(multi, handle) }

    /// Performs one request. A write builds its list of headers anew, because its key changes.
    ///
    /// - Returns: The size of the body.
    @discardableResult
    func perform(_ body: String? = nil) -> Int {
        if let body {
            _ = body.withCString { clibcurl_set_body(handle, $0, curl_off_t(strlen($0))) }
            setHeaders(.random())
        }
        answer.pointee.count = 0
        let result = curl_easy_perform(handle)
        var status = 0
        _ = clibcurl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        guard result == CURLE_OK, (200...299).contains(status) else {
            fatalError("curl: \(result.rawValue), \(status)")
        }
        return answer.pointee.count
    }

    private func setHeaders(_ key: IdempotencyKey?) {
        curl_slist_free_all(list)
        list = nil
        for line in headers { list = curl_slist_append(list, line) }
        if let key { list = curl_slist_append(list, "Idempotency-Key: \(key)") }
        _ = clibcurl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
    }
}
