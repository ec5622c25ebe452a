import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteReader {
    private static let selectSubscription =
        "SELECT s.device_id, endpoint, public_key, secret FROM push_subscriptions AS s"

    func pushSubscriptions(of user: UserID) throws -> [PushSubscription] {
        try all(
            """
            \(Self.selectSubscription) JOIN devices AS d ON d.device_id = s.device_id
            WHERE d.user_id = ? AND NOT d.muted
            """, [user.rawValue], Self.subscription)
    }

    func pushSubscription(of device: DeviceID) throws -> PushSubscription? {
        try first("\(Self.selectSubscription) WHERE device_id = ?", [device.rawValue], Self.subscription)
    }

    private static func subscription(_ row: Row) throws -> PushSubscription {
        PushSubscription(
            device: try row.device("device_id"), endpoint: row["endpoint"], publicKey: row.bytes("public_key"),
            secret: row.bytes("secret"))
    }
}

extension SQLiteTransaction {
    func save(_ subscription: PushSubscription, at now: Timestamp) throws {
        try execute(
            """
            INSERT OR REPLACE INTO push_subscriptions (device_id, endpoint, public_key, secret, created_at)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                subscription.device.rawValue, subscription.endpoint, Data(subscription.publicKey),
                Data(subscription.secret), now.milliseconds,
            ])
    }

    func deletePushSubscription(of device: DeviceID, endpoint: String?) throws {
        try execute(
            "DELETE FROM push_subscriptions WHERE device_id = ?1 AND (?2 IS NULL OR endpoint = ?2)",
            [device.rawValue, endpoint])
    }
}
