package import RingbackModel

/// A time of a monotonic clock, for intervals and deadlines of this process. It is meaningless to other processes.
package struct MonotonicTime: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.milliseconds < b.milliseconds }

    /// Truncates the duration to milliseconds.
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

/// The readings of both clocks at one moment.
package struct Moment: Sendable, Hashable {
    package var wall: Timestamp
    package var monotonic: MonotonicTime

    package init(wall: Timestamp, monotonic: MonotonicTime) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

/// A wall clock that continues from one reading, unaffected by changes of the system clock.
package struct SteadyClock: Sendable, Hashable {
    private let offset: Int64

    /// - Parameters:
    ///   - time: The reading at `moment`.
    package init(reading time: Timestamp, at moment: MonotonicTime) {
        offset = time.milliseconds &- moment.milliseconds
    }

    /// Returns the reading at a moment.
    package func time(at moment: MonotonicTime) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds &+ offset)
    }

    /// Returns the moment of a reading.
    package func moment(of time: Timestamp) -> MonotonicTime {
        MonotonicTime(milliseconds: time.milliseconds &- offset)
    }
}
