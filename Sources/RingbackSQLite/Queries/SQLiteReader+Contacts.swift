import GRDB
import RingbackCore
import RingbackModel

extension SQLiteReader {
    func contacts(of user: UserID, after: UserID?, limit: Int) throws -> [Contact] {
        try rows(
            """
            SELECT contact_id, created_at FROM contacts WHERE user_id = ? AND contact_id > ?
            ORDER BY contact_id LIMIT ?
            """, [user.rawValue, after?.rawValue ?? "", limit]
        ).map { Contact(userId: try $0.user("contact_id"), createdAt: $0.time("created_at")) }
    }

    func contactCount(of user: UserID) throws -> Int {
        try first("SELECT count(*) FROM contacts WHERE user_id = ?", [user.rawValue]) { $0[0] } ?? 0
    }

    func isContact(_ contact: UserID, of user: UserID) throws -> Bool {
        try first(
            "SELECT 1 FROM contacts WHERE user_id = ? AND contact_id = ?", [user.rawValue, contact.rawValue]
        ) { _ in true } ?? false
    }
}

extension SQLiteTransaction {
    func addContact(_ contact: UserID, of user: UserID, at now: Timestamp) throws {
        try execute(
            "INSERT OR IGNORE INTO contacts (user_id, contact_id, created_at) VALUES (?, ?, ?)",
            [user.rawValue, contact.rawValue, now.milliseconds])
    }

    func removeContact(_ contact: UserID, of user: UserID) throws {
        try execute("DELETE FROM contacts WHERE user_id = ? AND contact_id = ?", [user.rawValue, contact.rawValue])
    }
}
