import Dispatch
import Foundation
import Synchronization

/// A thread that performs work in order, and sleeps in between.
///
/// A serial queue of Dispatch would do the same, but on changing threads, which costs about 3 % of the CPU of a call:
/// it loses the processor's caches and the memory that the allocator keeps per thread.
package final class StoreThread: Sendable {
    private let work = PendingWork()

    /// - Parameter givesWay: Whether all other threads come first (Linux).
    package init(name: String, givesWay: Bool = false) {
        let thread = Thread { [work] in
            #if os(Linux)
                // There it is the calling thread's, not the process's.
                if givesWay { setpriority(Int32(PRIO_PROCESS.rawValue), 0, 10) }
            #endif
            while let next = work.next() { next() }
        }
        thread.name = name
        thread.start()
    }

    /// Work enqueued earlier is still performed.
    deinit { work.add(nil) }

    /// Suspends the calling thread.
    package static func sleep(for time: Duration) { Thread.sleep(forTimeInterval: time / .seconds(1)) }

    package func run(_ work: @escaping @Sendable () -> Void) { self.work.add(work) }
}

/// Work in order; `nil` marks the end.
private final class PendingWork: Sendable {
    private let pieces = Mutex<[(@Sendable () -> Void)?]>([])
    private let count = DispatchSemaphore(value: 0)

    func add(_ piece: (@Sendable () -> Void)?) {
        pieces.withLock { $0.append(piece) }
        count.signal()
    }

    /// Waits for the next piece of work.
    func next() -> (@Sendable () -> Void)? {
        count.wait()
        return pieces.withLock { $0.removeFirst() }
    }
}
