import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// A request between its head and its answer.
final class PendingRequest {
    let route: Route
    let fields: RequestFields
    let isHTTP10: Bool
    /// HEAD: the answer has no body.
    let isHead: Bool
    let start = ContinuousClock.now
    private let target: RequestTarget
    private let pathParameters: [String: String]
    /// Whose token it came with, when that is known.
    var principal: SessionService.Principal?
    private var body = ByteBuffer()

    init(
        _ head: HTTPRequestHead, _ route: Route, _ fields: RequestFields, _ target: RequestTarget,
        _ match: RouteTable.Match
    ) {
        self.route = route
        self.fields = fields
        self.target = target
        pathParameters = match.parameters
        isHTTP10 = head.version == .http1_0
        isHead = head.method == .HEAD
    }

    func append(_ bytes: ByteBuffer) {
        guard case .operation(let operation) = route, operation.isWrite else { return }
        body.writeImmutableBuffer(bytes)
    }

    /// The parameters of the query and the path. A name in the path is not to be overridden.
    var parameters: [String: String] {
        pathParameters.isEmpty ? target.parameters : target.parameters.merging(pathParameters) { $1 }
    }

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
