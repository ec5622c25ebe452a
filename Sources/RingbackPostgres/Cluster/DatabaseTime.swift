package import RingbackCore
package import RingbackModel
import Synchronization

/// The clock of the database, which all nodes go by, whatever their own clocks say. In between it is kept by the
/// monotonic clock, also while the database is away.
package final class DatabaseTime: Timekeeper {
    private let own: any Timekeeper
    /// Milliseconds from the monotonic clock to the database's.
    private let offset: Atomic<Int64>

    /// Begins with the node's own clock, until the store has asked the database.
    package init(_ own: any Timekeeper = SystemTime()) {
        self.own = own
        offset = Atomic(own.now.milliseconds - own.monotonic.milliseconds)
    }

    package var now: Timestamp {
        Timestamp(milliseconds: own.monotonic.milliseconds &+ offset.load(ordering: .relaxed))
    }

    package var monotonic: MonotonicTime { own.monotonic }

    package func sleep(until moment: MonotonicTime) async throws { try await own.sleep(until: moment) }

    /// Takes what the database's clock said at some moment between the question and now: changes as little as that
    /// allows, since the answer may have taken long.
    func take(_ time: Timestamp, askedAt asked: MonotonicTime) {
        let range = (time.milliseconds - monotonic.milliseconds)...(time.milliseconds - asked.milliseconds)
        let known = offset.load(ordering: .relaxed)
        offset.store(min(max(known, range.lowerBound), range.upperBound), ordering: .relaxed)
    }
}
