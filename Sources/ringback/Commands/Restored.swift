import ArgumentParser
import Foundation
import RingbackSQLite

/// `ringback restored`
struct Restored: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mark the database as restored from a backup.",
        discussion: """
            Gives the event log a new epoch, so that cursors from after the backup are refused (410) instead of being \
            mistaken for positions in the restored log. Clients then begin with a fresh snapshot.
            """)

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let path = try storage.path(storage.source())
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandError(
                "There is no database \(path). Copy the backup there first, or name it with --database.")
        }
        try storage.opening(path) {
            // A backup may be older than this version, and what is not a database of ours is told from one.
            _ = try SQLiteStore.migrate(path: path)
            try SQLiteStore.renewEpoch(path: path)
        }
        print("\(path): the event log has a new epoch.")
    }
}
