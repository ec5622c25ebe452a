import CurlTransport
import RingbackModel

/// The messages of a socket other than events: requests and their answers.
enum SocketExchange {
    /// Whether a request may be sent over a socket: the message is within ``RingbackModel/Limits/bodyBytes``, and no
    /// member of the body has the name of a parameter.
    static func fits(_ request: APIRequest) -> Bool {
        // An escaped byte takes six.
        let parameters = parameters(of: request)
        let size = parameters.reduce(512 + (request.body?.count ?? 0)) {
            $0 + $1.name.utf8.count + 6 * $1.value.utf8.count
        }
        guard size <= Limits.bodyBytes else { return false }
        // In a media state, the application chooses the names of the members.
        guard request.operation == .setMedia, let body = request.body else { return true }
        guard let members = try? JSONObject(parsing: body) else { return false }
        return !parameters.contains { members.has($0.name) }
    }

    private static func parameters(of request: APIRequest) -> [(name: String, value: String)] {
        Array(zip(request.operation.pathParameters, request.path)).map { (name: $0, value: $1) } + request.query
    }

    /// Encodes a request as `{"id","op","data","key"}`. Path and query parameters are members of `data`.
    ///
    /// - Parameter request: Must satisfy ``fits(_:)``.
    static func request(_ id: Int, _ request: APIRequest) -> [UInt8] {
        let members = (request.body ?? []).dropFirst().dropLast()
        var json = JSONWriter(reservingCapacity: members.count + 256)
        json.object { json in
            json.field("id", id)
            json.field("op", request.operation.rawValue)
            json.name("data")
            json.object { json in
                if !members.isEmpty { json.raw(Array(members)) }
                for (name, value) in parameters(of: request) {
                    json.string(name)
                    json.colon()
                    json.string(value)
                }
            }
            json.optionalField("key", request.key?.rawValue)
        }
        return json.finish()
    }

    /// An answer, converted to an HTTP response.
    struct Answer {
        var id: Int
        var response: CurlResponse

        /// - Returns: `nil` for other messages, such as events.
        init?(parsing message: [UInt8]) {
            // Most messages are events, which are parsed when they are read.
            guard !message.starts(with: #"{"event":"#.utf8), let json = try? JSONObject(parsing: message),
                !json.has("event"), let id = try? json.integer("id"), let status = try? json.integer("status")
            else { return nil }
            self.id = id
            var head = CurlResponseHead()
            head.status = status
            head.headers["location"] = try? json.string("location")
            head.headers["retry-after"] = (try? json.integer("retryAfterSeconds")).map(String.init)
            let isError = json.has("error")
            let body = try? json.text(isError ? "error" : "data")
            if body != nil { head.headers["content-type"] = isError ? "application/problem+json" : "application/json" }
            response = CurlResponse(head: head, body: body?.utf8 ?? [])
        }
    }
}
