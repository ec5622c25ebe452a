import HTTPTypes
import Hummingbird
import HummingbirdCore
import RingbackModel

/// Headers that every response has, and cross-origin access (WHATWG Fetch, section 3.3) for the allowed origins.
struct HeaderMiddleware: RouterMiddleware {
    let allowedOrigins: [String]

    func handle(
        _ request: Request, context: RingbackContext,
        next: (Request, RingbackContext) async throws -> Response
    ) async throws -> Response {
        let origin = request.headers[.origin].flatMap { origin in
            allowedOrigins.contains { $0 == "*" || $0.hasSameBytes(as: origin) } ? origin : nil
        }
        var response: Response
        if origin != nil, request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(
                status: .noContent,
                headers: [
                    .accessControlAllowMethods: "GET, POST, PUT, PATCH, DELETE",
                    .accessControlAllowHeaders: "authorization, content-type, idempotency-key, last-event-id",
                    .accessControlMaxAge: "86400",
                ])
        } else {
            response = try await next(request, context)
        }
        if !allowedOrigins.isEmpty { response.headers[.vary] = "Origin" }
        if let origin {
            response.headers[.accessControlAllowOrigin] = origin
            response.headers[.accessControlExposeHeaders] = "location, retry-after"
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }
}
