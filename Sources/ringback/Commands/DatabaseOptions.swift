import ArgumentParser
import Foundation
import RingbackPostgres

/// Options for the database. The command line takes precedence over the environment, and that over the configuration
/// file.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: """
            The SQLite database, created if it does not exist, or the URL of a PostgreSQL database: \
            postgresql://user@host/name. \
            [RINGBACK_DATABASE] (default: ringback.sqlite)
            """)
    var database: String?

    @Option(
        help:
            "A file whose first line is the password for PostgreSQL. [RINGBACK_DATABASE_PASSWORD_FILE] (default: none)",
        completion: .file())
    var databasePasswordFile: String?

    @Option(help: "A JSON file with the names of these options as keys.", completion: .file(extensions: ["json"]))
    var config: String?

    /// Whether an option names the database, or a file that may.
    var isGiven: Bool { database != nil || config != nil }

    func source() throws -> SettingsSource { try SettingsSource(file: config) }

    /// - Throws: ``CommandError`` if there can't be a database at this location.
    func location(_ source: SettingsSource) throws -> DatabaseLocation {
        let text = source.string("database", database) ?? "ringback.sqlite"
        guard !text.isEmpty else { throw ValidationError("database must not be empty.") }
        guard PostgresURL.isOne(text) else { return .sqlite(path: try file(text)) }
        let url: PostgresURL
        do {
            url = try PostgresURL(text)
        } catch {
            throw ValidationError("database is not a URL of PostgreSQL: \(error)")
        }
        guard database == nil || !url.hasPassword else {
            throw ValidationError(
                """
                The command line is no place for a password: others can see it. Take it out of the URL and put it into \
                PGPASSWORD, into a file (--database-password-file), or into the file that passfile= or PGPASSFILE names \
                (~/.pgpass), or put the whole URL into RINGBACK_DATABASE or the configuration file.
                """)
        }
        guard let file = source.string("database-password-file", databasePasswordFile) else { return .postgresql(url) }
        guard !url.hasPassword else {
            throw ValidationError("The database has a password in its URL and one in database-password-file. Keep one.")
        }
        return .postgresql(
            url.with(password: try SecretFile.firstLine(of: file, "database-password-file", maximumBytes: 1000)))
    }

    private func file(_ path: String) throws -> String {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        let isThere = files.fileExists(atPath: path, isDirectory: &isFolder)
        guard !isFolder.boolValue else { throw CommandError("\(path) is a folder. Specify a file with --database.") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard files.fileExists(atPath: folder, isDirectory: &isFolder) else {
            throw CommandError(
                "The folder \(folder) of the database does not exist. Create it, or choose another path with --database."
            )
        }
        guard isFolder.boolValue else {
            throw CommandError("\(folder) is not a folder. Specify a file with --database.")
        }
        guard files.isWritableFile(atPath: folder) else {
            throw CommandError("This user may not write in \(folder), where SQLite keeps files beside the database.")
        }
        guard !isThere || files.isReadableFile(atPath: path) && files.isWritableFile(atPath: path) else {
            throw CommandError("This user may not read and write the database \(path).")
        }
        return path
    }
}
