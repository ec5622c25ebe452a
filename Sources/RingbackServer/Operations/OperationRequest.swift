import Crypto
import RingbackCore
import RingbackModel

/// A request for an operation, over HTTP or a socket.
struct OperationRequest: Sendable {
    let operation: Operation
    /// The authenticated sender; `nil` if the operation needs none.
    let principal: SessionService.Principal?
    let parameters: Parameters
    /// The body; `nil` if there is none.
    let body: JSONSlice?
    let idempotencyKey: String?
    /// Where it came from; only for a write, and `nil` for clients that can't be told apart.
    var source: IPAddress?

    /// The path and query parameters. Over a socket they are members of `data`.
    enum Parameters: Sendable {
        case url(URLParameters)
        case data(JSONSlice?)

        subscript(name: String) -> String? {
            get throws {
                switch self {
                case .url(let values): return values[name]
                case .data(let data):
                    guard let value = data?.present(name) else { return nil }
                    guard let text = value.parameterText else {
                        throw Problem.invalid(name, "must be a string or a number")
                    }
                    return text
                }
            }
        }
    }

    /// The sign-in of the device that sent the request.
    var signIn: SignIn {
        get throws {
            guard case .device(let signIn, _) = principal else { throw Dispatcher.notADevice }
            return signIn
        }
    }

    /// The device that sent the request.
    var participant: Participant { get throws { try signIn.participant } }

    /// The use of the server key, or of the administrator's token, with which the request was sent.
    ///
    /// - Parameters:
    ///   - user: The user whom it is about; by default the one in the path, if there is one.
    ///   - object: The call, the device or the other user that it is about.
    func keyUse(user: UserID? = nil, object: String? = nil) throws -> KeyUse {
        let inPath = operation.id.pathParameters.contains("userId") ? try self.user() : nil
        guard let use = KeyUse(by: principal, operation.id.rawValue, user: user ?? inPath, object: object) else {
            throw Problem(.forbidden, "Only a server key may do this.")
        }
        return use
    }

    /// A reader for the members of the body. If the body is optional, a missing one counts as an empty object.
    func reader(requiresBody: Bool = false) throws -> FieldReader {
        if requiresBody, body == nil { throw Problem(.invalidRequest, "The request must have a body.") }
        return try FieldReader(body)
    }

    // MARK: Parameters

    func user(_ name: String = "userId") throws -> UserID {
        guard let user = try parameters[name].flatMap({ UserID($0) }) else {
            throw Problem(.userNotFound, "The user does not exist.")
        }
        return user
    }

    func call() throws -> CallID {
        guard let call = try parameters["callId"].flatMap({ CallID($0) }) else {
            throw Problem(.notFound, "The call does not exist.")
        }
        return call
    }

    func device() throws -> DeviceID {
        guard let device = try parameters["deviceId"].flatMap({ DeviceID($0) }) else {
            throw Problem(.notFound, "The device does not exist.")
        }
        return device
    }

    func integer(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        guard let text = try parameters[name] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw Problem.invalid(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The user after whom a page begins.
    func userAfter() throws -> UserID? {
        try parameters["after"].map { text in
            guard let user = UserID(text) else { throw Problem.invalid("after", "is not a `next` of this resource") }
            return user
        }
    }

    /// The device after which a page begins.
    func deviceAfter() throws -> DevicePlace? {
        try parameters["after"].map { text in
            guard let place = DevicePlace(text) else {
                throw Problem.invalid("after", "is not a `next` of this resource")
            }
            return place
        }
    }

    /// A change of the call in the path.
    func change(_ change: CallRequest.Change) throws -> CallRequest {
        CallRequest(.change(try call(), change), by: try signIn, key: try keyText())
    }

    // MARK: Idempotency

    /// The client's key.
    func keyText() throws -> String? {
        guard let idempotencyKey else { return nil }
        guard Limits.idempotencyKeyCharacters.contains(idempotencyKey.utf8.count),
            idempotencyKey.readUTF8({ $0.allSatisfy { (0x21...0x7E).contains($0) } })
        else { throw Problem.invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters") }
        return idempotencyKey
    }

    /// Whether the body contains a password. Then the key is ignored, because nothing of the request may be kept.
    var hasPassword: Bool { body?.present("password") != nil }

    /// The client's key with the device, the route and a fingerprint of the content.
    func key() throws -> IdempotencyKey? {
        guard let idempotencyKey = try keyText() else { return nil }
        let names = operation.id.pathParameters
        var route = operation.id.rawValue
        for name in names { route += try "/\(parameters[name] ?? "")" }
        // The fingerprint is the same over HTTP and over a socket.
        let content = body?.canonicalJSON(excluding: names) ?? []
        return IdempotencyKey(
            device: try participant.deviceId, route: route, key: idempotencyKey,
            fingerprint: Array(HMAC<SHA256>.authenticationCode(for: content, using: Self.fingerprintKey)))
    }

    /// Without this key, a fingerprint reveals nothing about the request. The key is kept in the memory of the process,
    /// as are the responses.
    private static let fingerprintKey = SymmetricKey(size: .bits256)
}
