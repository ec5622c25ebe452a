import RingbackCore
import RingbackModel

extension PostgresReader {
    func newestPosition(of user: UserID) throws -> Int64 {
        try first("SELECT position FROM user_logs WHERE user_id = $1", .text(user.rawValue)) { try $0.integer(0) } ?? 0
    }

    func events(of user: UserID, after position: Int64, limit: Int) throws -> EventRead {
        let head = try first(
            "SELECT position, pruned_until FROM user_logs WHERE user_id = $1", .text(user.rawValue)
        ) { (newest: try $0.integer(0), pruned: try $0.integer(1)) }
        guard let head else { return position == 0 ? .events([]) : .gone }
        guard (head.pruned...head.newest).contains(position) else { return .gone }
        let events = try all(
            """
            SELECT members, type, time, position, only_device, except_device FROM (
                SELECT *, sum(octet_length(members)) OVER (ORDER BY position) - octet_length(members) AS bytes_before
                FROM (
                    SELECT * FROM events WHERE user_id = $1 AND position > $2 ORDER BY position LIMIT $3
                ) AS newer
            ) AS page WHERE bytes_before < $4 ORDER BY position
            """, .text(user.rawValue), .integer(position), .integer(Int64(limit)), .integer(Int64(Limits.pageBytes))
        ) { row in
            StoredEvent(
                user: user, position: try row.integer(3), only: row.optionalDevice(4), except: row.optionalDevice(5),
                body: try Self.body(row))
        }
        // Without gaps, or someone has taken rows out by hand.
        guard events.first.map({ $0.position == position + 1 }) ?? (position == head.newest) else { return .gone }
        return .events(events)
    }
}
