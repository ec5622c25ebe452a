#if DEBUG
    import Foundation
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #else
        import Darwin
    #endif
#endif

/// A place at which a debug build ends the process at once when a test wants it to: what comes behind is not done.
enum Failpoint: String {
    /// A transaction is durable; nobody has been told.
    case committed

    /// In a debug build ends the process if there is a file with this name in the folder that `RINGBACK_FAILPOINTS`
    /// names.
    func pass() {
        #if DEBUG
            if let folder = Self.folder, access("\(folder)/\(rawValue)", F_OK) == 0 { kill(getpid(), SIGKILL) }
        #endif
    }

    #if DEBUG
        private static let folder = ProcessInfo.processInfo.environment["RINGBACK_FAILPOINTS"]
    #endif
}
