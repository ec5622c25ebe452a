import CLibcurl
import CurlTransport
import Foundation
import Synchronization

/// A WebSocket over a connection that libcurl makes, TLS and proxy and all. Its frames are libcurl's, where it knows them, and
/// wslay's elsewhere.
///
/// It has a thread of its own, because libcurl gives a connection out only beside the transfers it drives. The thread answers
/// pings by itself; while nobody takes what comes it stops reading, and the server closes a socket that lags. It also writes
/// the requests of the client and takes their answers, once ``takeRequests()`` was called and for as long as it reads.
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

    /// Another one for each connection of the process.
    let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
    /// Of the session that it was opened with.
    let token: String?
    let incoming: BoundedQueue<Piece>
    private let requests: RequestQueue
    private let multi: CurlMulti
    private let state = Mutex(State())

    /// Begins to connect. The first piece is `opened`.
    ///
    /// - Throws: ``RingbackError`` for URLs and tokens that can't be sent, and when libcurl has no memory.
    init(_ client: RingbackClient, _ request: OperationRequest) throws {
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

    /// Ends the connection.
    func close() {
        state.withLock { $0.isClosing = true }
        wake()
    }

    /// Ends a connection that owes an answer.
    func giveUp() {
        incoming.finish(
            throwing: RingbackError.transport(
                TransportFailure(kind: .timedOut, detail: "the socket did not answer in time")))
        close()
    }

    /// The welcome has come: requests may be sent.
    func takeRequests() {
        state.withLock { $0.takesRequests = true }
        wake()
    }

    /// There is something to send.
    func wake() { multi.wake() }

    // MARK: On its thread

    /// Tells the client whether requests can be sent and answered at the moment.
    func offerRequests(_ canTake: Bool) {
        let isOffered = state.withLock { state -> Bool? in
            guard state.takesRequests, state.isOffered != canTake else { return nil }
            state.isOffered = canTake
            return canTake
        }
        guard let isOffered else { return }
        if isOffered { requests.opened(self) } else { requests.lost(self) }
    }

    /// What is to be sent next.
    func nextRequest() -> [UInt8]? { requests.nextMessage(for: self) }

    /// Takes a message: an answer, or something for the reader of the events.
    func take(_ message: [UInt8]) {
        if let answer = SocketMessage.Answer(parsing: message) {
            requests.received(answer)
        } else {
            incoming.push(.message(message), cost: message.count)
        }
    }
}
