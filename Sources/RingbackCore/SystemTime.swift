package import RingbackModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The clocks of the system.
package struct SystemTime: Timekeeper {
    package init() {}

    package var now: Timestamp { Timestamp(milliseconds: Self.milliseconds(CLOCK_REALTIME)) }

    package var monotonic: MonotonicTime { MonotonicTime(milliseconds: Self.milliseconds(CLOCK_MONOTONIC)) }

    package func sleep(until moment: MonotonicTime) async throws {
        try await Task.sleep(for: max(.zero, moment - monotonic))
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
