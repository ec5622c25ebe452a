import RingbackCore
import RingbackModel

/// The pages, the API document, and what those who run the server look at.
struct PageRoutes: Sendable {
    private static let policy = """
        default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; \
        object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    let services: Services
    let metrics: ServerMetrics
    let isDraining: @Sendable () -> Bool

    var pages: [Page] {
        [
            Page(id: .getDemo) { _ in try Self.page("index.html") },
            Page(id: .getDocs) { _ in try Self.page("docs.html") },
            Page(id: .getAsset) { try Self.asset($0["file"]) },
            Page(id: .getSDKFile) { try Self.sdkFile($0["file"]) },
            Page(id: .getOpenAPI) { _ in
                HTTPResponse(200, contentType: "application/yaml", body: OpenAPIDocument.yaml)
            },
            Page(id: .getOpenAPIJSON) { _ in
                HTTPResponse(200, contentType: "application/json", body: OpenAPIDocument.json)
            },
            Page(id: .getHealth) { _ in Self.status("ok", 200) },
            Page(id: .getReadiness) { _ in await readiness() },
            Page(id: .getMetrics) { _ in
                HTTPResponse(
                    200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(metrics.render().utf8))
            },
        ]
    }

    /// GET /, /docs
    private static func page(_ name: String) throws(Problem) -> HTTPResponse {
        guard let file = WebFiles.files[name] else { throw noFile }
        var response = HTTPResponse(200, contentType: WebFiles.mediaType(of: name), body: file)
        response.cacheControl = "no-cache"
        response.fields = [
            ("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"),
            ("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)"),
        ]
        return response
    }

    /// GET /assets/{file}
    private static func asset(_ name: String?) throws(Problem) -> HTTPResponse {
        guard let name, !name.hasSuffix(".html") else { throw noFile }
        return try page(name)
    }

    /// GET /sdk/{file}: for pages of any origin, since a module is fetched with CORS. It is code, not data.
    private static func sdkFile(_ name: String?) throws(Problem) -> HTTPResponse {
        guard let name, name.isASCII, let file = WebFiles.sdk[name] else { throw noFile }
        var response = HTTPResponse(200, contentType: WebFiles.mediaType(of: name), body: file)
        response.cacheControl = "no-cache"
        response.fields = [("Access-Control-Allow-Origin", "*")]
        return response
    }

    private static var noFile: Problem { Problem(.notFound, "There is no such file.") }

    /// GET /readyz: 503 while draining, and when the database can't be read.
    private func readiness() async -> HTTPResponse {
        if isDraining() { return Self.status("draining", 503) }
        do {
            _ = try await services.calls.nextDeadline()
            return Self.status("ready", 200)
        } catch {
            return Self.status("storage unavailable", 503)
        }
    }

    private static func status(_ status: String, _ code: Int) -> HTTPResponse {
        var json = JSONWriter()
        json.object { $0.field("status", status) }
        return HTTPResponse(code, contentType: "application/json", body: json.finish())
    }
}
