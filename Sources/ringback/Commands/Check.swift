import ArgumentParser
import RingbackCore

/// `ringback check`
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the whole database and report what is damaged.",
        discussion: """
            Checks the schema, the settings that durability depends on, the event logs (positions without gaps) and the calls, and \
            for SQLite the pages and references. Changes nothing. A server may be running; its write-ahead log grows meanwhile. \
            The exit code is 4 if something is broken. `ringback doctor --database` runs only the quick checks.
            """)

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        try await reporting {
            FileDescriptors.makePrivate()
            let database = try storage.location(storage.source())
            try database.requireExistence()
            Terminal.note("…    checking \(database)")
            guard database.report(.everything) else {
                throw CommandError("Something is broken; see above.", code: .unhealthy)
            }
        }
    }
}

extension DatabaseLocation {
    /// Shows the findings of a check.
    ///
    /// - Returns: Whether nothing is broken.
    func report(_ depth: StoreFinding.Depth) -> Bool {
        let findings = check(depth)
        for finding in findings { Finding(finding).show(finding.place) }
        return !findings.contains { $0.grade == .broken }
    }
}
