import RingbackCore
import RingbackModel

extension PostgresReader {
    func contacts(of user: UserID, after: UserID?, limit: Int) throws -> [Contact] {
        try all(
            """
            SELECT contact_id, created_at FROM contacts WHERE user_id = $1 AND contact_id > $2
            ORDER BY contact_id LIMIT $3
            """, .text(user.rawValue), .text(after?.rawValue ?? ""), .integer(Int64(limit))
        ) { Contact(userId: try $0.user(0), createdAt: try $0.time(1)) }
    }

    func contactCount(of user: UserID) throws -> Int {
        try first("SELECT count(*) FROM contacts WHERE user_id = $1", .text(user.rawValue)) {
            Int(try $0.integer(0))
        } ?? 0
    }

    static func isContact(_ contact: UserID, of user: UserID) -> Statement {
        Statement(
            "SELECT 1::bigint FROM contacts WHERE user_id = $1 AND contact_id = $2", .text(user.rawValue),
            .text(contact.rawValue))
    }

    func isContact(_ contact: UserID, of user: UserID) throws -> Bool {
        try rows(Self.isContact(contact, of: user)).first != nil
    }
}

extension PostgresTransaction {
    func addContact(_ contact: UserID, of user: UserID, at now: Timestamp) throws {
        try rows(
            Statement(
                """
                INSERT INTO contacts (user_id, contact_id, created_at)
                SELECT $1, user_id, $3 FROM users WHERE user_id = $2 AND erased_at IS NULL FOR SHARE
                ON CONFLICT DO NOTHING
                """,
                .text(user.rawValue), .text(contact.rawValue), .integer(now.milliseconds)))
    }

    func removeContact(_ contact: UserID, of user: UserID) throws {
        try rows(
            Statement(
                "DELETE FROM contacts WHERE user_id = $1 AND contact_id = $2", .text(user.rawValue),
                .text(contact.rawValue)))
    }
}
