import Foundation
import NIOHTTP1
import RingbackModel

/// The target of a method and a path.
enum Route: Sendable {
    /// An operation with a single response, over HTTP or a socket.
    case operation(Operation)
    /// A long poll.
    case poll(Operation)
    /// A stream of events.
    case stream
    /// The upgrade to a WebSocket.
    case socket
    case page(Page)

    var id: APIOperation {
        switch self {
        case .operation(let operation), .poll(let operation): operation.id
        case .stream: .streamEvents
        case .socket: .openSocket
        case .page(let page): page.id
        }
    }
}

/// A page, a file, or an operator's resource: only over HTTP, without a token.
struct Page: Sendable {
    let id: APIOperation
    let response: @Sendable (_ parameters: URLParameters, _ fields: RequestFields) async throws -> HTTPResponse
}

private typealias PathSegment = Slice<UnsafeBufferPointer<UInt8>>

/// All routes, as a tree of path segments.
final class RouteTable: Sendable {
    /// The routes of a path.
    struct Match {
        /// `nil` if the path does not exist.
        fileprivate var path: RoutePath?
        /// The decoded path parameters.
        var parameters = URLParameters()

        /// The methods of the path, sorted (RFC 9110, section 10.2.1).
        var methods: [String] { path?.methods ?? [] }

        /// The route of a method. HEAD uses the route of GET.
        func route(_ method: HTTPMethod) -> Route? {
            guard let path else { return nil }
            guard method == .HEAD else { return path.route(method.rawValue) }
            return path.methods.contains("HEAD") ? path.route("GET") : nil
        }
    }

    /// By the number of their segments. The first one that matches a path is used.
    private let paths: [[RoutePath]]
    /// All routes, for tests.
    let routes: [Route]

    init(_ routes: [Route]) {
        self.routes = routes
        var paths = [[RoutePath]](repeating: [], count: 9)
        for (path, routes) in Dictionary(grouping: routes, by: \.id.route.path) {
            let new = RoutePath(path, routes)
            paths[new.segments.count].append(new)
        }
        self.paths = paths.map { $0.sorted(by: <) }
    }

    /// The segments of a path that are not empty; `nil` if there are more than `maximum`.
    private static func segments(of path: UnsafeBufferPointer<UInt8>, atMost maximum: Int) -> [PathSegment]? {
        var segments: [PathSegment] = []
        segments.reserveCapacity(maximum)
        var rest = path[...]
        while let start = rest.firstIndex(where: { $0 != UInt8(ascii: "/") }) {
            rest = rest[start...]
            guard segments.count < maximum else { return nil }
            let segment = rest.prefix { $0 != UInt8(ascii: "/") }
            segments.append(segment)
            rest = rest[segment.endIndex...]
        }
        return segments
    }

    /// - Parameter path: Percent-encoded. Empty segments, such as after a trailing slash, are ignored.
    func match(_ path: Substring) -> Match {
        var match = Match()
        String(path).readUTF8 { path in
            guard let parts = Self.segments(of: path, atMost: paths.count - 1) else { return }
            match.path = paths[parts.count].first { $0.fits(parts) }
            for (segment, part) in zip(match.path?.segments ?? [], parts) {
                guard case .parameter(let name) = segment else { continue }
                match.parameters.append(name, RequestTarget.decoded(part))
            }
        }
        return match
    }
}

/// A path with its routes.
private final class RoutePath: Sendable {
    enum Segment: Sendable {
        case literal([UInt8])
        case parameter(String)
    }

    let segments: [Segment]
    private let routes: [(method: String, route: Route)]
    /// Sorted by name.
    let methods: [String]

    init(_ path: String, _ routes: [Route]) {
        segments = path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? .parameter(String(segment.dropFirst().dropLast())) : .literal(Array(segment.utf8))
        }
        self.routes = routes.map { ($0.id.route.method.rawValue, $0) }
        var methods = self.routes.map(\.method)
        precondition(Set(methods).count == methods.count, "a method and a path have one route")
        // HEAD is not offered for a stream, whose body does not end.
        if let route = self.routes.first(where: { $0.method == "GET" }), route.route.id != .streamEvents {
            methods.append("HEAD")
        }
        self.methods = methods.sorted()
    }

    func route(_ method: String) -> Route? { routes.first { $0.method == method }?.route }

    /// - Parameter parts: The segments of a path, of which there must be as many as in ``segments``.
    func fits(_ parts: [PathSegment]) -> Bool {
        for (segment, part) in zip(segments, parts) {
            guard case .literal(let name) = segment else { continue }
            if part.count != name.count || memcmp(part.base.baseAddress! + part.startIndex, name, name.count) != 0 {
                return false
            }
        }
        return true
    }

    /// Literal segments take precedence over parameters.
    static func < (a: RoutePath, b: RoutePath) -> Bool {
        for (a, b) in zip(a.segments, b.segments) {
            switch (a, b) {
            case (.literal, .parameter): return true
            case (.parameter, .literal): return false
            default: continue
            }
        }
        return false
    }
}
