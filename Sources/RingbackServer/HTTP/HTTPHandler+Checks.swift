import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// The checks before a request is carried out, in this order: route, authentication, rate, properties of the body.
extension HTTPHandler {
    /// Finds the route of a request and authenticates it.
    func check(_ head: HTTPRequestHead) {
        place.becameBusy()
        codec.received.reset()
        awaitsContinue = false
        let request = PendingRequest(head, from: peer, frontEnd)
        self.request = request
        do {
            try request.fields.checkFraming(head.version)
        } catch {
            connection.endWithAnswer()
            return refuse(request, error)
        }
        if let preflight = frontEnd.heads.preflight(head.method, request.fields) { return send(preflight) }
        let match = frontEnd.routes.match(request.path)
        guard let route = match.route(head.method) else {
            let methods = match.methods
            return send(
                methods.isEmpty
                    ? HTTPResponse(Problem(.notFound, "The path does not exist."))
                    : .methodNotAllowed(methods))
        }
        request.take(route, match.parameters)
        switch route {
        case .operation(let operation), .poll(let operation):
            guard operation.access != .anyone else { return admit(request) }
            authenticate(request) { self.admit(request) }
        case .stream, .socket: checkConnection(request, head)
        case .page: admit(request)
        }
    }

    /// Checks the origin of a socket or stream, and how many its address opens, and authenticates it.
    private func checkConnection(_ request: PendingRequest, _ head: HTTPRequestHead) {
        do {
            try frontEnd.allowedOrigins.check(request.fields.origin, host: request.fields.host)
            try frontEnd.services.openings.spend(
                frontEnd.source(of: request.fields, from: peer), at: frontEnd.services.time.monotonic)
        } catch {
            return refuse(request, error)
        }
        if case .socket = request.route { checkSocket(request, head) } else { checkStream(request) }
    }

    /// Authenticates a request, without the store if possible: for an operation whose change checks the sign-in again,
    /// or if no other process can have ended it.
    func authenticate(_ request: PendingRequest, then: @escaping () -> Void) {
        request.removals = frontEnd.services.sessions.removals
        guard let token = request.fields.token else { return refuse(request, SessionService.unauthenticated) }
        let device = request.fields.device
        let isConfirmed = request.isConfirmedLater || !frontEnd.services.store.isShared
        if isConfirmed, device == nil, let principal = lastPrincipal(token, request.removals) {
            request.principal = principal
            return then()
        }
        do {
            if isConfirmed, let principal = try frontEnd.services.sessions.known(token, device: device) {
                request.principal = principal
                if device == nil { lastToken = (token, principal, request.removals) }
                return then()
            }
        } catch {
            return refuse(request, error)
        }
        let source = frontEnd.source(of: request.fields, from: peer)
        let (operation, user) = (request.route?.id.rawValue ?? "", request.userInPath)
        run(
            request,
            { services in
                try await services.authenticate(token, device: device, from: source, for: operation, about: user)
            }
        ) { principal in
            request.principal = principal
            then()
        }
    }

    /// The sender of the previous request, if the token is the same and no device was signed out since.
    private func lastPrincipal(_ token: String, _ removals: UInt64) -> SessionService.Principal? {
        guard let lastToken, lastToken.removals == removals, lastToken.token.hasSameBytes(as: token) else { return nil }
        if case .device(_, let expiresAt) = lastToken.principal, expiresAt <= frontEnd.services.time.now { return nil }
        return lastToken.principal
    }

    /// Authenticates again if a device was signed out since: it may have been this one.
    func confirm(_ request: PendingRequest, then: @escaping () -> Void) {
        guard request.principal != nil, request.fields.token != nil,
            request.removals != frontEnd.services.sessions.removals
        else { return then() }
        authenticate(request, then: then)
    }

    /// Where a request comes from, if its operation is limited by address.
    func source(of request: PendingRequest, for operation: Operation) -> IPAddress? {
        operation.isWrite || operation.access == .anyone ? frontEnd.source(of: request.fields, from: peer) : nil
    }

    /// Checks the rate and the properties of the body; then the body is read.
    func admit(_ request: PendingRequest) {
        var bodyLimit = Limits.bodyBytes
        do {
            switch request.route {
            case .operation(let operation), .poll(let operation):
                try request.fields.checkAccepts("application/json")
                try frontEnd.dispatcher.admit(
                    operation, by: request.principal, from: source(of: request, for: operation))
                // Who has no token is not trusted with much memory.
                if operation.access == .anyone { bodyLimit = Limits.anonymousBodyBytes }
                if operation.isWrite { try checkBody(request.fields, bodyLimit) }
            case .stream, .socket, .page, nil: break
            }
        } catch {
            return refuseUse(request, error)
        }
        connection.admitted(bodyLimit: bodyLimit, at: .now())
        if request.fields.expect != nil, !request.isHTTP10 {
            awaitsContinue = true
            // The body may have arrived together with the head.
            if !isInRead { sendContinue() }
        }
        proceed()
    }

    /// Refuses a request; if its server key does not permit it, this is recorded first.
    func refuseUse(_ request: PendingRequest, _ error: any Error) {
        guard case .server = request.principal, let operation = request.route?.id else {
            return refuse(request, error)
        }
        let (principal, user) = (request.principal, request.userInPath)
        run(
            request, { services in await services.noteRefusal(error, of: principal, for: operation, about: user) }
        ) { self.refuse(request, error) }
    }

    /// Asks for the body if the client waits for that (RFC 9110, section 10.1.1).
    func sendContinue() {
        guard awaitsContinue, let context else { return }
        awaitsContinue = false
        guard connection.phase == .receiving, !connection.hasMoreOfRequest else { return }
        var buffer = ByteBuffer()
        buffer.write(ResponseHeads.continue)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func checkBody(_ fields: RequestFields, _ limit: Int) throws(Problem) {
        do {
            try fields.checkLength(limit)
        } catch {
            // Otherwise the rest of the body would have to be read before the next request.
            connection.endWithAnswer()
            throw error
        }
        if let length = fields.contentLength, !length.isCase(of: "0") { try fields.checkIsJSON() }
    }
}
