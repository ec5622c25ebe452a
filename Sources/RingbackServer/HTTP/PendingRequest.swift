import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// A request from the arrival of its head to its response.
final class PendingRequest {
    /// `nil` before the lookup, and if there is no route.
    private(set) var route: Route?
    let fields: RequestFields
    let isHTTP10: Bool
    /// Whether the method is HEAD, whose response has no body.
    let isHead: Bool
    let start = NIODeadline.now()
    /// The base path of the server as the client sees it.
    let basePath: BasePath
    private let target: RequestTarget
    private var pathParameters = URLParameters()
    /// The value of ``SessionService/removals`` when the token was checked.
    var removals: UInt64 = 0
    /// The authenticated sender, once known.
    var principal: SessionService.Principal?
    private var body = ByteBuffer()

    /// - Parameter peer: The address of the other end of the connection.
    init(_ head: HTTPRequestHead, from peer: IPAddress?, _ frontEnd: HTTPFrontEnd) {
        fields = RequestFields(head.headers)
        basePath = frontEnd.basePath(for: fields, from: peer)
        target = RequestTarget(head.uri)
        isHTTP10 = head.version == .http1_0
        isHead = head.method == .HEAD
    }

    /// The path, percent-encoded.
    var path: Substring { basePath.stripped(from: target.path) }

    func take(_ route: Route, _ parameters: URLParameters) {
        self.route = route
        pathParameters = parameters
    }

    /// The user whom the request is about.
    var userInPath: UserID? { pathParameters["userId"].flatMap { UserID($0) } }

    /// Whether the sign-in is read from the store again before anything is done or told.
    var isConfirmedLater: Bool {
        switch route {
        case .operation(let operation): operation.changesCall
        case .poll: false
        case .stream, .socket, .page, nil: true
        }
    }

    func append(_ bytes: ByteBuffer) {
        guard case .operation(let operation) = route, operation.isWrite else { return }
        body.writeImmutableBuffer(bytes)
    }

    /// Bytes of the body that are held.
    var bodyBytes: Int { body.readableBytes }

    /// The parameters of the query and the path. A name in the path is not to be overridden.
    var parameters: URLParameters { target.parameters.followed(by: pathParameters) }

    /// The request for its operation.
    ///
    /// - Parameter source: Where it came from.
    /// - Throws: ``Problem`` `unsupported_media_type`, ``JSONSyntaxError``.
    func operationRequest(_ operation: Operation, from source: IPAddress? = nil) throws -> OperationRequest {
        var json: JSONSlice?
        if body.readableBytes > 0 {
            try fields.checkIsJSON()
            json = try JSONSlice(parsing: Array(body.readableBytesView))
        }
        return OperationRequest(
            operation: operation, principal: principal, parameters: .url(parameters), body: json,
            idempotencyKey: fields.idempotencyKey, source: source)
    }
}
