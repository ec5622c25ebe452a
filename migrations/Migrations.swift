/// The numbered SQL files of this folder, compiled in.
package enum Migrations {
    package struct Migration: Sendable {
        /// Counted from 1, without gaps.
        package let number: Int
        /// The file's name without its number and ending.
        package let name: String
        package let sql: String
    }

    /// All migrations in their order. Add to the end; never change one that was released.
    package static let all: [Migration] = [
        Migration(number: 1, name: "schema", sql: text(PackageResources._001_schema_sql)),
        Migration(number: 2, name: "former_devices", sql: text(PackageResources._002_former_devices_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
