import RingbackMigrations

/// Why a database can't be used as it is.
package enum PostgresDatabaseError: Error, CustomStringConvertible {
    case tooOld(version: Int)
    case newer(found: Int, known: Int)
    case changed(number: Int, name: String)
    case foreign

    package var description: String {
        switch self {
        case .tooOld(let version):
            "The server is PostgreSQL \(version / 10_000). Version 15 or later is needed."
        case .newer(let found, let known):
            """
            The database was created by a newer version of ringback (migration \(found), this version knows \(known)). \
            Run the newer version, or restore a backup from before the upgrade.
            """
        case .changed(let number, let name):
            """
            Migration \(number) (\(name)) was applied to this database in a different version. \
            Run the version that created the database, or restore a backup.
            """
        case .foreign:
            "The schema has tables of another program. Choose a separate database or schema (options=-csearch_path=…)."
        }
    }
}

/// Applies the numbered migrations in order, each in a transaction, and records them with their checksums. Only one
/// node does so at a time.
struct Migrator {
    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    private static let lock: SQLValue = .integer(0x72_69_6E_67_62_61_63_6B)

    let connection: PostgresConnection
    private let migrations = Migrations.postgresql.all

    init(_ connection: PostgresConnection) { self.connection = connection }

    /// - Returns: The numbers of the migrations that were applied.
    /// - Throws: ``PostgresDatabaseError`` before anything is changed; ``PostgresError``.
    func migrate() throws -> [Int] {
        try checkVersion()
        try connection.run(Statement("SELECT pg_advisory_lock($1)", Self.lock))
        defer { _ = try? connection.run(Statement("SELECT pg_advisory_unlock($1)", Self.lock)) }
        return try migrateAlone()
    }

    /// - Throws: ``PostgresDatabaseError`` for a server that is too old.
    private func checkVersion() throws {
        let version = try connection.run(Statement("SELECT current_setting('server_version_num')::integer"))
            .first?.integer(0)
        guard let version, version >= 150_000 else {
            throw PostgresDatabaseError.tooOld(version: Int(version ?? 0))
        }
    }

    /// The migrations to apply. Changes nothing.
    ///
    /// - Throws: ``PostgresDatabaseError``, ``PostgresError``.
    func pending() throws -> ArraySlice<Migrations.Migration> {
        try checkVersion()
        let tables = try connection.run(
            Statement(
                "SELECT count(*), to_regclass('schema_migrations') IS NOT NULL FROM pg_tables WHERE schemaname = current_schema()"
            )
        ).first
        guard tables?.bool(1) == true else {
            if try tables?.integer(0) ?? 0 > 0 { throw PostgresDatabaseError.foreign }
            return migrations[...]
        }
        let applied = try connection.run(Statement("SELECT number, checksum FROM schema_migrations ORDER BY number"))
            .map { (number: Int(try $0.integer(0)), checksum: try $0.text(1)) }
        if let last = applied.last, last.number > migrations.count {
            throw PostgresDatabaseError.newer(found: last.number, known: migrations.count)
        }
        for (number, checksum) in applied {
            let migration = migrations[number - 1]
            guard checksum == migration.checksum else {
                throw PostgresDatabaseError.changed(number: migration.number, name: migration.name)
            }
        }
        return migrations.dropFirst(applied.count)
    }

    private func migrateAlone() throws -> [Int] {
        let pending = try pending()
        try connection.run(Statement(Self.table))
        for migration in pending {
            try connection.run(
                script: """
                    \(migration.sql);
                    INSERT INTO schema_migrations (number, name, checksum)
                    VALUES (\(migration.number), '\(migration.name)', '\(migration.checksum)')
                    """)
        }
        return pending.map(\.number)
    }
}
