package import RingbackModel

/// A moment by a clock that nobody sets: for intervals and deadlines of this process. To another process it means nothing.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.milliseconds < b.milliseconds }

    /// Sub-millisecond parts of the duration are dropped.
    package static func + (moment: MonotonicTime, duration: Duration) -> MonotonicTime {
        MonotonicTime(milliseconds: moment.milliseconds &+ duration.milliseconds)
    }

    package static func - (moment: MonotonicTime, duration: Duration) -> MonotonicTime {
        MonotonicTime(milliseconds: moment.milliseconds &- duration.milliseconds)
    }

    package static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
        .milliseconds(later.milliseconds &- earlier.milliseconds)
    }
}

/// A moment by both clocks.
package struct Moment: Sendable, Hashable {
    package var wall: Timestamp
    package var monotonic: MonotonicTime

    package init(wall: Timestamp, monotonic: MonotonicTime) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// A wall clock that goes on as it was read once, whatever the system's is set to meanwhile.
package struct SteadyClock: Sendable, Hashable {
    private let offset: Int64

    /// - Parameters:
    ///   - time: What it shows at `moment`.
    package init(reading time: Timestamp, at moment: MonotonicTime) {
        offset = time.milliseconds &- moment.milliseconds
    }

    /// What it shows at a moment.
    package func time(at moment: MonotonicTime) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds &+ offset)
    }

    /// When it shows a time.
    package func moment(of time: Timestamp) -> MonotonicTime {
        MonotonicTime(milliseconds: time.milliseconds &- offset)
    }
}
