import Foundation
import Logging
import RingbackCore
import RingbackPostgres
import RingbackTesting

/// The database that `scripts/test` has started for the tests: `RINGBACK_TEST_POSTGRESQL` has its URL.
enum TestDatabase {
    static let text = ProcessInfo.processInfo.environment["RINGBACK_TEST_POSTGRESQL"]

    static var isThere: Bool { text != nil }

    /// A schema of its own for each path: what was made there is found again.
    static func url(for path: String) throws -> PostgresURL {
        let schema =
            "t_"
            + path.utf8.reduce(into: UInt64(14_695_981_039_346_656_037)) { $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
            .description
        try PostgresStore.makeSchema(schema, url: try PostgresURL(text ?? ""))
        let separator = text?.contains("?") == true ? "&" : "?"
        return try PostgresURL("\(text ?? "")\(separator)options=-csearch_path%3D\(schema)")
    }
}

extension StoreFactory {
    static let postgresql = postgresql(maximumBytes: nil)

    static func postgresql(maximumBytes: Int?) -> StoreFactory {
        StoreFactory { path, time in
            try PostgresStore(
                url: TestDatabase.url(for: path), node: "test", time: time, maximumBytes: maximumBytes,
                logger: Logger(label: "test"))
        }
    }
}
