import RingbackCore
import RingbackModel

extension PostgresReader {
    /// A device has a row in one of the two tables.
    private static let selectSubscription = """
        SELECT d.device_id, s.endpoint, s.public_key, s.secret, d.user_id, t.service, t.token FROM devices d
        LEFT JOIN push_subscriptions s ON s.device_id = d.device_id
        LEFT JOIN push_tokens t ON t.device_id = d.device_id
        WHERE (s.device_id IS NOT NULL OR t.device_id IS NOT NULL)
        """

    /// With the users behind the fields of a browser.
    static func subscriptions(of users: [UserID]) -> Statement {
        Statement("\(selectSubscription) AND d.user_id = ANY($1) AND NOT d.muted", .texts(users.map(\.rawValue)))
    }

    func pushSubscriptions(of user: UserID) throws -> [PushSubscription] {
        try rows(Self.subscriptions(of: [user])).map(Self.subscription)
    }

    func pushSubscription(of device: DeviceID) throws -> PushSubscription? {
        try first("\(Self.selectSubscription) AND d.device_id = $1", .text(device.rawValue), read: Self.subscription)
    }

    static func subscription(_ row: Row) throws -> PushSubscription {
        let device = try row.device(0)
        if let service = row.optionalText(5).flatMap({ AppPushService(rawValue: $0) }) {
            return PushSubscription(device: device, .app(service, token: try row.text(6)))
        }
        return PushSubscription(
            device: device,
            .browser(
                WebPushResource(endpoint: try row.text(1), publicKey: try row.bytes(2), secret: try row.bytes(3))))
    }
}

extension PostgresTransaction {
    func save(_ subscription: PushSubscription, at now: Timestamp) throws {
        let device = SQLValue.text(subscription.device.rawValue)
        try deletePushSubscription(of: subscription.device)
        switch subscription.target {
        case .browser(let resource):
            try rows(
                Statement(
                    """
                    INSERT INTO push_subscriptions (device_id, endpoint, public_key, secret, created_at)
                    VALUES ($1, $2, $3, $4, $5)
                    """, device, .text(resource.endpoint), .bytes(resource.publicKey), .bytes(resource.secret),
                    .integer(now.milliseconds)))
        case .app(let service, let token):
            let (name, token) = (SQLValue.text(service.rawValue), SQLValue.text(token))
            try rows(
                Statement(
                    """
                    INSERT INTO push_tokens (device_id, service, token, created_at) VALUES ($1, $2, $3, $4)
                    ON CONFLICT (token, service)
                    DO UPDATE SET device_id = excluded.device_id, created_at = excluded.created_at
                    """, device, name, token, .integer(now.milliseconds)))
        }
    }

    func deletePushSubscription(of device: DeviceID) throws {
        try rows(Statement("DELETE FROM push_subscriptions WHERE device_id = $1", .text(device.rawValue)))
        try rows(Statement("DELETE FROM push_tokens WHERE device_id = $1", .text(device.rawValue)))
    }

    func delete(_ ended: PushSubscription, endedAt moment: Timestamp) throws {
        let (device, time) = (SQLValue.text(ended.device.rawValue), SQLValue.integer(moment.milliseconds))
        switch ended.target {
        case .browser(let resource):
            try rows(
                Statement(
                    "DELETE FROM push_subscriptions WHERE device_id = $1 AND endpoint = $2 AND created_at <= $3",
                    device, .text(resource.endpoint), time))
        case .app(let service, let token):
            try rows(
                Statement(
                    """
                    DELETE FROM push_tokens
                    WHERE device_id = $1 AND service = $2 AND token = $3 AND created_at <= $4
                    """, device, .text(service.rawValue), .text(token), time))
        }
    }
}
