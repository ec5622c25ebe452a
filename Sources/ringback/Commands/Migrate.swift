import ArgumentParser

/// `ringback migrate`
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply pending migrations and stop.",
        discussion: "`ringback serve` also does this when it starts.")

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let database = try storage.location(storage.source())
        let applied = try database.migrate()
        print(
            applied.isEmpty
                ? "\(database) is up to date."
                : "\(database): applied \(applied.map(String.init).joined(separator: ", ")).")
    }
}
