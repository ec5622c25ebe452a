import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import RingbackCore
import RingbackModel

/// Puts the operations on their paths, and beside them the two that only a connection of their own can have.
struct HTTPRoutes: Sendable {
    let dispatcher: Dispatcher
    let stream: EventStream
    let metrics: ServerMetrics

    private var services: Services { dispatcher.services }

    func add(to router: Router<RingbackContext>) {
        for operation in dispatcher.operations.values {
            router.on(.init(Self.routerPath(operation.path)), method: operation.method) { request, context in
                let start = ContinuousClock.now
                do {
                    let answer = try await perform(operation, request, context)
                    metrics.served(operation, status: answer.status, since: start)
                    return Self.response(answer)
                } catch {
                    let status = (error as? HTTPError)?.status.code ?? Dispatcher.problem(for: error) { _ in }.status
                    metrics.served(operation, status: status, since: start)
                    throw error
                }
            }
        }
        router.get(.init(Self.streamPath)) { request, _ in try await openStream(request) }
        // A stream has no head without a body that never ends.
        router.head(.init(Self.streamPath)) { _, _ -> Response in throw HTTPError(.notFound) }
        router.get(.init(SocketUpgrade.path)) { request, _ in try await refusePlainSocket(request) }
    }

    static let streamPath = "/v1/events/stream"
    static let connections = [
        ServedRoute(.get, streamPath, "streamEvents"), ServedRoute(.get, SocketUpgrade.path, "openSocket"),
    ]

    private static func routerPath(_ path: String) -> String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? ":" + $0.dropFirst().dropLast() : $0 }
            .joined(separator: "/")
    }

    // MARK: Operations

    private func perform(
        _ operation: Operation, _ request: Request, _ context: RingbackContext
    ) async throws -> Answer {
        let principal = operation.access == .anyone ? nil : try await authenticate(request)
        try Self.checkAccept(request, "application/json")
        let body = operation.isWrite ? try await Self.body(of: request) : nil
        return try await dispatcher.perform(
            OperationRequest(
                operation: operation, principal: principal, parameters: .url(try parameters(request, context)),
                body: body, idempotencyKey: request.headers[.init("Idempotency-Key")!]))
    }

    private func authenticate(_ request: Request) async throws -> SessionService.Principal {
        guard let token = request.headers[.authorization].flatMap(BearerToken.parse) else {
            throw SessionService.unauthenticated
        }
        return try await services.sessions.authenticate(token)
    }

    private func parameters(_ request: Request, _ context: RingbackContext) throws -> [String: String] {
        var parameters: [String: String] = [:]
        for (name, value) in request.uri.queryParameters { parameters[String(name)] = String(value) }
        for (name, value) in context.parameters {
            parameters[String(name)] = value.removingPercentEncoding ?? String(value)
        }
        return parameters
    }

    private static func body(of request: Request) async throws -> JSONSlice? {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Limits.bodyBytes {
            throw HTTPError(.contentTooLarge)
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Limits.bodyBytes)
        } catch is NIOTooManyBytesError {
            throw HTTPError(.contentTooLarge)
        }
        guard buffer.readableBytes > 0 else { return nil }
        guard request.headers[.contentType].map({ essence($0).isCase(of: "application/json") }) ?? false else {
            throw Problem(.unsupportedMediaType, "Send application/json.")
        }
        return try JSONSlice(parsing: Array(buffer.readableBytesView))
    }

    /// Refuses clients that accept nothing of what there is (RFC 9110, section 12.5.1).
    private static func checkAccept(_ request: Request, _ type: String) throws {
        guard let accept = request.headers[.accept] else { return }
        let ranges = accept.utf8.split(separator: UInt8(ascii: ",")).map { essence(Substring($0)) }
        let fitting = [type, type.prefix { $0 != "/" } + "/*", "*/*"]
        guard ranges.isEmpty || ranges.contains(where: { range in fitting.contains { range.isCase(of: $0) } }) else {
            throw Problem(.notAcceptable, "This is \(type).")
        }
    }

    /// A media type, or a range of them, without parameters and white space (RFC 9110, section 8.3.1).
    private static func essence(_ field: some StringProtocol) -> Substring {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let type = field.utf8.prefix { $0 != UInt8(ascii: ";") }.drop(while: isSpace)
        return Substring(decoding: type.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
    }

    private static func response(_ answer: Answer) -> Response {
        var headers: HTTPFields = [:]
        if answer.status != 204 { headers[.contentType] = "application/json" }
        if let location = answer.location { headers[.location] = location }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: answer.body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    // MARK: Stream and socket

    private func openStream(_ request: Request) async throws -> Response {
        let principal: SessionService.Principal
        if let ticket = request.uri.queryParameters["ticket"] {
            guard let holder = services.tickets.redeem(String(ticket), at: services.time.now) else {
                throw Problem(.unauthenticated, "The ticket was used, or has expired.")
            }
            principal = try await services.sessions.principal(of: holder)
        } else {
            principal = try await authenticate(request)
        }
        guard case .device(let participant, let expiresAt) = principal else {
            throw Problem(.forbidden, "This is for a user's device.")
        }
        if dispatcher.isDraining() {
            throw Problem(.draining, "The server is about to stop.", retryAfterSeconds: 2)
        }
        try Self.checkAccept(request, "text/event-stream")
        let cursor =
            request.headers[.init("Last-Event-ID")!] ?? request.uri.queryParameters["cursor"].map { String($0) }
        return try await stream.response(for: participant, expiresAt: expiresAt, cursor: cursor)
    }

    /// GET /v1/socket without an upgrade
    private func refusePlainSocket(_ request: Request) async throws -> Response {
        var response = Response.problem(
            Problem(.invalidRequest, "Upgrade to websocket (RFC 6455).", status: 426))
        response.headers[.upgrade] = "websocket"
        response.headers[.connection] = "upgrade"
        return response
    }
}
