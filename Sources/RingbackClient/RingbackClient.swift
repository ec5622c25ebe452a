import CurlTransport
public import Foundation
public import RingbackModel
import Synchronization

/// A client for one device of a user: signs in, receives events, makes and answers calls.
///
/// ```swift
/// let client = try RingbackClient(baseURL: URL(string: "https://ringback.example.org")!)
/// try await client.signIn("vasya", password: "correct horse")
/// let call = try await client.invite("petya")
/// for try await event in client.events() { … }
/// ```
///
/// A client may be used from any number of tasks. Cancelling a task cancels its HTTP request, on the server too. All
/// HTTP transfers of the process share one thread; each WebSocket has its own.
///
/// While ``events(after:over:)`` is connected by WebSocket, requests go over that socket, otherwise over HTTP; see
/// <doc:WhereRequestsGo>. Requests that fail for a temporary reason are repeated according to ``RetryPolicy``. Writes
/// are repeated with the same key, so they are not carried out twice.
public final class RingbackClient: Sendable {
    let base: BaseURL
    /// The URL of the server.
    public let baseURL: URL
    /// The options for connections.
    public let network: NetworkOptions
    /// The delays between retries.
    public let retries: RetryPolicy
    let requests: RequestQueue
    private let signedIn: Mutex<SignedIn>

    private struct SignedIn {
        var session: Session?
        /// The number of sign-ins that have been sent and not answered.
        var pending = 0
    }

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - baseURL: The URL of the server: `https://ringback.example.org`, with a path if the API is below one.
    ///   - session: A session from an earlier sign-in.
    ///   - network: Certificates, proxy and timeouts.
    ///   - retries: The delays between retries.
    /// - Throws: ``RingbackError/invalidArgument(_:)`` if the URL is not http or https, or has a query.
    public init(
        baseURL: URL, session: Session? = nil, network: NetworkOptions = NetworkOptions(),
        retries: RetryPolicy = RetryPolicy()
    ) throws(RingbackError) {
        base = try BaseURL(baseURL)
        self.baseURL = baseURL
        self.network = network
        self.retries = retries
        requests = RequestQueue(token: session?.token)
        signedIn = Mutex(SignedIn(session: session))
    }

    /// The current session; `nil` before signing in. Store it to remain the same device after a restart.
    public var session: Session? { signedIn.withLock { $0.session } }

    /// Whether a token has been replaced, or is about to be. The server ends what belongs to the previous one, and may
    /// do so before it answers the sign-in.
    func isReplaced(_ token: String?) -> Bool {
        signedIn.withLock { $0.session != nil && ($0.session?.token != token || $0.pending > 0) }
    }

    func beginSignIn() { signedIn.withLock { $0.pending += 1 } }

    func endSignIn() { signedIn.withLock { $0.pending -= 1 } }

    func use(_ session: Session?) {
        signedIn.withLock { $0.session = session }
        requests.use(token: session?.token)
    }

    // MARK: Requests

    /// - Throws: ``RingbackError`` for every status that is not 2xx.
    static func check(_ response: CurlResponse) throws(RingbackError) {
        guard !(200...299).contains(response.head.status) else { return }
        if let problem = ServerProblem(response) { throw .problem(problem) }
        if response.head.status == 407 { throw .proxyWantsPassword }
        let reason =
            switch response.head.status {
            case 300...399: "it is a redirect; if the target is the server, use it as the base URL"
            default: "it does not follow the protocol; it may come from a proxy in front of the server"
            }
        throw .unexpectedResponse(UnexpectedResponse(response.head, reason))
    }

    func httpRequest(_ request: APIRequest) throws(RingbackError) -> CurlRequest {
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

    /// The headers of every request.
    ///
    /// - Throws: ``RingbackError/notSignedIn``; ``RingbackError/invalidArgument(_:)`` if the token contains characters
    ///   not allowed in a header.
    func headers(token: String? = nil, isOpen: Bool) throws(RingbackError) -> [(name: String, value: String)] {
        let headers = [("Accept", "*/*"), ("User-Agent", "ringback-swift/0.1")]
        guard let token = token ?? session?.token else {
            if isOpen { return headers }
            throw .notSignedIn
        }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidArgument("the token contains characters that are not allowed in a header")
        }
        return isOpen ? headers : headers + [("Authorization", "Bearer \(token)")]
    }

    /// Sends a request and decodes the JSON object in the response.
    func object<Value>(
        _ request: APIRequest, _ read: (JSONObject) throws(UnexpectedJSON) -> Value
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

    /// Sends a request and decodes the page in the response.
    func page<Item>(
        _ request: APIRequest, _ read: (JSONObject) throws(UnexpectedJSON) -> Item
    ) async throws -> Page<Item> {
        try await object(request) { json throws(UnexpectedJSON) in
            Page(items: try json.list("items", read), next: try json.optional("next", JSONObject.string))
        }
    }

    /// Reads all pages of a list.
    func all<Item: Sendable>(
        _ operation: APIOperation, _ read: (JSONObject) throws(UnexpectedJSON) -> Item
    ) async throws -> [Item] {
        var (items, next): ([Item], String?) = ([], nil)
        repeat {
            let request = APIRequest(operation).with("limit", "100").with("after", next)
            let page = try await page(request, read)
            items += page.items
            next = page.next
        } while next != nil
        return items
    }
}
