import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import RingbackCore
import RingbackModel

/// The pages, the contract, and what those who run the server look at.
struct PageRoutes: Sendable {
    static let all = [
        ServedRoute(.get, "/", "getDemo"), ServedRoute(.get, "/docs", "getDocs"),
        ServedRoute(.get, "/assets/{file}", "getAsset"), ServedRoute(.get, "/sdk/{file}", "getSDKFile"),
        ServedRoute(.get, "/openapi.yaml", "getOpenAPI"),
        ServedRoute(.get, "/healthz", "getHealth"), ServedRoute(.get, "/readyz", "getReadiness"),
        ServedRoute(.get, "/metrics", "getMetrics"),
    ]

    private static let policy = """
        default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; \
        object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    let services: Services
    let metrics: ServerMetrics
    let isDraining: @Sendable () -> Bool

    func add(to router: Router<RingbackContext>) {
        router.get("/") { _, _ in try page("index.html") }
        router.get("/docs") { _, _ in try page("docs.html") }
        router.get("/assets/:file") { _, context in try page(try context.parameters.require("file"), isAsset: true) }
        router.get("/sdk/:file") { _, context in try sdkFile(try context.parameters.require("file")) }
        router.get("/openapi.yaml") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/yaml"],
                body: .init(byteBuffer: ByteBuffer(bytes: OpenAPIDocument.yaml)))
        }
        router.get("/healthz") { _, _ in Self.status("ok", .ok) }
        router.get("/readyz") { _, _ in try await readiness() }
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: metrics.render())))
        }
    }

    private func page(_ name: String, isAsset: Bool = false) throws -> Response {
        guard let file = WebFiles.files[name], !isAsset || !name.hasSuffix(".html") else {
            throw Problem(.notFound, "There is no such file.")
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: WebFiles.mediaType(of: name), .cacheControl: "no-cache",
                .contentSecurityPolicy: Self.policy, .init("Referrer-Policy")!: "no-referrer",
                .init("Permissions-Policy")!: "camera=(self), microphone=(self), display-capture=(self)",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: file)))
    }

    /// GET /sdk/{file}: for pages of any origin, since a module is fetched with CORS. It is code, not data.
    private func sdkFile(_ name: String) throws -> Response {
        guard let file = WebFiles.sdk[name] else { throw Problem(.notFound, "There is no such file.") }
        return Response(
            status: .ok,
            headers: [
                .contentType: WebFiles.mediaType(of: name), .cacheControl: "no-cache",
                .accessControlAllowOrigin: "*",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: file)))
    }

    /// GET /readyz: 503 while draining, and when the database can't be read.
    private func readiness() async throws -> Response {
        if isDraining() { return Self.status("draining", .serviceUnavailable) }
        do {
            _ = try await services.calls.nextDeadline()
            return Self.status("ready", .ok)
        } catch {
            return Self.status("storage unavailable", .serviceUnavailable)
        }
    }

    private static func status(_ status: String, _ code: HTTPResponse.Status) -> Response {
        var json = JSONWriter()
        json.object { $0.field("status", status) }
        return Response(
            status: code, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.finish())))
    }
}
