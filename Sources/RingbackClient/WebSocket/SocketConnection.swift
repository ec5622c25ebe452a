import CLibcurl
import CurlTransport
import Foundation
import Synchronization

/// A WebSocket over a connection that libcurl establishes, including TLS and proxies. The framing is libcurl's where
/// available, otherwise wslay's.
///
/// It has a thread of its own, because libcurl does not drive such connections together with its transfers. The thread
/// answers pings. When the messages are not taken it stops reading, and the server eventually closes the socket as a
/// slow reader. From ``takeRequests()`` on, while it reads, it also sends the client's requests and receives their
/// answers.
final class SocketConnection: Sendable {
    enum Piece: Sendable {
        case opened
        case message([UInt8])
    }

    private struct State {
        var isClosing = false
        var takesRequests = false
        var isOffered = false
    }

    private static let capacity = 1 << 20
    private static let lastID = Atomic(0)

    /// Unique within the process.
    let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
    /// The token of the session with which the socket was opened.
    let token: String?
    let incoming: BoundedQueue<Piece>
    private let requests: RequestQueue
    private let multi: CurlMulti
    private let state = Mutex(State())

    /// Begins to connect. The first element is `opened`.
    ///
    /// - Throws: ``RingbackError`` if the URL or the token cannot be sent, or libcurl is out of memory.
    init(_ client: RingbackClient, _ request: APIRequest) throws {
        let multi = try CurlMulti()
        self.multi = multi
        incoming = BoundedQueue(capacity: Self.capacity) { multi.wake() }
        requests = client.requests
        var request = request
        request.token = client.session?.token
        token = request.token
        let http = try client.httpRequest(request)
        let (base, network) = (client.base, client.network)
        let thread = Thread { [self] in
            do {
                try SocketThread(self) { try SocketWire(http, base, network, multi) { self.isClosing } }.run()
                offerRequests(false)
                incoming.finish(throwing: CancellationError())
            } catch {
                offerRequests(false)
                incoming.finish(throwing: error)
            }
        }
        thread.name = "ringback-socket"
        thread.stackSize = 512 << 10
        thread.start()
    }

    // MARK: From any task or thread

    var isClosing: Bool { state.withLock(\.isClosing) }

    /// Closes the connection.
    func close() {
        state.withLock { $0.isClosing = true }
        wake()
    }

    /// Closes a connection that owes an answer.
    func giveUp() {
        incoming.finish(
            throwing: RingbackError.transport(
                TransportFailure(kind: .timedOut, detail: "the socket did not answer in time")))
        close()
    }

    /// Allows requests to be sent, after the welcome.
    func takeRequests() {
        state.withLock { $0.takesRequests = true }
        wake()
    }

    /// Wakes the thread because there is something to send.
    func wake() { multi.wake() }

    // MARK: On its thread

    /// Tells the client whether the socket can currently send requests and receive answers.
    func offerRequests(_ canTake: Bool) {
        let isOffered = state.withLock { state -> Bool? in
            guard state.takesRequests, state.isOffered != canTake else { return nil }
            state.isOffered = canTake
            return canTake
        }
        guard let isOffered else { return }
        if isOffered { requests.opened(self) } else { requests.lost(self) }
    }

    /// The next message to send.
    func nextRequest() -> [UInt8]? { requests.nextMessage(for: self) }

    /// Takes a message: an answer, or something for the reader of the events.
    func take(_ message: [UInt8]) {
        if let answer = SocketExchange.Answer(parsing: message) {
            requests.received(answer)
        } else {
            incoming.push(.message(message), cost: message.count)
        }
    }
}
