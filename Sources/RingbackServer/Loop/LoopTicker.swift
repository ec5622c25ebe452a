import NIOCore
import Synchronization

/// An object with deadlines to check on its event loop.
protocol LoopTicked: AnyObject {
    /// Called about once a second.
    func tick(at now: NIODeadline)
}

/// Calls every connection of an event loop once a second, with a single timer, for pings and timeouts.
///
/// An idle connection needs no task and no timer of its own.
final class LoopTicker: Sendable {
    private static let interval: TimeAmount = .seconds(1)

    private struct Loop {
        var ticked: [ObjectIdentifier: NIOLoopBound<any LoopTicked>] = [:]
        var timer: RepeatedTask?
    }

    private let loops = Mutex<[ObjectIdentifier: Loop]>([:])

    /// Must be called on the event loop, like ``remove(_:on:)``.
    func add(_ ticked: any LoopTicked, on eventLoop: any EventLoop) {
        let bound = NIOLoopBound(ticked, eventLoop: eventLoop)
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            loops[key, default: Loop()].ticked[ObjectIdentifier(ticked)] = bound
            guard loops[key]?.timer == nil else { return }
            loops[key]?.timer = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) {
                [weak self] _ in self?.tick(key)
            }
        }
    }

    func remove(_ ticked: any LoopTicked, on eventLoop: any EventLoop) {
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            loops[key]?.ticked[ObjectIdentifier(ticked)] = nil
            guard loops[key]?.ticked.isEmpty == true else { return }
            loops[key]?.timer?.cancel()
            loops[key] = nil
        }
    }

    private func tick(_ key: ObjectIdentifier) {
        let all = loops.withLock { $0[key].map { Array($0.ticked.values) } ?? [] }
        let now = NIODeadline.now()
        for ticked in all { ticked.value.tick(at: now) }
    }
}
