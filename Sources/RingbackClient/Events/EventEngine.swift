import RingbackModel

/// Provides the events of one iterator: connects, reads, and reconnects from the last cursor.
///
/// It runs in the task that asks for the next event, so it reads only what is asked for.
final class EventEngine {
    private static let rememberedIDs = 4096

    private let client: RingbackClient
    private let control: EventControl
    private var plan: TransportPlan
    private var cursor: Cursor?
    private var link: (any EventLink)?
    /// The token with which the link was opened.
    private var token: String?
    private var waiting: [Event] = []
    private var recent = RecentIDs(capacity: EventEngine.rememberedIDs)
    private var isOver = false

    /// When the link was established; `nil` until then.
    private var upSince: ContinuousClock.Instant?
    private var hasEverBeenUp = false
    private var failures = 0
    /// Consecutive invalid responses, with no other transport to try.
    private var invalidAnswers = 0
    /// A delay before the next connection.
    private var pendingDelay: Duration?

    init(_ client: RingbackClient, after cursor: Cursor?, control: EventControl) {
        self.client = client
        self.cursor = cursor
        self.control = control
        plan = TransportPlan(control.choice)
    }

    deinit { dropLink() }

    nonisolated(nonsending) func next() async throws -> Event? {
        while waiting.isEmpty {
            guard !isOver else { return nil }
            do {
                try Task.checkCancellation()
                if let delay = pendingDelay {
                    pendingDelay = nil
                    try await Task.sleep(for: delay)
                }
                if plan.choice != control.choice {
                    dropLink()
                    plan = TransportPlan(control.choice)
                }
                try await read()
            } catch {
                if Task.isCancelled {
                    dropLink()
                    isOver = true
                    throw CancellationError()
                }
                try recover(from: error)
            }
        }
        return waiting.removeFirst()
    }

    // MARK: Reading

    private nonisolated(nonsending) func read() async throws {
        let link = try link ?? connect()
        for message in try await link.receive(after: cursor) { take(message) }
        if plan.current == .longPoll, plan.improve(now: .now) { dropLink() }
    }

    private func connect() throws -> any EventLink {
        _ = plan.improve(now: .now)
        token = client.session?.token
        let link: any EventLink =
            switch plan.current {
            case .webSocket: try SocketLink(client, after: cursor)
            case .sse: try StreamLink(client, after: cursor)
            case .longPoll: PollLink(client)
            }
        self.link = link
        control.set(link, of: self)
        // If the choice has just been changed, there was no link to close yet.
        guard control.choice == plan.choice else { throw CancellationError() }
        return link
    }

    private func take(_ message: LinkMessage) {
        switch message {
        case .begin(let cursor, let calls):
            self.cursor = cursor
            upSince = .now
            hasEverBeenUp = true
            invalidAnswers = 0
            waiting.append(Event(kind: .connection(.connected(plan.current)), cursor: cursor))
            if let calls { waiting.append(Event(kind: .snapshot(calls), cursor: cursor)) }
        case .event(let event):
            failures = 0
            cursor = event.cursor
            if let id = event.id, recent.insert(id) { waiting.append(event) }
        case .idle(let cursor): self.cursor = cursor
        }
    }

    private func dropLink() {
        link?.close()
        link = nil
        upSince = nil
        control.set(nil, of: self)
    }

    // MARK: Recovering

    /// Decides how to handle an error.
    ///
    /// - Throws: The error, if retrying cannot help.
    private func recover(from error: any Error) throws {
        let life = upSince.map { ContinuousClock.now - $0 }
        let transport = plan.current
        dropLink()
        // Closed to change the transport.
        if error is CancellationError { return }
        let failure = Self.typed(error)
        if failure.code == .cursorExpired, cursor != nil {
            cursor = nil
            return
        }
        if !isOfPreviousToken(failure) {
            do {
                try noteFailure(error, failure, life: life)
            } catch {
                isOver = true
                throw error
            }
        }
        failures += 1
        let delay = client.retries.delay(afterFailures: failures, retryAfter: failure.retryAfter)
        // Reported before the delay, so that the application can show it meanwhile.
        waiting.append(Event(kind: .connection(.lost(transport, failure, retryAfter: delay)), cursor: cursor))
        pendingDelay = delay
    }

    /// Whether the link has ended because this client signed in again.
    private func isOfPreviousToken(_ failure: RingbackError) -> Bool {
        let isSignedOut = if case .socketClosed(4500...4501, _) = failure { true } else { failure.status == 401 }
        return isSignedOut && client.isReplaced(token)
    }

    /// - Throws: `failure`, if retrying cannot help.
    private func noteFailure(_ error: any Error, _ failure: RingbackError, life: Duration?) throws {
        if let closed = error as? SocketClosed, !closed.saysReconnect {
            // 1002 to 1009 report bad frames. Something between client and server may have damaged them, so another
            // transport may work.
            guard closed.code < 4000, !plan.isAtLast else { throw failure }
            plan.note(.refused, isCertain: true, now: .now)
            return
        }
        if let life {
            if life > .seconds(20) { failures = 0 }
            plan.note(.lost(after: life), now: .now)
        }
        switch failure {
        case .notSignedIn, .invalidArgument, .socketClosed: throw failure
        case .problem(let problem):
            if problem.isRetryable || problem.status >= 500 || problem.status == 429 { break }
            guard [404, 405, 406, 408, 410, 426].contains(problem.status), !plan.isAtLast else { throw failure }
            plan.note(.refused, isCertain: true, now: .now)
        case .transport(let cause):
            switch cause.kind {
            case .tls, .proxy, .other: if !hasEverBeenUp { throw failure }
            case .notHTTP: try noteInvalidAnswer(failure)
            case .timedOut, .connectionLost: if life == nil { plan.note(.refused, now: .now) }
            case .nameNotFound, .unreachable, .busy: plan.note(.unreachable, now: .now)
            }
        case .unexpectedResponse(let response):
            if (500...599).contains(response.status ?? 0) || response.status == 429 { break }
            try noteInvalidAnswer(failure)
        }
    }

    /// Records an invalid response against the transport. After three in a row over the last transport, gives up.
    ///
    /// - Throws: `failure`, if retrying cannot help.
    private func noteInvalidAnswer(_ failure: RingbackError) throws {
        guard plan.isAtLast else {
            plan.note(.refused, isCertain: true, now: .now)
            return
        }
        invalidAnswers += 1
        if invalidAnswers >= 3 { throw failure }
    }

    private static func typed(_ error: any Error) -> RingbackError {
        switch error {
        case let error as RingbackError: error
        case let closed as SocketClosed where closed.saysReconnect:
            .transport(
                TransportFailure(
                    kind: .connectionLost, detail: "the server closed the socket with \(closed.code) \(closed.reason)"))
        case let closed as SocketClosed: .socketClosed(code: closed.code, reason: closed.reason)
        default: .transport(TransportFailure(kind: .other, detail: "\(error)"))
        }
    }
}

extension SocketClosed {
    /// Whether to reconnect: after 4000 to 4499, and after the codes of restarting servers and proxies; not after 4500
    /// to 4999, nor after the codes for bad frames from the client.
    var saysReconnect: Bool {
        switch code {
        case 1000, 1001, 1005, 1006, 1011...1014, 4000...4499: true
        default: false
        }
    }
}
