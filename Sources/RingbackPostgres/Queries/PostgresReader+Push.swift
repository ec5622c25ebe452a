import RingbackCore
import RingbackModel

extension PostgresReader {
    private static let selectSubscription = """
        SELECT s.device_id, endpoint, public_key, secret, d.user_id
        FROM push_subscriptions s JOIN devices d ON d.device_id = s.device_id
        """

    /// With the users behind what ``subscription(_:)`` reads.
    static func subscriptions(of users: [UserID]) -> Statement {
        Statement(
            "\(selectSubscription) WHERE d.user_id = ANY($1) AND NOT d.muted", .texts(users.map(\.rawValue)))
    }

    func pushSubscriptions(of user: UserID) throws -> [PushSubscription] {
        try rows(Self.subscriptions(of: [user])).map(Self.subscription)
    }

    func pushSubscription(of device: DeviceID) throws -> PushSubscription? {
        try first("\(Self.selectSubscription) WHERE s.device_id = $1", .text(device.rawValue), read: Self.subscription)
    }

    static func subscription(_ row: Row) throws -> PushSubscription {
        PushSubscription(
            device: try row.device(0), endpoint: try row.text(1), publicKey: try row.bytes(2), secret: try row.bytes(3))
    }
}

extension PostgresTransaction {
    func save(_ subscription: PushSubscription, at now: Timestamp) throws {
        try rows(
            Statement(
                """
                INSERT INTO push_subscriptions (device_id, endpoint, public_key, secret, created_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (device_id) DO UPDATE SET endpoint = excluded.endpoint, public_key = excluded.public_key,
                    secret = excluded.secret, created_at = excluded.created_at
                """, .text(subscription.device.rawValue), .text(subscription.endpoint), .bytes(subscription.publicKey),
                .bytes(subscription.secret), .integer(now.milliseconds)))
    }

    func deletePushSubscription(of device: DeviceID, endpoint: String?) throws {
        try rows(
            Statement(
                "DELETE FROM push_subscriptions WHERE device_id = $1 AND ($2::text IS NULL OR endpoint = $2)",
                .text(device.rawValue), .text(endpoint)))
    }
}
