import ArgumentParser
import Foundation

/// Where the settings come from: the command line before the environment before the configuration file.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "The SQLite database; made if it isn't there. [RINGBACK_DATABASE] (default: ringback.sqlite)")
    var database: String?

    @Option(help: "A JSON file whose keys are these options' names.", completion: .file(extensions: ["json"]))
    var config: String?

    func source() throws -> SettingsSource { try SettingsSource(file: config) }

    /// - Throws: ``CommandError`` when there can't be a database at this place.
    func path(_ source: SettingsSource) throws -> String {
        let path = source.string("database", database) ?? "ringback.sqlite"
        guard !path.isEmpty else { throw ValidationError("database must not be empty.") }
        let files = FileManager.default
        var isFolder: ObjCBool = false
        let isThere = files.fileExists(atPath: path, isDirectory: &isFolder)
        guard !isFolder.boolValue else { throw CommandError("\(path) is a folder. Name a file with --database.") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard files.fileExists(atPath: folder, isDirectory: &isFolder) else {
            throw CommandError(
                "The folder \(folder) of the database does not exist. Make it, or name another place with --database.")
        }
        guard isFolder.boolValue else { throw CommandError("\(folder) is not a folder. Name a file with --database.") }
        guard files.isWritableFile(atPath: folder) else {
            throw CommandError("This user may not write in \(folder), where SQLite keeps files beside the database.")
        }
        guard !isThere || files.isReadableFile(atPath: path) && files.isWritableFile(atPath: path) else {
            throw CommandError("This user may not read and write the database \(path).")
        }
        return path
    }

    /// Does what opens the database at `path`, and says what is wrong with the file without the SQL that found it.
    func opening<Value>(_ path: String, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch {
            let reason = "\(error)".components(separatedBy: " - while executing")[0]
            throw CommandError("The database \(path) can't be used: \(reason)")
        }
    }
}
