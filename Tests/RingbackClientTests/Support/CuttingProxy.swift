import Foundation
import Synchronization

/// A TCP proxy that cuts a WebSocket after a number of bytes, counted from the time of the request.
final class CuttingProxy: Sendable {
    enum Direction: Sendable { case up, down }

    /// Where a socket is to be cut.
    struct Cut: Sendable {
        var direction: Direction
        var bytes: Int
        var isReset: Bool
    }

    fileprivate struct State {
        var cut: Cut?
        /// Bytes that passed over sockets.
        var up = 0
        var down = 0
        var letsRequestsPass = true
    }

    private let state = Mutex(State())
    private let listener: Mutex<Listener?>

    var url: URL { listener.withLock { $0!.url } }
    /// Bytes that passed over sockets so far, to the server and back.
    var passed: (up: Int, down: Int) { state.withLock { ($0.up, $0.down) } }
    /// Whether the cut was made.
    var hasCut: Bool { state.withLock { $0.cut == nil } }

    init(before port: Int) throws {
        listener = Mutex(nil)
        let listener = try Listener { [weak self] client in
            guard let self, let first = client.read() else { return }
            let isSocket = first.starts(with: "GET /v1/socket".utf8)
            guard isSocket || state.withLock(\.letsRequestsPass), let server = Connection.connect(port: port),
                server.write(first)
            else { return }
            let ended = DispatchSemaphore(value: 0)
            let upward = Thread {
                self.pump(from: client, to: server, isSocket ? .up : nil)
                ended.signal()
            }
            upward.stackSize = 256 << 10
            upward.start()
            pump(from: server, to: client, isSocket ? .down : nil)
            ended.wait()
        }
        self.listener.withLock { $0 = listener }
    }

    func stop() { listener.withLock { $0?.stop() } }

    /// Cuts the next socket that passes this many bytes from now on.
    ///
    /// - Parameter letsRequestsPass: Whether connections other than sockets are accepted from now on.
    func arm(_ cut: Cut, letsRequestsPass: Bool) {
        state.withLock { state in
            state.cut = cut
            state.letsRequestsPass = letsRequestsPass
        }
    }

    private func pump(from source: Connection, to sink: Connection, _ direction: Direction?) {
        defer {
            source.end()
            sink.end()
        }
        while let bytes = source.read() {
            let (passing, cut) = state.withLock { $0.pass(bytes.count, direction) }
            guard sink.write(bytes.prefix(passing)) else { return }
            guard let cut else { continue }
            source.end(isReset: cut.isReset)
            sink.end(isReset: cut.isReset)
            return
        }
    }
}

extension CuttingProxy.State {
    /// - Returns: How many of `count` bytes may pass, and the cut to make after them.
    fileprivate mutating func pass(_ count: Int, _ direction: CuttingProxy.Direction?) -> (Int, CuttingProxy.Cut?) {
        guard let direction else { return (count, nil) }
        var passing = count
        var made: CuttingProxy.Cut?
        if let cut, cut.direction == direction {
            passing = min(count, cut.bytes)
            if cut.bytes <= count { made = cut }
            self.cut?.bytes -= passing
            if made != nil { self.cut = nil }
        }
        if direction == .up { up += passing } else { down += passing }
        return (passing, made)
    }
}
