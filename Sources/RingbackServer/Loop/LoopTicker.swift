import NIOCore
import Synchronization

/// What has deadlines to look after, on its event loop.
protocol LoopTicked: AnyObject {
    /// Called about once a second.
    func tick(at now: NIODeadline)
}

/// Ticks every connection of an event loop with one timer: pings, pongs that don't come, waits that are over.
///
/// An idle connection costs no task and no timer of its own.
final class LoopTicker: Sendable {
    private static let interval: TimeAmount = .seconds(1)

    private struct Loop {
        var ticked: [ObjectIdentifier: NIOLoopBound<any LoopTicked>] = [:]
        var timer: RepeatedTask?
    }

    private let loops = Mutex<[ObjectIdentifier: Loop]>([:])

    /// To be called on the event loop, as is ``remove(_:on:)``.
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
