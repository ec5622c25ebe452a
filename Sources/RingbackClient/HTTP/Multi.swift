import CLibcurl

/// A multi handle of libcurl.
///
/// - Note: `@unchecked Sendable`: the handle never changes, libcurl allows ``wake()`` from any thread, and
///   everything else by the one thread that owns this.
final class Multi: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// - Throws: ``RingbackError`` when libcurl has no memory.
    init() throws(RingbackError) {
        guard CurlEasy.isReady, let handle = curl_multi_init() else {
            throw .transport(TransportFailure(kind: .other, detail: "libcurl could not be set up"))
        }
        self.handle = handle
    }

    deinit { curl_multi_cleanup(handle) }

    func wake() { curl_multi_wakeup(handle) }

    func add(_ easy: CurlEasy) { curl_multi_add_handle(handle, easy.handle) }

    func remove(_ easy: CurlEasy) { curl_multi_remove_handle(handle, easy.handle) }

    /// Does what can be done without waiting, and reports the transfers that have ended.
    func perform(_ done: (UnsafeMutableRawPointer, CURLcode) -> Void) {
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
    func wait(milliseconds: Int32 = 10_000, socket: curl_socket_t? = nil, writing: Bool = false) {
        guard let socket else {
            curl_multi_poll(handle, nil, 0, milliseconds, nil)
            return
        }
        let events = CURL_WAIT_POLLIN | (writing ? CURL_WAIT_POLLOUT : 0)
        var watched = curl_waitfd(fd: socket, events: Int16(events), revents: 0)
        curl_multi_poll(handle, &watched, 1, milliseconds, nil)
    }
}
