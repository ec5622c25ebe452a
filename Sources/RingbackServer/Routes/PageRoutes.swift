import Foundation
import RingbackCore
import RingbackModel

/// The pages, the API document, and the resources for operators.
struct PageRoutes: Sendable {
    private static let policy = """
        default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' blob:; \
        object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'
        """

    let services: Services
    let metrics: ServerMetrics
    let storage: StorageHealth
    let isDraining: @Sendable () -> Bool

    /// What is served beside the API.
    var pages: [Page] {
        let settings = services.settings
        let files = WebFiles.files(demo: settings.hasDemo, docs: settings.hasDocs)
        var pages = [
            Page(id: .getAsset) { try Self.asset($0["file"], among: files, $1) },
            Page(id: .getSDKFile) { try Self.sdkFile($0["file"], $1) },
            Page(id: .getOpenAPI) { _, fields in HTTPResponse(Self.yaml, for: fields) },
            Page(id: .getOpenAPIJSON) { _, fields in HTTPResponse(Self.json, for: fields) },
        ]
        if settings.hasDemo {
            let demo = StaticFile(Self.demo(settings.registration), contentType: WebFiles.mediaType(of: "index.html"))
            pages.append(Page(id: .getDemo) { Self.demo(demo, name: $0["name"], $1) })
        }
        if settings.hasDocs { pages.append(Page(id: .getDocs) { _, fields in try Self.page("docs.html", fields) }) }
        return pages + (settings.managementPort == nil ? management : [health])
    }

    /// Says nothing but that the process responds, so it is served on both ports, and pages of any origin may notice
    /// that it is there: the browser SDK tells a server that refuses its origin from one that can't be reached.
    private var health: Page {
        Page(id: .getHealth) { _, _ in
            var response = Self.status("ok", 200)
            response.fields.append((ResponseHeads.resourcePolicy, "cross-origin"))
            return response
        }
    }

    /// The operator's resources.
    var management: [Page] {
        [
            health,
            Page(id: .getReadiness) { _, _ in await readiness() },
            Page(id: .getMetrics) { _, _ in
                HTTPResponse(
                    200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(metrics.render().utf8))
            },
        ]
    }

    // Created on first use.
    private static let yaml = StaticFile(OpenAPIDocument.yaml, contentType: "application/yaml")
    private static let json = StaticFile(OpenAPIDocument.json, contentType: "application/json")
    private static let files = staticFiles(WebFiles.files)
    private static let sdkFiles = staticFiles(WebFiles.sdk)

    private static func staticFiles(_ files: [String: [UInt8]]) -> [String: StaticFile] {
        Dictionary(
            uniqueKeysWithValues: files.map { name, bytes in
                (name, StaticFile(bytes, contentType: WebFiles.mediaType(of: name)))
            })
    }

    /// The page of the demo, which knows whether users can register themselves.
    private static func demo(_ registration: ServerSettings.Registration) -> [UInt8] {
        let page = String(decoding: WebFiles.files["index.html"] ?? [], as: UTF8.self)
        return Array(
            page.replacing("data-registration=\"open\"", with: "data-registration=\"\(registration.rawValue)\"").utf8)
    }

    /// GET /
    ///
    /// A link on another site, as the browser says it is one, may suggest a name, but not sign in with it.
    private static func demo(_ demo: StaticFile, name: String?, _ fields: RequestFields) -> HTTPResponse {
        guard let name else { return page(demo, fields) }
        var response: HTTPResponse
        if fields.fetchSite == "cross-site" || fields.fetchSite == "same-site" {
            response = HTTPResponse(303)
            let encoded =
                name.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed.subtracting(["&", "=", "+"])) ?? ""
            response.fields.append(("Location", "./#name=\(encoded)"))
        } else {
            response = page(demo, fields)
        }
        response.fields.append(("Vary", "Sec-Fetch-Site"))
        return response
    }

    /// GET /docs, /assets/{file}
    private static func page(_ name: String, _ fields: RequestFields) throws(Problem) -> HTTPResponse {
        guard let file = files[name] else { throw noFile }
        return page(file, fields)
    }

    private static func page(_ file: StaticFile, _ fields: RequestFields) -> HTTPResponse {
        var response = HTTPResponse(file, for: fields)
        response.fields += [
            (ResponseHeads.policy, policy), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)"),
        ]
        return response
    }

    /// GET /assets/{file}
    private static func asset(
        _ name: String?, among names: Set<String>, _ fields: RequestFields
    ) throws(Problem) -> HTTPResponse {
        guard let name, name.isASCII, !name.hasSuffix(".html"), names.contains(name) else { throw noFile }
        return try page(name, fields)
    }

    /// GET /sdk/{file}. Available to pages of any origin, because browsers load modules with CORS.
    private static func sdkFile(_ name: String?, _ fields: RequestFields) throws(Problem) -> HTTPResponse {
        guard let name, name.isASCII, let file = sdkFiles[name] else { throw noFile }
        var response = HTTPResponse(file, for: fields)
        response.fields += [("Access-Control-Allow-Origin", "*"), (ResponseHeads.resourcePolicy, "cross-origin")]
        // What a worker may request is decided by the policy of its own file.
        if name == "ringback-push-worker.js" {
            response.fields.append((ResponseHeads.policy, "default-src 'none'; connect-src 'self'"))
        }
        return response
    }

    private static var noFile: Problem { Problem(.notFound, "The file does not exist.") }

    /// GET /readyz: 503 while the server is shutting down, while writes fail, and if the database can't be read.
    private func readiness() async -> HTTPResponse {
        if isDraining() { return status("draining", 503) }
        if storage.isFailing || !services.store.isReachable { return status("storage unavailable", 503) }
        do {
            _ = try await services.store.read { try $0.device(tokenHash: []) }
            return status("ready", 200)
        } catch {
            return status("storage unavailable", 503)
        }
    }

    private func status(_ status: String, _ code: Int) -> HTTPResponse {
        Self.status(status, code, node: services.settings.nodeName)
    }

    private static func status(_ status: String, _ code: Int, node: String? = nil) -> HTTPResponse {
        var json = JSONWriter()
        json.object { json in
            json.field("status", status)
            json.optionalField("node", node)
        }
        return HTTPResponse(code, contentType: "application/json", body: json.finish())
    }
}
