import Foundation

/// A directory of its own for a database, under the system's temporary directory, removed when nobody holds it any more.
package final class TemporaryDatabase: Sendable {
    private let directory: URL

    package init() throws {
        directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("ringback-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Where the database is, or is to be.
    package var path: String { directory.appendingPathComponent("ringback.sqlite").path }
}
