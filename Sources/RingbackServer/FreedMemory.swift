import CMalloc

/// Gives memory back to the system after a peak, since glibc by itself keeps it.
enum FreedMemory {
    /// So much may be kept: it is needed again soon.
    private static let most = 24 << 20

    /// To be called now and then, off the event loops: it takes some milliseconds when there is much to give back.
    static func trim() {
        if cmalloc_free_bytes() > most { cmalloc_trim() }
    }
}
