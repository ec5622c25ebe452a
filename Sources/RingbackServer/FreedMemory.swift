import CMalloc

/// Returns memory to the system after a peak, because glibc keeps it otherwise.
enum FreedMemory {
    /// The number of free bytes to keep, because they are needed again soon.
    private static let most = 24 << 20

    /// Call from time to time, not on an event loop: returning much memory takes some milliseconds.
    static func trim() {
        if cmalloc_free_bytes() > most { cmalloc_trim() }
    }
}
