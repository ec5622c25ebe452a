import Dispatch
import Foundation
import Synchronization

/// A thread that runs one piece of work after the other and sleeps in between.
///
/// A queue of Dispatch's would do the same on a thread that changes from time to time, and with it the caches and the memory
/// that the allocator keeps for each thread: some 3 % of the CPU of a call.
package final class StoreThread: Sendable {
    private let work = PendingWork()

    package init(name: String) {
        let thread = Thread { [work] in
            while let next = work.next() { next() }
        }
        thread.name = name
        thread.start()
    }

    /// What was handed over before is still run.
    deinit { work.add(nil) }

    /// Lets the thread that calls it sleep.
    package static func sleep(for time: Duration) { Thread.sleep(forTimeInterval: time / .seconds(1)) }

    package func run(_ work: @escaping @Sendable () -> Void) { self.work.add(work) }
}

/// Work in its order; `nil` when nothing comes any more.
private final class PendingWork: Sendable {
    private let pieces = Mutex<[(@Sendable () -> Void)?]>([])
    private let count = DispatchSemaphore(value: 0)

    func add(_ piece: (@Sendable () -> Void)?) {
        pieces.withLock { $0.append(piece) }
        count.signal()
    }

    /// Waits for the next piece.
    func next() -> (@Sendable () -> Void)? {
        count.wait()
        return pieces.withLock { $0.removeFirst() }
    }
}
