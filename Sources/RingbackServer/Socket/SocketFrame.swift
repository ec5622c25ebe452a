import NIOCore
import RingbackCore
import RingbackModel

/// A request of a client over a socket.
struct SocketRequest: Sendable {
    /// What the answer needs of the request. A class, because it is passed on with the request.
    final class Label: Sendable {
        /// The client's `id`, a JSON number or string, returned unchanged.
        let id: JSONText?
        /// `nil` if there is no operation with the given name.
        let operation: Operation?
        /// Of the message.
        let bytes: Int
        let start = NIODeadline.now()

        init(id: JSONText?, operation: Operation? = nil, bytes: Int) {
            self.id = id
            self.operation = operation
            self.bytes = bytes
        }
    }

    let id: JSONText?
    let op: String
    let data: JSONSlice?
    let key: String?

    /// - Throws: ``NotARequest``.
    init(_ message: [UInt8]) throws(NotARequest) {
        guard let request = try? JSONSlice(parsing: message), let op = request["op"]?.string else {
            throw NotARequest()
        }
        let id = request.present("id")
        switch id?.kind {
        case nil, .number, .string: break
        default: throw NotARequest()
        }
        guard id?.count ?? 0 <= 128 else { throw NotARequest() }
        self.id = id?.text
        self.op = op
        data = request.present("data")
        key = request["key"]?.string
    }
}

/// The frame is not a request, so the socket must be closed.
struct NotARequest: Error {}

/// Frames that the server sends occasionally.
enum SocketFrame {
    static func welcome(_ welcome: Welcome) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.object { $0.field("event", welcome) }
        return json.finish()
    }

    static func failure(_ id: JSONText?, _ problem: Problem, under basePath: BasePath) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.optionalField("id", id)
            json.field("status", problem.status)
            json.name("error")
            problem.write(to: &json, under: basePath.text)
            json.optionalField("retryAfterSeconds", problem.retryAfterSeconds)
        }
        return json.finish()
    }
}
