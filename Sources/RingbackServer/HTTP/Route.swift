import NIOHTTP1
import RingbackModel

/// What a method and a path lead to.
enum Route: Sendable {
    /// An operation that is answered once, over HTTP or a socket.
    case operation(Operation)
    /// A long-poll.
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

/// A page or file, or what those who run the server look at: answered by HTTP alone, without a token.
struct Page: Sendable {
    let id: APIOperation
    let response: @Sendable (_ parameters: URLParameters, _ fields: RequestFields) async throws -> HTTPResponse
}

/// All routes, by the segments of their paths.
final class RouteTable: Sendable {
    /// What a path leads to.
    struct Match {
        /// `nil` for a path that nothing is at.
        fileprivate var path: RoutePath?
        /// The path's parameters, decoded.
        var parameters = URLParameters()

        /// The methods of the path, in the order of their names (RFC 9110, section 10.2.1).
        var methods: [String] { path?.methods ?? [] }

        /// The route of a method; that of GET also answers HEAD.
        func route(_ method: HTTPMethod) -> Route? {
            guard let path else { return nil }
            guard method == .HEAD else { return path.route(method.rawValue) }
            return path.methods.contains("HEAD") ? path.route("GET") : nil
        }
    }

    /// By the number of their segments; of those that fit a path the first counts.
    private let paths: [[RoutePath]]
    /// All of them, for tests.
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

    /// - Parameter path: Percent-encoded. Empty segments don't count, so a slash at the end makes no difference.
    func match(_ path: Substring) -> Match {
        var match = Match()
        String(path).readUTF8 { path in
            let parts = path.split(separator: UInt8(ascii: "/"), maxSplits: paths.count)
            guard parts.count < paths.count else { return }
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
    /// In the order of their names.
    let methods: [String]

    init(_ path: String, _ routes: [Route]) {
        segments = path.split(separator: "/").map { segment in
            segment.hasPrefix("{") ? .parameter(String(segment.dropFirst().dropLast())) : .literal(Array(segment.utf8))
        }
        self.routes = routes.map { ($0.id.route.method.rawValue, $0) }
        var methods = self.routes.map(\.method)
        precondition(Set(methods).count == methods.count, "one route for a method and a path")
        // A stream has no head without a body that never ends.
        if let route = self.routes.first(where: { $0.method == "GET" }), route.route.id != .streamEvents {
            methods.append("HEAD")
        }
        self.methods = methods.sorted()
    }

    func route(_ method: String) -> Route? { routes.first { $0.method == method }?.route }

    /// - Parameter parts: Of a path, as many as there are segments.
    func fits(_ parts: [Slice<UnsafeBufferPointer<UInt8>>]) -> Bool {
        for (segment, part) in zip(segments, parts) {
            guard case .literal(let name) = segment else { continue }
            guard part.count == name.count, part.elementsEqual(name) else { return false }
        }
        return true
    }

    /// A name goes before a parameter.
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
