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
        Migration(number: 2, name: "log", sql: text(PackageResources._002_log_sql)),
        Migration(
            number: 3, name: "calls_without_checks", sql: text(PackageResources._003_calls_without_checks_sql)),
        Migration(number: 4, name: "log_by_commits", sql: text(PackageResources._004_log_by_commits_sql)),
        Migration(number: 5, name: "history", sql: text(PackageResources._005_history_sql)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
