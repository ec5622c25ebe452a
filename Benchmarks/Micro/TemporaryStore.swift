import Foundation
import RingbackSQLite

/// A store with a new database, in a temporary folder.
final class TemporaryStore: Sendable {
    let store: SQLiteStore
    private let folder: URL

    init() throws {
        // Not in /tmp, which is often in memory, where a commit costs nothing.
        folder = URL(filePath: "/var/tmp/ringback-micro-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try SQLiteStore(path: folder.appending(path: "micro.sqlite").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
