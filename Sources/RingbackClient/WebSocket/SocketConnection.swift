import CLibcurl
import Foundation
import Synchronization

/// A WebSocket over a connection that libcurl makes, TLS and proxy and all. Its frames are libcurl's, where it knows them, and
/// wslay's elsewhere.
///
/// It has a thread of its own, because libcurl gives a connection out only beside the transfers it drives. The thread answers
/// pings by itself; while nobody takes what comes it stops reading, and the server closes a socket that lags.
final class SocketConnection: Sendable {
    enum Piece: Sendable {
        case opened
        case message([UInt8])
    }

    private static let capacity = 1 << 20

    let mailbox: Mailbox<Piece>
    private let multi: Multi
    private let isClosing: Mutex<Bool>

    /// Begins to connect. The first piece is `opened`.
    ///
    /// - Throws: ``RingbackError`` for URLs and tokens that can't be sent, and when libcurl has no memory.
    init(_ client: RingbackClient, _ request: OperationRequest) throws {
        let multi = try Multi()
        self.multi = multi
        isClosing = Mutex(false)
        mailbox = Mailbox(capacity: Self.capacity) { multi.wake() }
        let http = try client.httpRequest(request)
        let base = client.base
        let thread = Thread { [self] in
            do {
                let thread = SocketThread(mailbox) {
                    try SocketWire(http, base, multi) { self.isClosing.withLock { $0 } }
                }
                try thread.run()
                mailbox.finish(throwing: CancellationError())
            } catch {
                mailbox.finish(throwing: error)
            }
        }
        thread.name = "ringback-socket"
        thread.stackSize = 512 << 10
        thread.start()
    }

    /// Ends the connection, from any task.
    func close() {
        isClosing.withLock { $0 = true }
        multi.wake()
    }
}
