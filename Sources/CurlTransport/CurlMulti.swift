package import CLibcurl

/// A multi handle of libcurl.
///
/// - Note: `@unchecked Sendable`: the handle never changes, libcurl allows ``wake()`` from any thread, and
///   everything else by the one thread that owns this.
package final class CurlMulti: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// - Parameter connectionsPerHost: How many connections to one host may be open at a time; further requests wait. 0 is without a bound.
    /// - Throws: ``CurlError`` when libcurl has no memory.
    package init(connectionsPerHost: Int = 0) throws(CurlError) {
        guard CurlEasy.isReady, let handle = curl_multi_init() else {
            throw .noMemory
        }
        self.handle = handle
        if connectionsPerHost > 0 { clibcurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, connectionsPerHost) }
    }

    deinit { curl_multi_cleanup(handle) }

    package func wake() { curl_multi_wakeup(handle) }

    package func add(_ easy: CurlEasy) { curl_multi_add_handle(handle, easy.handle) }

    package func remove(_ easy: CurlEasy) { curl_multi_remove_handle(handle, easy.handle) }

    /// Does what can be done without waiting, and reports the transfers that have ended.
    package func perform(_ done: (UnsafeMutableRawPointer, CURLcode) -> Void) {
        var running: Int32 = 0
        curl_multi_perform(handle, &running)
        var easy: UnsafeMutableRawPointer?
        var result = CURLE_OK
        while clibcurl_next_done(handle, &easy, &result) == 1 {
            if let easy { done(easy, result) }
        }
    }

    /// Sleeps until a transfer can go on, a timer of libcurl's is due, somebody calls ``wake()``, or `milliseconds` are
    /// over.
    ///
    /// - Parameter socket: One more to watch.
    package func wait(milliseconds: Int32 = 10_000, socket: curl_socket_t? = nil, writing: Bool = false) {
        guard let socket else {
            curl_multi_poll(handle, nil, 0, milliseconds, nil)
            return
        }
        let events = CURL_WAIT_POLLIN | (writing ? CURL_WAIT_POLLOUT : 0)
        var watched = curl_waitfd(fd: socket, events: Int16(events), revents: 0)
        curl_multi_poll(handle, &watched, 1, milliseconds, nil)
    }
}
