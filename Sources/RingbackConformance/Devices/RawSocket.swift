import NIOCore
import RingbackModel

/// A WebSocket for tests that violate the protocol.
struct RawSocket: Sendable {
    let link: WebSocketLink
    private let frames: Mailbox<JSONSlice>

    static func open(_ address: ServerAddress) async throws -> RawSocket {
        let frames = Mailbox<JSONSlice>(capacity: 1024)
        let link = try await WebSocketLink.open(
            address, target: "/v1/socket",
            onText: { text in
                do {
                    frames.push(try JSONSlice(parsing: text))
                } catch {
                    frames.finish(throwing: error)
                }
            },
            onClose: { frames.finish(throwing: $0) })
        return RawSocket(link: link, frames: frames)
    }

    /// The next message from the server.
    func next() async throws -> JSONSlice {
        guard let frame = try await frames.next(before: .now() + .seconds(20)) else { throw WireError.closedEarly }
        return frame
    }

    /// Waits for the server to close the WebSocket, and checks the code.
    func expectClose(_ code: Int, at place: Place = #line) async throws {
        do {
            while true { _ = try await next() }
        } catch WireError.webSocketClosed(let actual, let reason) {
            try expectEqual(actual, code, "the close code (\(reason))", at: place)
        } catch WireError.timeout {
            throw ConformanceFailure("expected the server to close the WebSocket with \(code)", at: place)
        }
    }
}
