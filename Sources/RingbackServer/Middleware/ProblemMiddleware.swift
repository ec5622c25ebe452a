import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import RingbackCore
import RingbackModel

/// Answers every error as a problem (RFC 9457), and a wrong method as 405 with `Allow`.
struct ProblemMiddleware: RouterMiddleware {
    let allowedMethods: AllowedMethods

    func handle(
        _ request: Request, context: RingbackContext,
        next: (Request, RingbackContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return await response(for: error, to: request)
        } catch {
            let problem = Dispatcher.problem(for: error) { error in
                context.logger.error(
                    "a request failed",
                    metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            }
            return .problem(problem)
        }
    }

    private func response(for error: HTTPError, to request: Request) async -> Response {
        switch error.status {
        case .notFound:
            let allowed = allowedMethods.methods(for: request.uri.path)
            guard !allowed.isEmpty else { return .problem(Problem(.notFound, "There is nothing at this path.")) }
            var response = Response.problem(
                Problem(.methodNotAllowed, "This resource knows \(allowed.joined(separator: ", "))."))
            response.headers[.allow] = allowed.joined(separator: ", ")
            return response
        case .contentTooLarge:
            return .problem(Problem(.payloadTooLarge, "A body may have \(Limits.bodyBytes) bytes."))
        default:
            return .problem(Problem(.invalidRequest, "The request can't be served.", status: error.status.code))
        }
    }
}

/// Which methods each path knows.
struct AllowedMethods: Sendable {
    private let routes: [(segments: [Substring], method: String)]

    init(_ routes: [ServedRoute]) {
        let heads = routes.filter { $0.method == .get && $0.path != HTTPRoutes.streamPath }.map { ($0.path, "HEAD") }
        self.routes = (routes.map { ($0.path, $0.method.rawValue) } + heads)
            .map { (segments: $0.0.split(separator: "/"), method: $0.1) }
    }

    func methods(for path: String) -> [String] {
        let segments = path.split(separator: "/")
        return routes.filter { route in
            route.segments.count == segments.count
                && zip(route.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }.map(\.method).sorted()
    }
}

extension Response {
    static func problem(_ problem: Problem) -> Response {
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if problem.status == 401 {
            headers[.wwwAuthenticate] =
                problem.code == .tokenExpired ? #"Bearer error="invalid_token", error_description="expired""# : "Bearer"
        }
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = "\(seconds)" }
        // The rest of a body that is too large would have to be read before the next request.
        if problem.code == .payloadTooLarge { headers[.connection] = "close" }
        return Response(
            status: .init(code: problem.status), headers: headers, body: .init(byteBuffer: .init(bytes: problem.json)))
    }
}
