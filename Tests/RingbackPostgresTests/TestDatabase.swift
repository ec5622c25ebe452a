import Foundation
import Logging
import RingbackCore
import RingbackTesting

@testable import RingbackPostgres

/// The database that `scripts/test` has started for the tests: `RINGBACK_TEST_POSTGRESQL` has its URL.
enum TestDatabase {
    static let text = ProcessInfo.processInfo.environment["RINGBACK_TEST_POSTGRESQL"]

    static var isThere: Bool { text != nil }

    /// A schema of its own for each path: what was made there is found again.
    static func url(for path: String) throws -> PostgresURL {
        let schema = name(for: path)
        try PostgresStore.makeSchema(schema, url: try PostgresURL(text ?? ""))
        return try url(with: "options=-csearch_path%3D\(schema)")
    }

    /// A database of its own for each path. In a shared one, VACUUM frees no rows that the transactions of other tests
    /// may see.
    static func separateURL(for path: String) throws -> PostgresURL {
        let name = name(for: path)
        let connection = PostgresConnection(PostgresStore.settings(try PostgresURL(text ?? ""), "test"))
        let known = try connection.run(Statement("SELECT FROM pg_database WHERE datname = $1", .text(name)))
        if known.first == nil { try connection.run(Statement("CREATE DATABASE \(name)")) }
        return try url(with: "dbname=\(name)")
    }

    private static func url(with parameter: String) throws -> PostgresURL {
        let separator = text?.contains("?") == true ? "&" : "?"
        return try PostgresURL("\(text ?? "")\(separator)\(parameter)")
    }

    private static func name(for path: String) -> String {
        "t_"
            + path.utf8.reduce(into: UInt64(14_695_981_039_346_656_037)) { $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
            .description
    }
}

extension StoreFactory {
    static let postgresql = StoreFactory { path, time in
        try PostgresStore(url: TestDatabase.url(for: path), node: "test", time: time, logger: Logger(label: "test"))
    }

    /// In a database of its own.
    static func postgresql(maximumBytes: Int) -> StoreFactory {
        StoreFactory { path, time in
            try PostgresStore(
                url: TestDatabase.separateURL(for: path), node: "test", time: time, maximumBytes: maximumBytes,
                logger: Logger(label: "test"))
        }
    }
}
