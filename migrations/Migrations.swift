import CEmbeddedFiles
import Crypto

/// The numbered SQL files of a store's folder, compiled in.
package struct Migrations: Sendable {
    package struct Migration: Sendable {
        /// Counted from 1, without gaps.
        package let number: Int
        /// The name of the file without number and extension.
        package let name: String
        package let sql: String

        /// SHA-256 in hexadecimal, which a database records for each migration that it has.
        package var checksum: String {
            SHA256.hash(data: Array(sql.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }

    /// All migrations, in order. Append new ones; never change one that was released.
    package let all: [Migration]

    package static let sqlite = Migrations(EMBEDDED_STORE_SQLITE)
    package static let postgresql = Migrations(EMBEDDED_STORE_POSTGRESQL)

    private init(_ store: EmbeddedStore) {
        var count = 0
        let files = embedded_migrations(store, &count)
        all = (0..<count).compactMap { index in
            guard let file = files?[index] else { return nil }
            let name = String(cString: file.path)
            return Migration(
                number: index + 1, name: String(name.dropFirst("0001_".count).dropLast(".sql".count)),
                sql: String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self))
        }
    }
}
