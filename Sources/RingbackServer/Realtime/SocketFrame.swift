import RingbackCore
import RingbackModel

/// What a client sends over a socket.
struct SocketRequest: Sendable {
    /// The client's `id`, a JSON number or string, to be given back as it is.
    let id: JSONText?
    let op: String
    let data: JSONSlice?
    let key: String?

    /// - Throws: ``NotARequest``.
    init(_ message: [UInt8]) throws {
        guard let frame = try? JSONSlice(parsing: message), let op = frame["op"]?.string else { throw NotARequest() }
        switch frame["id"]?.kind {
        case nil: id = nil
        case .number, .string: id = frame["id"]?.text
        default: throw NotARequest()
        }
        if let id, id.utf8.count > 128 { throw NotARequest() }
        self.op = op
        data = frame["data"]
        key = frame["key"]?.string
    }
}

/// A frame that is not a request: the socket closes.
struct NotARequest: Error {}

/// What the server sends over a socket.
enum SocketFrame {
    static func event(_ json: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: json.count + 16)
        writer.object { writer in
            writer.name("event")
            writer.raw(json)
        }
        return writer.utf8
    }

    static func answer(_ id: JSONText?, _ answer: Answer) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: answer.body.count + 64)
        writer.object { writer in
            writer.optionalField("id", id)
            writer.field("status", answer.status)
            writer.optionalField("location", answer.location)
            if !answer.body.isEmpty {
                writer.name("data")
                writer.raw(answer.body)
            }
        }
        return writer.utf8
    }

    static func failure(_ id: JSONText?, _ problem: Problem) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.optionalField("id", id)
            writer.field("status", problem.status)
            writer.field("error", problem)
            writer.optionalField("retryAfterSeconds", problem.retryAfterSeconds)
        }
        return writer.utf8
    }
}
