import ArgumentParser

/// `ringback restored`
struct Restored: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mark the database as restored from a backup.",
        discussion: """
            Gives the event log a new epoch, so that cursors from after the backup are rejected (410) instead of being taken for \
            positions in the restored log. Clients then begin with a new snapshot.
            """)

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let database = try storage.location(storage.source())
        try database.requireExistence()
        try database.requireNoLog()
        try database.renewEpoch()
        print("\(database): the event log has a new epoch.")
    }
}
