import Crypto
import RingbackCore
import RingbackModel

/// What is asked of an operation, whichever way it came.
struct OperationRequest: Sendable {
    let operation: Operation
    /// Whose token it came with; `nil` where none is needed.
    let principal: SessionService.Principal?
    let parameters: Parameters
    /// The JSON, or `nil` when there was none.
    let body: JSONSlice?
    let idempotencyKey: String?

    /// Parameters of the path and the query: over a socket they are members of `data`.
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

    /// The sign-in of the device that asks.
    var signIn: SignIn {
        get throws {
            guard case .device(let signIn, _) = principal else {
                throw Problem(.forbidden, "This is for a user's device.")
            }
            return signIn
        }
    }

    /// The device that asks.
    var participant: Participant { get throws { try signIn.participant } }

    /// The body's members. Where a body is not required, none is as good as an empty object.
    func reader(requiresBody: Bool = false) throws -> FieldReader {
        if requiresBody, body == nil { throw Problem(.invalidRequest, "The request needs a body.") }
        return try FieldReader(body)
    }

    // MARK: Parameters

    func user(_ name: String = "userId") throws -> UserID {
        guard let user = try parameters[name].flatMap({ UserID($0) }) else {
            throw Problem(.userNotFound, "There is no such user.")
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

    /// A change of the call that the path names.
    func change(_ change: CallRequest.Change) throws -> CallRequest {
        CallRequest(.change(try call(), change), by: try signIn, key: try keyText())
    }

    // MARK: Idempotency

    /// The client's key as it came.
    func keyText() throws -> String? {
        guard let idempotencyKey else { return nil }
        guard Limits.idempotencyKeyCharacters.contains(idempotencyKey.utf8.count),
            idempotencyKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Problem.invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters") }
        return idempotencyKey
    }

    /// Whether there is a password in it. Then no key is looked at, for nothing of the request may be kept.
    var hasPassword: Bool { body?.present("password") != nil }

    /// The client's key, bound to this device and route, with a fingerprint of what is asked.
    func key() throws -> IdempotencyKey? {
        guard let idempotencyKey = try keyText() else { return nil }
        let names = operation.id.pathParameters
        var route = operation.id.rawValue
        for name in names { route += try "/\(parameters[name] ?? "")" }
        // The same request has the same fingerprint over HTTP and over a socket.
        let content = body?.canonicalJSON(excluding: names) ?? []
        return IdempotencyKey(
            device: try participant.deviceId, route: route, key: idempotencyKey,
            fingerprint: Array(HMAC<SHA256>.authenticationCode(for: content, using: Self.fingerprintKey)))
    }

    /// A fingerprint says nothing of the request to whoever does not have this key. The answers it is kept with are in the memory
    /// of this process, and so is the key.
    private static let fingerprintKey = SymmetricKey(size: .bits256)
}
