import Logging
import NIOCore
import RingbackCore
import RingbackModel

/// What all sockets share: the operations behind them, and the ways to sign in.
final class SocketHub: Sendable {
    let services: Services
    let keeper = LoopKeeper()
    let outboxes: LoopOutboxes
    private let dispatcher: Dispatcher
    private let logger: Logger

    init(services: Services, dispatcher: Dispatcher, outboxes: LoopOutboxes, logger: Logger) {
        self.services = services
        self.dispatcher = dispatcher
        self.outboxes = outboxes
        self.logger = logger
    }

    /// Who a `hello` comes from.
    func identify(token: String, cursor: String?) async throws -> SocketIdentity {
        try identity(of: await services.sessions.authenticate(token), cursor: cursor)
    }

    /// Who holds a ticket; `nil` for one that is used or has expired.
    func identify(ticket: String, cursor: String?) async throws -> SocketIdentity? {
        guard let holder = services.tickets.redeem(ticket, at: services.time.now) else { return nil }
        return try identity(of: await services.sessions.principal(of: holder), cursor: cursor)
    }

    private func identity(of principal: SessionService.Principal, cursor: String?) throws -> SocketIdentity {
        guard case .device(let participant, let expiresAt) = principal else {
            throw Problem(.forbidden, "This is for a user's device.")
        }
        return SocketIdentity(participant: participant, expiresAt: expiresAt, cursor: cursor)
    }

    /// Where the socket goes on. A cursor that is gone gives a snapshot.
    func welcome(_ identity: SocketIdentity) async throws -> Welcome {
        // Once more, now that the socket is registered: the device may have been signed out in between.
        _ = try await services.sessions.principal(of: identity.participant)
        try await services.presence.resumeWatching(identity.participant)
        do {
            let cursor = try identity.cursor.map { try Cursor.parse($0) }
            return try await Welcome.resume(cursor, identity.participant, services)
        } catch let problem as Problem where problem.code == .cursorExpired || problem.code == .invalidRequest {
            return try await Welcome.begin(identity.participant, services)
        }
    }

    // MARK: Requests

    /// What there is to do for a request.
    func work(for request: SocketRequest, of session: SocketSession) -> SocketWork {
        do {
            guard let operation = dispatcher.operation(named: request.label.op) else {
                throw Problem(.notFound, "There is no operation of that name.")
            }
            guard request.data.map({ $0.kind == .object }) ?? true else {
                throw Problem(.invalidRequest, "`data` must be an object.")
            }
            let asked = OperationRequest(
                operation: operation, principal: session.identity.principal,
                parameters: .data(request.data), body: request.data, idempotencyKey: request.key)
            guard let call = operation.call else { return .task(request.label, asked) }
            try dispatcher.admit(asked, tellsBoard: session.tellsBoard(at: services.time.now))
            return .change(request.label, try call(asked))
        } catch {
            return .answer(request.label, .failure(error))
        }
    }

    /// Carries out what is not a change of a call.
    func perform(_ request: OperationRequest) async throws -> Answer { try await dispatcher.perform(request) }

    /// Writes the frame that answers a request.
    func write(_ result: Result<Answer, any Error>, to label: SocketRequest.Label, into buffer: inout ByteBuffer) {
        switch result {
        case .success(let answer): buffer.writeAnswerFrame(label.id, answer)
        case .failure(let error):
            let problem = Dispatcher.problem(for: error) { error in
                logger.error("an operation failed", metadata: ["op": "\(label.op)", "error": "\(error)"])
            }
            buffer.writeFrame(.text, SocketFrame.failure(label.id, problem))
        }
    }
}

/// What a socket has to do for a request.
enum SocketWork: Sendable {
    /// A change of a call, for the store's queue.
    case change(SocketRequest.Label, CallRequest)
    /// Anything else: it takes a task.
    case task(SocketRequest.Label, OperationRequest)
    /// Nothing but to answer it.
    case answer(SocketRequest.Label, Result<Answer, any Error>)
}
