import Foundation
import GRDB
import RingbackCore
import RingbackModel

extension SQLiteReader {
    /// A device has a row in one of the two tables.
    private static let selectSubscription = """
        SELECT d.device_id, s.endpoint, s.public_key, s.secret, t.service, t.token FROM devices AS d
        LEFT JOIN push_subscriptions AS s ON s.device_id = d.device_id
        LEFT JOIN push_tokens AS t ON t.device_id = d.device_id
        WHERE (s.device_id IS NOT NULL OR t.device_id IS NOT NULL)
        """

    func pushSubscriptions(of user: UserID) throws -> [PushSubscription] {
        try all(
            "\(Self.selectSubscription) AND d.user_id = ? AND NOT d.muted", [user.rawValue], Self.subscription)
    }

    func pushSubscription(of device: DeviceID) throws -> PushSubscription? {
        try first("\(Self.selectSubscription) AND d.device_id = ?", [device.rawValue], Self.subscription)
    }

    private static func subscription(_ row: Row) throws -> PushSubscription {
        let device = try row.device("device_id")
        if let service = (row["service"] as String?).flatMap({ AppPushService(rawValue: $0) }) {
            return PushSubscription(device: device, .app(service, token: row["token"]))
        }
        return PushSubscription(
            device: device,
            .browser(
                WebPushResource(
                    endpoint: row["endpoint"], publicKey: row.bytes("public_key"), secret: row.bytes("secret"))))
    }
}

extension SQLiteTransaction {
    func save(_ subscription: PushSubscription, at now: Timestamp) throws {
        let device = subscription.device.rawValue
        try deletePushSubscription(of: subscription.device)
        switch subscription.target {
        case .browser(let resource):
            try execute(
                """
                INSERT INTO push_subscriptions (device_id, endpoint, public_key, secret, created_at)
                VALUES (?, ?, ?, ?, ?)
                """,
                [device, resource.endpoint, Data(resource.publicKey), Data(resource.secret), now.milliseconds])
        case .app(let service, let token):
            try execute(
                """
                INSERT INTO push_tokens (device_id, service, token, created_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (token, service)
                DO UPDATE SET device_id = excluded.device_id, created_at = excluded.created_at
                """, [device, service.rawValue, token, now.milliseconds])
        }
    }

    func deletePushSubscription(of device: DeviceID) throws {
        try execute("DELETE FROM push_subscriptions WHERE device_id = ?", [device.rawValue])
        try execute("DELETE FROM push_tokens WHERE device_id = ?", [device.rawValue])
    }

    func delete(_ ended: PushSubscription, endedAt moment: Timestamp) throws {
        let device = ended.device.rawValue
        switch ended.target {
        case .browser(let resource):
            try execute(
                "DELETE FROM push_subscriptions WHERE device_id = ? AND endpoint = ? AND created_at <= ?",
                [device, resource.endpoint, moment.milliseconds])
        case .app(let service, let token):
            try execute(
                "DELETE FROM push_tokens WHERE device_id = ? AND service = ? AND token = ? AND created_at <= ?",
                [device, service.rawValue, token, moment.milliseconds])
        }
    }
}
