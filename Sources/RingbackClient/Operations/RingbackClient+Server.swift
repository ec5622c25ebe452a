import CurlTransport
import Foundation
import RingbackModel

extension RingbackClient {
    /// Whether the server process responds. Requires no session.
    ///
    /// - Returns: `ok`.
    public func getHealth() async throws -> String { try await status(.getHealth) }

    /// Whether the server accepts requests. Requires no session.
    ///
    /// - Returns: `ready`, or the reason why not, such as `draining`.
    public func getReadiness() async throws -> String { try await status(.getReadiness) }

    private func status(_ operation: APIOperation) async throws -> String {
        // Not retried: 503 is a valid result here.
        let response = try await Self.perform(CurlTransfer(httpRequest(APIRequest(operation))))
        if response.head.status != 503 { try Self.check(response) }
        return try Self.read(response) { json throws(UnexpectedJSON) in try json.string("status") }
    }

    /// How far the clock of this machine is ahead of the server's, to about a second; negative if it is behind.
    ///
    /// - Throws: ``RingbackError/unexpectedResponse(_:)`` if the response has no `Date`.
    public func clockSkew() async throws -> Duration {
        let response = try await send(APIRequest(.getHealth))
        let reader = DateFormatter()
        reader.locale = Locale(identifier: "en_US_POSIX")
        reader.timeZone = TimeZone(identifier: "GMT")
        // The format of RFC 9110, section 5.6.7.
        reader.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = response.head.headers["date"].flatMap({ reader.date(from: $0) }),
            let skew = Int64(exactly: (Date().timeIntervalSince(date) * 1000).rounded())
        else {
            throw RingbackError.unexpectedResponse(UnexpectedResponse(response.head, "it has no date"))
        }
        return .milliseconds(skew)
    }

    /// The server's metrics in the Prometheus text format. Requires no session.
    public func getMetrics() async throws -> String { try await text(APIRequest(.getMetrics)) }

    /// The server's OpenAPI document, in YAML.
    public func getOpenAPI() async throws -> String { try await text(APIRequest(.getOpenAPI)) }

    /// The server's OpenAPI document, in JSON.
    public func getOpenAPIJSON() async throws -> String { try await text(APIRequest(.getOpenAPIJSON)) }

    /// The API reference, an HTML page.
    public func getDocs() async throws -> String { try await text(APIRequest(.getDocs)) }

    /// The demo, an HTML page.
    public func getDemo() async throws -> String { try await text(APIRequest(.getDemo)) }

    /// A file of the demo or of the API reference.
    ///
    /// - Throws: `not_found`.
    public func getAsset(_ file: String) async throws -> [UInt8] {
        try await send(APIRequest(.getAsset, file)).body
    }

    /// A file of the browser SDK.
    ///
    /// - Throws: `not_found`.
    public func getSDKFile(_ file: String) async throws -> [UInt8] {
        try await send(APIRequest(.getSDKFile, file)).body
    }

    private func text(_ request: APIRequest) async throws -> String {
        String(decoding: try await send(request).body, as: UTF8.self)
    }
}
