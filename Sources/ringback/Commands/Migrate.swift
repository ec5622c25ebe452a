import ArgumentParser
import RingbackSQLite

/// `ringback migrate`
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Apply pending migrations and stop.",
        discussion: "`ringback serve` does the same at its start.")

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let path = try storage.path(storage.source())
        let applied = try storage.opening(path) { try SQLiteStore.migrate(path: path) }
        print(
            applied.isEmpty
                ? "\(path) is up to date." : "\(path): applied \(applied.map(String.init).joined(separator: ", ")).")
    }
}
