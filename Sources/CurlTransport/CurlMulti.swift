package import CLibcurl

/// A multi handle of libcurl.
///
/// - Note: `@unchecked Sendable`: the handle never changes. libcurl permits ``wake()`` from any thread; everything else
///   is called only by the thread that owns this object.
package final class CurlMulti: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// - Parameter connectionsPerHost: The maximum number of open connections to one host; further requests wait. 0 for
    ///   no limit.
    /// - Throws: ``CurlError`` if libcurl is out of memory.
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

    /// Performs everything that does not need to wait, and reports transfers that have ended.
    package func perform(_ done: (UnsafeMutableRawPointer, CURLcode) -> Void) {
        var running: Int32 = 0
        curl_multi_perform(handle, &running)
        var easy: UnsafeMutableRawPointer?
        var result = CURLE_OK
        while clibcurl_next_done(handle, &easy, &result) == 1 {
            if let easy { done(easy, result) }
        }
    }

    /// Waits until a transfer can continue, a timer of libcurl fires, ``wake()`` is called, or `milliseconds` have
    /// passed.
    ///
    /// - Parameter socket: An additional socket to watch.
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
