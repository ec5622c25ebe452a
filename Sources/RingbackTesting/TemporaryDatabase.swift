import Foundation

/// A temporary directory for a database, removed when it is no longer referenced.
package final class TemporaryDatabase: Sendable {
    private let directory: URL

    package init() throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("ringback-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// The path of the database.
    package var path: String { directory.appendingPathComponent("ringback.sqlite").path }
}
