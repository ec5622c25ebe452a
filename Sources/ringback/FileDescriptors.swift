#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum FileDescriptors {
    /// Files that are made from now on are for this user alone: the database knows who called whom.
    static func makePrivate() { umask(0o077) }

    /// Raises the soft limit of open files to the hard one.
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
