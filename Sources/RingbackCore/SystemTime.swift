package import RingbackModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The system's clock.
package struct SystemTime: Timekeeper {
    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func sleep(until moment: Timestamp) async throws {
        try await Task.sleep(for: max(.zero, moment - now))
    }
}
