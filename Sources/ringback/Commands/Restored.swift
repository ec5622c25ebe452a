import ArgumentParser
import RingbackSQLite

/// `ringback restored`
struct Restored: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that the database was restored from a backup.",
        discussion: """
            Gives the event log a new epoch, so that cursors from after the backup are refused (410) instead of being taken \
            for places in the restored log. Clients then begin with a fresh snapshot.
            """)

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let path = storage.path(try await storage.source())
        try SQLiteStore.renewEpoch(path: path)
        print("\(path): the event log has a new epoch.")
    }
}
