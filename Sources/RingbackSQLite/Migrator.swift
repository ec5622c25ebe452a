import GRDB
import RingbackMigrations

/// Why a database can't be used.
package enum MigrationError: Error, CustomStringConvertible {
    case newer(found: Int, known: Int)
    case changed(number: Int, name: String)
    case unreleased
    case foreign

    package var description: String {
        switch self {
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
        case .unreleased:
            """
            The database was created by a development version of ringback from before the first release, which this \
            version cannot read. Move the file away (with its -wal and -shm files) to begin with an empty database, or \
            run the version that created it.
            """
        case .foreign:
            "The file is not a Ringback database. Choose another one with --database."
        }
    }
}

/// Applies the numbered migrations in order, each in a transaction, and records them with their checksums.
struct Migrator {
    private static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
        ) STRICT
        """

    /// The checksum of the first of the five migrations of the development versions.
    private static let unreleased = "f0bea24f5b3755031c7412a6cb4279afbae132f5bb887e8a91c9861da3047d19"

    private let migrations = Migrations.sqlite.all

    /// - Returns: The numbers of the migrations that were applied.
    /// - Throws: ``MigrationError``, before anything is changed.
    func migrate(_ db: Database) throws -> [Int] {
        let pending = try pending(db)
        try db.execute(sql: Self.table)
        for migration in pending {
            try db.inTransaction(.immediate) {
                try db.execute(sql: migration.sql)
                try db.execute(
                    sql: "INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)",
                    arguments: [migration.number, migration.name, migration.checksum])
                return .commit
            }
        }
        return pending.map(\.number)
    }

    /// The migrations to apply. Changes nothing.
    ///
    /// - Throws: ``MigrationError``.
    func pending(_ db: Database) throws -> ArraySlice<Migrations.Migration> {
        guard try db.tableExists("schema_migrations") else {
            guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 else {
                throw MigrationError.foreign
            }
            return migrations[...]
        }
        let applied = try Row.fetchAll(db, sql: "SELECT number, checksum FROM schema_migrations ORDER BY number")
        if applied.first?["checksum"] == Self.unreleased { throw MigrationError.unreleased }
        if let last = applied.last?["number"] as Int?, last > migrations.count {
            throw MigrationError.newer(found: last, known: migrations.count)
        }
        for row in applied {
            let migration = migrations[(row["number"] as Int) - 1]
            guard row["checksum"] == migration.checksum else {
                throw MigrationError.changed(number: migration.number, name: migration.name)
            }
        }
        return migrations.dropFirst(applied.count)
    }
}
