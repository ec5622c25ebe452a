import NIOCore
import Synchronization

/// What wants to be looked after about once a second, on its event loop.
protocol LoopKept: AnyObject {
    func look(at now: NIODeadline)
}

/// Looks after everything of its kind on an event loop with one timer: pings, pongs that don't come, waits that are over.
///
/// An idle connection costs no task and no timer of its own.
final class LoopKeeper: Sendable {
    private static let interval: TimeAmount = .seconds(1)

    private struct Loop {
        var kept: [ObjectIdentifier: NIOLoopBound<any LoopKept>] = [:]
        var timer: RepeatedTask?
    }

    private let loops = Mutex<[ObjectIdentifier: Loop]>([:])

    func add(_ kept: any LoopKept, on eventLoop: any EventLoop) {
        let bound = NIOLoopBound(kept, eventLoop: eventLoop)
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            loops[key, default: Loop()].kept[ObjectIdentifier(kept)] = bound
            guard loops[key]?.timer == nil else { return }
            loops[key]?.timer = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) {
                [weak self] _ in self?.look(key)
            }
        }
    }

    func remove(_ kept: any LoopKept, on eventLoop: any EventLoop) {
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            loops[key]?.kept[ObjectIdentifier(kept)] = nil
            guard loops[key]?.kept.isEmpty == true else { return }
            loops[key]?.timer?.cancel()
            loops[key] = nil
        }
    }

    var count: Int { loops.withLock { $0.values.reduce(0) { $0 + $1.kept.count } } }

    private func look(_ key: ObjectIdentifier) {
        let all = loops.withLock { $0[key].map { Array($0.kept.values) } ?? [] }
        let now = NIODeadline.now()
        for kept in all { kept.value.look(at: now) }
    }
}
