import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// A request between its head and its answer.
final class PendingRequest {
    /// `nil` as long as it isn't looked up, and where there is none.
    private(set) var route: Route?
    let fields: RequestFields
    let isHTTP10: Bool
    /// HEAD: the answer has no body.
    let isHead: Bool
    let start = ContinuousClock.now
    /// Where the client sees the server.
    let basePath: BasePath
    private let target: RequestTarget
    private var pathParameters = URLParameters()
    /// How many sessions had ended when the token was looked at (``SessionService/removals``).
    var removals: UInt64 = 0
    /// Whose token it came with, when that is known.
    var principal: SessionService.Principal?
    private var body = ByteBuffer()

    /// - Parameter peer: The other end of the connection.
    init(_ head: HTTPRequestHead, from peer: IPAddress?, _ frontEnd: HTTPFrontEnd) {
        fields = RequestFields(head.headers)
        basePath = frontEnd.basePath(for: fields, from: peer)
        target = RequestTarget(head.uri)
        isHTTP10 = head.version == .http1_0
        isHead = head.method == .HEAD
    }

    /// Percent-encoded.
    var path: Substring { basePath.stripped(from: target.path) }

    func take(_ route: Route, _ parameters: URLParameters) {
        self.route = route
        pathParameters = parameters
    }

    func append(_ bytes: ByteBuffer) {
        guard case .operation(let operation) = route, operation.isWrite else { return }
        body.writeImmutableBuffer(bytes)
    }

    /// The parameters of the query and the path. A name in the path is not to be overridden.
    var parameters: URLParameters { target.parameters.followed(by: pathParameters) }

    /// The request as its operation takes it.
    ///
    /// - Throws: ``Problem`` `unsupported_media_type`, ``JSONSyntaxError``.
    func operationRequest(_ operation: Operation) throws -> OperationRequest {
        var json: JSONSlice?
        if body.readableBytes > 0 {
            try fields.checkIsJSON()
            json = try JSONSlice(parsing: Array(body.readableBytesView))
        }
        return OperationRequest(
            operation: operation, principal: principal, parameters: .url(parameters), body: json,
            idempotencyKey: fields.idempotencyKey)
    }
}
