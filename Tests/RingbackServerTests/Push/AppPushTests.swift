import Crypto
import CryptoExtras
import CurlTransport
import Foundation
import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

struct AppPushTests {
    private static let key = P256.Signing.PrivateKey()

    private func apns(
        key: String = Self.key.pemRepresentation, keyID: String = "KEY1234567", team: String = "TEAM123456",
        topic: String = "org.example.calls", host: String = APNsSettings.host
    ) throws -> APNsSettings {
        try APNsSettings(key: key, keyID: keyID, teamID: team, topic: topic, host: host)
    }

    private func push(_ target: PushSubscription.Target) -> Push {
        Push(
            call: Cast.callID(), type: .incoming, body: Array(#"{"type":"call.incoming"}"#.utf8), messageID: "msg_e_1",
            expiresAt: ManualTime.start + .seconds(45), target: target)
    }

    @Test func `A token for APNs names the key and the team`() throws {
        let parts = try apns().token(at: ManualTime.start).split(separator: ".").map(String.init)
        let texts = try parts.prefix(2).map { String(decoding: try #require(Data(base64URL: $0)), as: UTF8.self) }
        #expect(
            texts == [#"{"typ":"JWT","alg":"ES256","kid":"KEY1234567"}"#, #"{"iss":"TEAM123456","iat":1769851800}"#])
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: #require(Data(base64URL: parts[2])))
        #expect(Self.key.publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8)))
    }

    @Test func `A token for APNs is renewed after 40 minutes, and at most once in 20 minutes when it is refused`()
        throws
    {
        let tokens = APNsTokens(try apns())
        var now = Moment(wall: ManualTime.start, monotonic: ManualTime.monotonicStart)
        func wait(_ minutes: Int64) {
            now.wall = now.wall + .seconds(60 * minutes)
            now.monotonic = now.monotonic + .seconds(60 * minutes)
        }
        let first = try tokens.current(at: now)
        wait(39)
        #expect(try tokens.current(at: now) == first)
        wait(1)
        let second = try tokens.current(at: now)
        #expect(second != first)
        #expect(try tokens.renewed(after: first, at: now) == second, "another request has renewed it")
        let third = try #require(try tokens.renewed(after: second, at: now))
        #expect(third != second)
        wait(19)
        #expect(try tokens.renewed(after: third, at: now) == nil)
        wait(1)
        #expect(try tokens.renewed(after: third, at: now) != nil)
    }

    @Test(arguments: [
        ("", "KEY1234567", "TEAM123456", "a.b", "h"), (key.pemRepresentation, "KEY123456", "TEAM123456", "a.b", "h"),
        (key.pemRepresentation, "KEY1234567", "TEAM12345\"", "a.b", "h"),
        (key.pemRepresentation, "KEY1234567", "TEAM123456", "a\nb", "h"),
        (key.pemRepresentation, "KEY1234567", "TEAM123456", "a.b", "h/x"),
        (key.pemRepresentation, "KEY1234567", "TEAM123456", "a.b", "h:0"),
    ])
    func `Settings for APNs that cannot be right are refused`(
        key: String, keyID: String, team: String, topic: String, host: String
    ) {
        #expect(throws: PushSettingsError.self) {
            try apns(key: key, keyID: keyID, team: team, topic: topic, host: host)
        }
    }

    @Test func `The topic of VoIP pushes is the bundle identifier with voip`() throws {
        #expect(try apns().topic == "org.example.calls.voip")
        #expect(try apns(topic: "org.example.calls.voip").topic == "org.example.calls.voip")
    }

    @Test func `A VoIP push has an empty aps and the same identifier for each attempt`() {
        #expect(
            String(decoding: APNsService.body(push(.app(.apns, token: "0a"))), as: UTF8.self)
                == #"{"aps":{},"type":"call.incoming"}"#)
        let identifier = APNsService.identifier("msg_e_1")
        #expect(UUID(uuidString: identifier) != nil && identifier == identifier.lowercased())
        #expect(identifier == APNsService.identifier("msg_e_1") && identifier != APNsService.identifier("msg_e_2"))
    }

    @Test func `A message for FCM expires with the ring time`() {
        var message = push(.app(.fcm, token: "a"))
        #expect(
            String(decoding: FCMService.body(message, "a", at: ManualTime.start), as: UTF8.self) == """
                {"message":{"token":"a","data":{"type":"call.incoming"},"android":{"priority":"HIGH","ttl":"45s"}}}
                """)
        message.type = .missed
        #expect(
            String(decoding: FCMService.body(message, "a", at: ManualTime.start), as: UTF8.self)
                .contains(#""ttl":"45s","collapse_key":"missed""#))
    }

    private func response(_ status: Int, _ body: String, retryAfter: String? = nil) -> CurlResponse {
        var head = CurlResponseHead()
        head.status = status
        head.headers["retry-after"] = retryAfter
        return CurlResponse(head: head, body: Array(body.utf8))
    }

    @Test(arguments: [
        (200, "", PushResult.result(.delivered)),
        (400, #"{"reason":"BadDeviceToken"}"#, .unknownToken("status 400 BadDeviceToken")),
        (400, #"{"reason":"BadTopic"}"#, .denied(.refused("status 400 BadTopic"))),
        (403, #"{"reason":"InvalidProviderToken"}"#, .denied(.unavailable("status 403 InvalidProviderToken"))),
        (
            410, #"{"reason":"Unregistered","timestamp":1769851800000}"#,
            .ended("status 410 Unregistered", at: ManualTime.start)
        ),
        (410, #"{"timestamp":"x"}"#, .ended("status 410")), (410, "{", .ended("status 410")),
        (413, "", .result(.void("status 413"))),
        (429, #"{"reason":"TooManyRequests"}"#, .result(.refused("status 429 TooManyRequests"))),
        (
            429, #"{"reason":"TooManyProviderTokenUpdates"}"#,
            .denied(.unavailable("status 429 TooManyProviderTokenUpdates"))
        ),
        (503, #"{"reason":"Shutdown"}"#, .result(.unavailable("status 503 Shutdown"))),
    ])
    func `The errors of APNs are understood`(status: Int, body: String, result: PushResult) {
        #expect(APNsService.result(response(status, body)) == result)
    }

    @Test func `FCM is given a minute if it does not say how long to wait`() {
        let (quiet, asking) = (response(429, "{}"), response(429, "{}", retryAfter: "7"))
        #expect(FCMService.result(quiet) == .result(.unavailable("status 429", retryAfter: .seconds(60))))
        #expect(FCMService.result(asking) == .result(.unavailable("status 429", retryAfter: .seconds(7))))
    }

    private static let errorInfo = "type.googleapis.com/google.rpc.ErrorInfo"
    private static let quotaFailure = "type.googleapis.com/google.rpc.QuotaFailure"

    @Test(arguments: [
        (#"{"@type":"\#(errorInfo)","metadata":{"quota_limit":"DefaultRequestsPerMinutePerProject"}}"#, true),
        (#"{"@type":"\#(quotaFailure)","violations":[{"subject":"project:1","description":"Limit"}]}"#, true),
        (#"{"@type":"\#(quotaFailure)","violations":[{"description":"Messages per minute per project"}]}"#, true),
        (#"{"@type":"\#(errorInfo)","metadata":{"quota_limit":"DeviceMessagesPerMinutePerDevice"}}"#, false),
        (#"{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError"}"#, false),
    ])
    func `Only the quota of a project concerns all devices`(detail: String, isOfProject: Bool) {
        let body = #"{"error":{"status":"RESOURCE_EXHAUSTED","details":[\#(detail)]}}"#
        let text = "status 429 RESOURCE_EXHAUSTED"
        let expected: OutboxResult =
            isOfProject ? .unavailable(text, retryAfter: .seconds(7)) : .refused(text, retryAfter: .seconds(7))
        #expect(FCMService.result(response(429, body, retryAfter: "7")) == .result(expected))
    }

    private func account(_ changes: [String: String?] = [:]) throws -> [UInt8] {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        var members: [String: String?] = [
            "type": "service_account", "project_id": "calls", "private_key_id": "1",
            "private_key": key.pemRepresentation,
            "client_email": "push@example.org", "token_uri": "https://oauth.example.org/token",
        ]
        members.merge(changes) { $1 }
        return Array(try JSONEncoder().encode(members.compactMapValues { $0 }))
    }

    @Test func `The key file of a service account is read`() throws {
        let settings = try FCMSettings(file: account())
        #expect(settings.project == "calls" && settings.tokenURL == "https://oauth.example.org/token")
        let claims = try settings.assertion(at: ManualTime.start).split(separator: ".")[1]
        #expect(
            String(decoding: try #require(Data(base64URL: String(claims))), as: UTF8.self) == """
                {"iss":"push@example.org","scope":"https://www.googleapis.com/auth/firebase.messaging",\
                "aud":"https://oauth.example.org/token","iat":1769851800,"exp":1769855400}
                """)
    }

    @Test(
        arguments: [
            ("type", "authorized_user"), ("project_id", "a/../b"), ("project_id", nil), ("private_key", "x"),
            ("client_email", ""), ("token_uri", "http://oauth.example.org/"),
        ] as [(String, String?)])
    func `A key file that cannot be right is refused`(member: String, value: String?) throws {
        let file = try account([member: value])
        #expect(throws: PushSettingsError.self) { try FCMSettings(file: file) }
    }
}
