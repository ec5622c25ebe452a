#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum FileDescriptors {
    /// Makes new files accessible only to this user, because the database contains who called whom.
    static func makePrivate() { umask(0o077) }

    /// Raises the soft limit of open files to the hard limit.
    ///
    /// - Returns: The limit.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        getrlimit(resource, &limit)
        return Int(min(limit.rlim_cur, 1_000_000))
    }
}
