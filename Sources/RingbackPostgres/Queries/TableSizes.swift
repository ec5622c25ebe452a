/// How large the tables are, with their indexes.
enum TableSizes {
    /// Pages of a table that are read to estimate how much of it is in use.
    private static let sample: Int64 = 1000

    /// The tables that become large. `row` is what a row takes, in bytes, and `fill` the share of a page that rows
    /// fill.
    private static let large = [
        (name: "events", row: "160 + pg_column_size(members)", fill: 0.9),
        (name: "calls", row: "250 + pg_column_size(body) + pg_column_size(timeline)", fill: 0.6),
        (name: "outbox", row: "250 + pg_column_size(body)", fill: 0.7),
        (name: "audit", row: "8 + pg_column_size(audit)", fill: 0.9),
    ]

    private static let all = """
        SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
        """

    /// What the tables take on the disk.
    static func total(_ connection: PostgresConnection) throws -> Int {
        Int(try connection.run(Statement(all)).first?.integer(0) ?? 0)
    }

    /// The part of it that is in use: the rest is used again, some of it only after a VACUUM.
    static func used(_ connection: PostgresConnection) throws -> Int {
        let others = Statement("\(all) AND relname <> ALL($1)", .texts(large.map(\.name)))
        let results = try connection.run([others] + large.map { used($0.name, row: $0.row, fill: $0.fill) })
        return Int(try results.reduce(0) { $0 + (try $1.first?.integer(0) ?? 0) })
    }

    /// The share of the pages of a sample that rows fill is that of the whole table and of its indexes.
    private static func used(_ table: String, row: String, fill: Double) -> Statement {
        let percent = "least(100, 100.0 * $1 * 8192 / greatest(1, pg_relation_size('\(table)')))"
        return Statement(
            """
            SELECT (pg_total_relation_size('\(table)') * least(1, rows.bytes * 100 / (\(percent))
                / (\(fill) * greatest(1, pg_table_size('\(table)')))))::bigint
            FROM (SELECT coalesce(sum(\(row)), 0) AS bytes FROM \(table) TABLESAMPLE SYSTEM (\(percent))) AS rows
            """, .integer(sample))
    }

    /// Makes the space of removed rows free for others. Tables that are being vacuumed already are left out, and those
    /// of which this user is not the owner.
    static func vacuum(_ connection: PostgresConnection) throws {
        try connection.run(
            Statement("VACUUM (SKIP_LOCKED, TRUNCATE false) \(large.map(\.name).joined(separator: ", "))"))
    }
}
