import GRDB

/// What the writer runs with every message, prepared once.
///
/// Unchecked, for they are handles of the writer's connection: only what runs in GRDB's writer queue uses them, one at a time.
final class WriterStatements: @unchecked Sendable {
    let begin: HotStatement
    let commit: HotStatement
    let insertLog: HotStatement
    let insertCall: HotStatement
    /// For a call that lives on: touches no index.
    let updateCall: HotStatement
    let endCall: HotStatement
    // What is read with every invitation.
    let account: HotStatement
    let devices: HotStatement
    let block: HotStatement
    /// The last transaction's, for its memory.
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
    }

    /// Where a transaction puts what it tells.
    func takeLog(first: Int64) -> LogDraft {
        var draft = log.take() ?? LogDraft(first: first)
        draft.begin(at: first)
        return draft
    }

    /// - Parameter draft: Of a transaction that has ended.
    func giveBack(_ draft: LogDraft) { log = draft }

    private static func update(_ columns: [String]) -> String {
        "UPDATE calls SET \(columns.map { "\($0) = ?" }.joined(separator: ", ")) WHERE id = ?"
    }
}
