import CurlTransport
public import Foundation
public import RingbackModel
import Synchronization

/// A device of a user's: it signs in, receives events, and places and takes calls.
///
/// ```swift
/// let client = try RingbackClient(baseURL: URL(string: "https://ringback.example.org")!)
/// try await client.signIn("vasya", password: "correct horse")
/// let call = try await client.invite("petya")
/// for try await event in client.events() { … }
/// ```
///
/// A client may be used from any number of tasks. Cancelling a task ends the HTTP request it waits for, on the server too.
/// All transfers of the process run on one thread, a WebSocket on one of its own.
///
/// While ``events(after:over:)`` is connected by WebSocket, requests go over that socket, otherwise over HTTP; see
/// <doc:WhereRequestsGo>. Requests that fail for a reason that may pass are repeated as ``RetryPolicy`` says, writes with the
/// same key, so that nothing is done twice.
public final class RingbackClient: Sendable {
    let base: BaseURL
    /// Where the server is.
    public let baseURL: URL
    /// How connections are made.
    public let network: NetworkOptions
    /// When what failed is tried again.
    public let retries: RetryPolicy
    let requests: RequestQueue
    private let signedIn: Mutex<Session?>

    /// - Parameters:
    ///   - baseURL: Where the server is: `https://ringback.example.org`, or with a path behind which it stands.
    ///   - session: Of an earlier sign-in, if there was one.
    ///   - network: Whom to trust, through which proxy, how long to wait.
    ///   - retries: When what failed is tried again.
    /// - Throws: ``RingbackError/invalidArgument(_:)`` for a URL that is not http or https, or has a query.
    public init(
        baseURL: URL, session: Session? = nil, network: NetworkOptions = NetworkOptions(),
        retries: RetryPolicy = RetryPolicy()
    ) throws(RingbackError) {
        base = try BaseURL(baseURL)
        self.baseURL = baseURL
        self.network = network
        self.retries = retries
        requests = RequestQueue(token: session?.token)
        signedIn = Mutex(session)
    }

    /// The session of the last sign-in; keep it to stay the same device. `nil` before.
    public var session: Session? { signedIn.withLock { $0 } }

    func use(_ session: Session?) {
        signedIn.withLock { $0 = session }
        requests.use(token: session?.token)
    }

    // MARK: Requests

    /// - Throws: ``RingbackError`` for every status but those of the 200s.
    static func check(_ response: CurlResponse) throws(RingbackError) {
        guard !(200...299).contains(response.head.status) else { return }
        if let problem = ServerProblem(response) { throw .problem(problem) }
        if response.head.status == 407 { throw .proxyWantsPassword }
        let reason =
            switch response.head.status {
            case 300...399: "an unexpected redirect: use that URL as the base URL if it is the server's"
            default: "it is not a problem of this protocol; a proxy before the server may have answered"
            }
        throw .unexpectedResponse(UnexpectedResponse(response.head, reason))
    }

    func httpRequest(_ request: OperationRequest) throws(RingbackError) -> CurlRequest {
        var http = CurlRequest(url: base.text + request.target, options: network.curl)
        http.method = request.operation.route.method.rawValue
        http.isFresh = !request.operation.isRepeatable
        http.timeout = network.requestTimeout + request.extraTime
        http.headers = try headers(token: request.token, isOpen: request.operation.isOpen)
        if let body = request.body {
            http.headers.append(("Content-Type", "application/json"))
            http.body = body
        } else if http.method != "GET" {
            http.body = []
        }
        if let key = request.key { http.headers.append(("Idempotency-Key", key.rawValue)) }
        return http
    }

    /// What every request carries.
    ///
    /// - Throws: ``RingbackError/notSignedIn``, and for a token that no header can carry.
    func headers(token: String? = nil, isOpen: Bool) throws(RingbackError) -> [(name: String, value: String)] {
        let headers = [("Accept", "*/*"), ("User-Agent", "ringback-swift/0.1")]
        guard let token = token ?? session?.token else {
            if isOpen { return headers }
            throw .notSignedIn
        }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidArgument("the token has characters that a header can't carry")
        }
        return isOpen ? headers : headers + [("Authorization", "Bearer \(token)")]
    }

    /// Sends a request, and reads the JSON object of the answer.
    func object<Value>(
        _ request: OperationRequest, _ read: (JSONObject) throws(UnexpectedJSON) -> Value
    ) async throws -> Value {
        let response = try await send(request)
        return try Self.read(response, read)
    }

    static func read<Value>(
        _ response: CurlResponse, _ read: (JSONObject) throws(UnexpectedJSON) -> Value
    ) throws(RingbackError) -> Value {
        guard response.head.contentType == "application/json" else {
            throw .unexpectedResponse(UnexpectedResponse(response.head, "its body is not JSON"))
        }
        do {
            return try read(JSONObject(parsing: response.body))
        } catch {
            throw .unexpectedResponse(UnexpectedResponse(response.head, "\(error)"))
        }
    }

    /// Sends a request, and reads a page.
    func page<Item>(
        _ request: OperationRequest, _ read: (JSONObject) throws(UnexpectedJSON) -> Item
    ) async throws -> Page<Item> {
        try await object(request) { json throws(UnexpectedJSON) in
            Page(items: try json.list("items", read), next: try json.optional("next", JSONObject.string))
        }
    }
}
