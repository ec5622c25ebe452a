import NIOCore
import RingbackCore
import RingbackModel

/// Authenticates the client and sends the welcome.
extension SocketHandler {
    /// The first message of a socket without a token in its request.
    func hello(_ text: [UInt8]) {
        guard let request = try? SocketRequest(text), request.op.hasSameBytes(as: "hello"),
            let token = request.data?["token"]?.string
        else { return close(.notARequest) }
        let cursor = request.data?["cursor"]?.string
        let device = request.data?["deviceId"]?.string
        let source = source
        run(
            { hub in try await hub.identify(token: token, device: device, cursor: cursor, from: source) }
        ) { handler, result in
            switch result {
            case .failure(let error as Problem) where error.code == .rateLimited: handler.close(.tooManyConnections)
            case .success(let identity): handler.open(identity)
            case .failure(let error as Problem) where error.status < 500: handler.close(.badToken)
            case .failure: handler.close(.internalError)
            }
        }
    }

    func open(_ identity: SocketIdentity) {
        guard let context, let address else { return }
        connection.identified(until: identity.expiresAt)
        do {
            // Subscribed before the welcome is read, so that no event is missed.
            let pump = try EventPump(
                identity.signIn, after: nil, isPoll: false, limit: Self.batch, hub.services, from: source,
                address: address, eventLoop: context.eventLoop, sink: self)
            session = SocketSession(identity, pump, at: hub.services.time.monotonic)
        } catch {
            return close(.tooManyConnections)
        }
        run({ hub in try await hub.welcome(identity) }) { handler, result in
            switch result {
            case .success(let welcome): handler.begin(welcome)
            case .failure(let error as Problem) where error.status == 401: handler.close(.superseded)
            case .failure(let error as Problem) where error.code == .rateLimited: handler.close(.tooManyConnections)
            case .failure: handler.close(.internalError)
            }
        }
    }

    private func begin(_ welcome: Welcome) {
        session?.pump.begin(at: welcome.cursor)
        let user = welcome.participant.userId
        guard !hub.services.devices.isRecorded(user) else { return sendWelcome(welcome) }
        // Other nodes know that the device is present before it knows itself that it is connected.
        run({ hub in await hub.services.devices.waitUntilRecorded(user) }) { handler, _ in
            handler.sendWelcome(welcome)
        }
    }

    private func sendWelcome(_ welcome: Welcome) {
        connection.opened()
        // The missed events are sent together with the welcome.
        isCollecting = true
        send { $0.writeFrame(.text, SocketFrame.welcome(welcome)) }
        session?.pump.pump()
        serve()
        flushMessages()
    }
}
