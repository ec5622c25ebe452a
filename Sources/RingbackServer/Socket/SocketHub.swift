import Logging
import NIOCore
import RingbackCore
import RingbackModel
import Synchronization

/// What all sockets share: the operations and authentication.
final class SocketHub: Sendable {
    let services: Services
    let inboxes: LoopInboxes
    let ticker = LoopTicker()
    let dispatcher: Dispatcher
    private let metrics: ServerMetrics
    private let logger: Logger
    private let openSockets = Atomic(0)

    init(dispatcher: Dispatcher, inboxes: LoopInboxes, metrics: ServerMetrics, logger: Logger) {
        services = dispatcher.services
        self.dispatcher = dispatcher
        self.inboxes = inboxes
        self.metrics = metrics
        self.logger = logger
    }

    /// The number of open sockets.
    var count: Int { openSockets.load(ordering: .relaxed) }

    func opened() { openSockets.add(1, ordering: .relaxed) }

    func closed() { openSockets.subtract(1, ordering: .relaxed) }

    // MARK: Authentication

    /// Who a `hello` comes from, if the device may open one more socket.
    func identify(
        token: String, device: String?, cursor: String?, from source: IPAddress?
    ) async throws -> SocketIdentity {
        let removals = services.sessions.removals
        let principal = try await services.authenticate(
            token, device: device, from: source, for: APIOperation.openSocket.rawValue)
        do {
            return try identity(of: principal, cursor: cursor, removals)
        } catch {
            await services.noteRefusal(error, of: principal, for: .openSocket)
            throw error
        }
    }

    /// Redeems a ticket; `nil` if it was used or has expired.
    func identify(ticket: String, cursor: String?) async throws -> SocketIdentity? {
        let removals = services.sessions.removals
        guard let holder = try await services.sessions.redeem(ticket) else { return nil }
        return try identity(of: holder, cursor: cursor, removals)
    }

    private func identity(
        of principal: SessionService.Principal, cursor: String?, _ removals: UInt64
    ) throws -> SocketIdentity {
        let (signIn, expiresAt) = try dispatcher.admitConnection(of: principal)
        return SocketIdentity(signIn: signIn, expiresAt: expiresAt, cursor: cursor, removals: removals)
    }

    /// Where the socket begins. An expired cursor gives a snapshot.
    func welcome(_ identity: SocketIdentity) async throws -> Welcome {
        // The reads are begun together, so that the store performs them as one.
        async let watching: Void = services.presence.resumeWatching(identity.participant)
        async let start = begin(identity)
        // The socket is registered now, but the sign-in may have ended before that.
        try await services.check(identity.signIn, since: identity.removals)
        try await watching
        return try await start
    }

    private func begin(_ identity: SocketIdentity) async throws -> Welcome {
        do {
            let cursor = try identity.cursor.map { try Cursor.parse($0) }
            return try await Welcome.resume(cursor, identity.participant, services)
        } catch let problem as Problem where problem.code == .cursorExpired || problem.code == .invalidRequest {
            return try await Welcome.begin(identity.participant, services)
        }
    }

    // MARK: Requests

    /// What to do for a message. The checks are the same as over HTTP, in the same order: authentication, rate, format.
    ///
    /// - Parameter source: Where the socket was opened from.
    func work(
        for message: [UInt8], of session: inout SocketSession, from source: IPAddress?
    ) throws(NotARequest) -> SocketWork {
        let request = try SocketRequest(message)
        let operation = dispatcher.operation(named: request.op)
        let label = SocketRequest.Label(id: request.id, operation: operation, bytes: message.count)
        do {
            let principal = session.identity.principal
            guard let operation else {
                // Unknown operations count as reads, so that no message is without a limit.
                try services.readLimiter.spend(session.identity.participant.userId, at: services.time.monotonic)
                throw Problem(.notFound, "The operation does not exist.")
            }
            try dispatcher.admit(
                operation, by: principal, from: source,
                notesSignaling: session.notesSignaling(at: services.time.monotonic))
            try dispatcher.admit(bytes: message.count, of: operation, by: principal, from: source)
            guard request.data.map({ $0.kind == .object }) ?? true else {
                throw Problem(.invalidRequest, "`data` must be an object.")
            }
            let asked = OperationRequest(
                operation: operation, principal: principal, parameters: .data(request.data), body: request.data,
                idempotencyKey: request.key, source: source)
            switch operation.work {
            case .change(let change): return .change(label, try change(asked))
            case .task(let handle): return .task(label, asked, handle)
            }
        } catch {
            return .answer(label, error)
        }
    }

    /// Writes the answer to a request.
    func write(
        _ result: Result<Answer, any Error>, to label: SocketRequest.Label, under basePath: BasePath,
        into buffer: inout ByteBuffer
    ) {
        let status: Int
        switch result {
        case .success(let answer):
            status = answer.status
            buffer.writeAnswerFrame(label.id, answer, under: basePath)
        case .failure(let error):
            let problem = Dispatcher.problem(for: error, of: label.operation?.id, logger)
            status = problem.status
            buffer.writeFrame(.text, SocketFrame.failure(label.id, problem, under: basePath))
        }
        if let operation = label.operation { metrics.served(operation, status: status, since: label.start) }
    }
}
