import GRDB
import RingbackCore

/// The statements that the writer runs with every message, prepared once.
///
/// Unchecked: they are handles of the writer's connection and are used only in GRDB's writer queue, one at a time.
final class WriterStatements: @unchecked Sendable {
    let begin: HotStatement
    let commit: HotStatement
    let insertLog: HotStatement
    let insertCall: HotStatement
    /// For a live call: touches no index.
    let updateCall: HotStatement
    let endCall: HotStatement
    // Read with every invitation.
    let account: HotStatement
    let devices: HotStatement
    let block: HotStatement
    private let pageCount: HotStatement
    private let freePages: HotStatement
    private let pageSize: Int
    /// The draft of the previous transaction, to reuse its memory.
    private var log: LogDraft?

    init(_ db: Database) throws {
        begin = try HotStatement(db, "BEGIN IMMEDIATE")
        commit = try HotStatement(db, "COMMIT")
        insertLog = try HotStatement(
            db, "INSERT INTO log (last, first, time, entries, bodies) VALUES (?, ?, ?, ?, ?)")
        let all = ["id"] + CallRow.fixed + CallRow.changing + CallRow.ending
        insertCall = try HotStatement(
            db,
            """
            INSERT INTO calls (\(all.joined(separator: ", "))) VALUES (\(all.map { _ in "?" }.joined(separator: ", ")))
            """)
        updateCall = try HotStatement(db, Self.update(CallRow.changing))
        endCall = try HotStatement(db, Self.update(CallRow.changing + CallRow.ending))
        account = try HotStatement(db, SQLiteReader.accountByID)
        devices = try HotStatement(db, SQLiteReader.devicesOfUser)
        block = try HotStatement(db, SQLiteReader.blockOfUser)
        pageCount = try HotStatement(db, "PRAGMA page_count")
        freePages = try HotStatement(db, "PRAGMA freelist_count")
        pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
    }

    /// Measures the database as it is in the current transaction.
    func measure(_ space: inout DatabaseSpace) throws {
        let pages = try Self.number(pageCount)
        space.update(used: pages * pageSize)
        // With this much room, it does not matter how many of the pages are free.
        if space.isPruned { return }
        space.update(used: try (pages - Self.number(freePages)) * pageSize)
    }

    /// The number that a statement returns.
    private static func number(_ statement: HotStatement) throws -> Int {
        try statement.first { Int($0.integer(0) ?? 0) } ?? 0
    }

    /// The draft for the events of a transaction.
    func takeLog(first: Int64) -> LogDraft {
        var draft = log.take() ?? LogDraft(first: first)
        draft.begin(at: first)
        return draft
    }

    /// - Parameter draft: The draft of a transaction that has ended.
    func giveBack(_ draft: LogDraft) { log = draft }

    private static func update(_ columns: [String]) -> String {
        "UPDATE calls SET \(columns.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?"
    }
}
