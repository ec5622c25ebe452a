import Crypto
import CurlTransport
import Foundation
import RingbackCore
import RingbackModel

/// Sends pushes in the way of one kind of push service.
protocol PushService: Sendable {
    /// Sends a push once. Must end within ``OutboxStore/lease``.
    ///
    /// - Throws: If there is no response.
    func send(_ push: Push) async throws -> PushResult
}

/// A push to a device.
struct Push: Sendable {
    var call: CallID
    var type: PushType
    /// `{"type", "callId", "expiresAt", "cursor"}`.
    var body: [UInt8]
    /// The same for each attempt.
    var messageID: String
    var expiresAt: Timestamp
    var target: PushSubscription.Target

    /// The same for all pushes of a call, of which a push service keeps the newest: 32 characters of base64url (RFC
    /// 8030, section 5.4), which do not disclose the call.
    var topic: String { Self.topic(of: call) }

    static func topic(of call: CallID) -> String {
        Data(SHA256.hash(data: Data(call.rawValue.utf8)).prefix(24)).base64URL
    }

    /// The seconds until it expires.
    func seconds(at now: Timestamp) -> Int64 { max(0, (expiresAt - now).milliseconds / 1000) }
}

/// What a push service says of a push.
enum PushResult: Sendable, Hashable {
    case result(OutboxResult)
    /// The service has ended the subscription, at a moment if it says so.
    case ended(String, at: Timestamp? = nil)
    /// The service does not know the token: it has ended, or belongs to another host or project than the server's key.
    case unknownToken(String)
    /// The service does not accept the server's key or settings, which the operator has to know.
    case denied(OutboxResult)
}

/// The bounds of a request to a push service.
enum PushRequest {
    private static let timeout: Duration = .seconds(5)
    private static let connectTimeout: Duration = .seconds(3)
    private static let maximumBytes = 16 << 10

    static func post(_ url: String, body: [UInt8], _ headers: [(String, String)]) -> CurlRequest {
        var request = CurlRequest(url: url, options: CurlOptions(connectTimeout: connectTimeout))
        request.method = "POST"
        request.body = body
        request.headers = headers.map { (name: $0.0, value: $0.1) } + [(name: "User-Agent", value: "Ringback")]
        request.timeout = timeout
        request.maximumBytes = maximumBytes
        return request
    }
}

/// Sends requests over HTTP/2 to the push service of a vendor.
struct VendorClient: Sendable {
    /// The path of a PEM file of certificates to trust instead of the system's.
    let certificateAuthorities: String?
    let driver: CurlDriver

    func post(_ url: String, body: [UInt8], _ headers: [(String, String)]) async throws -> CurlResponse {
        var request = PushRequest.post(url, body: body, headers)
        request.options.usesHTTP2 = true
        request.options.certificateAuthorities = certificateAuthorities
        return try await driver.deliver(request)
    }
}

extension CurlDriver {
    /// Performs a request that has arrived even if its response is too long, which then has no body.
    func deliver(_ request: CurlRequest) async throws -> CurlResponse {
        do {
            return try await perform(request)
        } catch CurlError.tooLong(let head, _) {
            return CurlResponse(head: head, body: [])
        }
    }
}
