import NIOCore
import Synchronization

/// Looks after all sockets of an event loop with one timer: pings, pongs that don't come, readers that don't read.
///
/// An idle socket costs no task and no timer of its own.
final class SocketKeeper: Sendable {
    private static let interval: TimeAmount = .seconds(1)

    private struct Loop {
        var sockets: [ObjectIdentifier: NIOLoopBound<SocketHandler>] = [:]
        var timer: RepeatedTask?
    }

    private let loops = Mutex<[ObjectIdentifier: Loop]>([:])

    func add(_ socket: SocketHandler, on eventLoop: any EventLoop) {
        let bound = NIOLoopBound(socket, eventLoop: eventLoop)
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            loops[key, default: Loop()].sockets[ObjectIdentifier(socket)] = bound
            guard loops[key]?.timer == nil else { return }
            loops[key]?.timer = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) {
                [weak self] _ in self?.look(key)
            }
        }
    }

    func remove(_ socket: SocketHandler, on eventLoop: any EventLoop) {
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            loops[key]?.sockets[ObjectIdentifier(socket)] = nil
            guard loops[key]?.sockets.isEmpty == true else { return }
            loops[key]?.timer?.cancel()
            loops[key] = nil
        }
    }

    var count: Int { loops.withLock { $0.values.reduce(0) { $0 + $1.sockets.count } } }

    private func look(_ key: ObjectIdentifier) {
        let sockets = loops.withLock { $0[key].map { Array($0.sockets.values) } ?? [] }
        let now = NIODeadline.now()
        for socket in sockets { socket.value.look(at: now) }
    }
}
