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
    let response: @Sendable (_ parameters: [String: String], _ fields: RequestFields) async throws -> HTTPResponse
}

/// All routes, by the segments of their paths.
final class RouteTable: Sendable {
    /// What a path leads to.
    struct Match {
        /// By method; empty for a path that nothing is at.
        var routes: [String: Route] = [:]
        /// The path's parameters, decoded.
        var parameters: [String: String] = [:]

        /// The methods of the path, in the order of their names (RFC 9110, section 10.2.1).
        var methods: [String] {
            var methods = Array(routes.keys)
            // A stream has no head without a body that never ends.
            if let route = routes["GET"], route.id != .streamEvents { methods.append("HEAD") }
            return methods.sorted()
        }

        /// The route of a method; that of GET also answers HEAD.
        func route(_ method: HTTPMethod) -> Route? {
            guard method == .HEAD else { return routes[method.rawValue] }
            return methods.contains("HEAD") ? routes["GET"] : nil
        }
    }

    private struct Node: Sendable {
        var literals: [Substring: Node] = [:]
        /// At most one: the parameter's name, and what is behind it.
        var parameter: [Parameter] = []
        var routes: [String: Route] = [:]
    }

    private struct Parameter: Sendable {
        let name: String
        var node = Node()
    }

    private let root: Node
    /// All of them, for tests.
    let routes: [Route]

    init(_ routes: [Route]) {
        self.routes = routes
        var root = Node()
        for route in routes {
            let (method, path) = route.id.route
            Self.add(route, method.rawValue, path.split(separator: "/")[...], to: &root)
        }
        self.root = root
    }

    private static func add(
        _ route: Route, _ method: String, _ segments: ArraySlice<Substring>, to node: inout Node
    ) {
        guard let segment = segments.first else {
            precondition(node.routes.updateValue(route, forKey: method) == nil, "one route for a method and a path")
            return
        }
        if segment.hasPrefix("{") {
            if node.parameter.isEmpty { node.parameter = [Parameter(name: String(segment.dropFirst().dropLast()))] }
            add(route, method, segments.dropFirst(), to: &node.parameter[0].node)
        } else {
            add(route, method, segments.dropFirst(), to: &node.literals[segment, default: Node()])
        }
    }

    /// - Parameter path: Percent-encoded. Empty segments don't count, so a slash at the end makes no difference.
    func match(_ path: Substring) -> Match {
        let segments = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        var match = Match()
        guard segments.count <= 8 else { return match }
        Self.find(segments[...], in: root, &match)
        return match
    }

    /// - Returns: Whether there is something at this path. A name goes before a parameter.
    @discardableResult
    private static func find(_ segments: ArraySlice<Substring>, in node: Node, _ match: inout Match) -> Bool {
        guard let segment = segments.first else {
            match.routes = node.routes
            return !node.routes.isEmpty
        }
        // Names are ASCII: others would be compared in a time that grows with the square of their length.
        if segment.utf8.count <= 32, segment.utf8.allSatisfy({ $0 < 0x80 }), let next = node.literals[segment],
            find(segments.dropFirst(), in: next, &match)
        {
            return true
        }
        guard let parameter = node.parameter.first, find(segments.dropFirst(), in: parameter.node, &match) else {
            return false
        }
        match.parameters[parameter.name] = RequestTarget.decoded(segment)
        return true
    }
}
