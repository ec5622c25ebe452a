import NIOCore
import RingbackModel

/// Who is at the other end, and from where it goes on.
extension SocketHandler {
    /// The first message of a socket that came without a token.
    func hello(_ text: [UInt8]) {
        guard let request = try? SocketRequest(text), request.label.op.hasSameBytes(as: "hello"),
            let token = request.data?["token"]?.string
        else { return close(.notARequest) }
        let cursor = request.data?["cursor"]?.string
        state = .opening
        run({ hub in try await hub.identify(token: token, cursor: cursor) }) { handler, result in
            switch result {
            case .success(let identity): handler.open(identity)
            case .failure(let error as Problem) where error.status < 500: handler.close(.badToken)
            case .failure: handler.close(.internalError)
            }
        }
    }

    func open(_ identity: SocketIdentity) {
        guard let address else { return }
        state = .opening
        do {
            // Armed before the welcome is read, so that nothing falls between.
            session = try SocketSession(
                identity, hub.services,
                wake: { address.put(.wake) }, end: { address.put(.end($0)) })
        } catch {
            return close(.tooManyConnections)
        }
        run({ hub in try await hub.welcome(identity) }) { handler, result in
            switch result {
            case .success(let welcome):
                handler.session?.cursor = welcome.cursor
                handler.state = .open
                handler.send { $0.writeFrame(.text, SocketFrame.welcome(welcome)) }
                handler.pump()
                handler.serve()
            case .failure(let error as Problem) where error.status == 401: handler.close(.superseded)
            case .failure: handler.close(.internalError)
            }
        }
    }
}
