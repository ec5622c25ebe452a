import NIOCore
import NIOHTTP1
import RingbackCore
import RingbackModel

/// A long poll or a stream in progress.
struct EventDelivery {
    enum Kind {
        case poll(until: NIODeadline)
        /// - Parameters:
        ///   - expiresAt: When the token expires, which ends the stream.
        ///   - quietSince: When something was last written.
        case stream(expiresAt: Timestamp, quietSince: NIODeadline)
    }

    var kind: Kind
    var pump: EventPump?
    /// Whether events may be written: the head of the stream has been written, or the poll is waiting.
    var hasBegun = false
    /// Whether the server has ended it.
    var hasEnded = false
}

/// Long polls and streams over a connection.
extension HTTPHandler: EventSink {
    // MARK: Long polls

    func beginPoll(_ operation: Operation, _ request: PendingRequest) {
        do {
            let asked = try request.operationRequest(operation)
            let (query, signIn) = (try LongPoll.Query(asked), try asked.signIn)
            let participant = signIn.participant
            let deadline = NIODeadline.now() + .nanoseconds(wait(query, by: request.principal))
            delivery = EventDelivery(kind: .poll(until: deadline))
            // If the watch list is not loaded, load it first.
            if frontEnd.services.presence.isWatching(participant) { return open(query, for: signIn, request) }
            run(request, { services in try await services.presence.resumeWatching(participant) }) {
                self.open(query, for: signIn, request)
            }
        } catch {
            refuse(request, error)
        }
    }

    /// How long a poll waits, in nanoseconds: not beyond the expiry of the token.
    private func wait(_ query: LongPoll.Query, by principal: SessionService.Principal?) -> Int64 {
        var milliseconds = Int64(query.waitSeconds) * 1000
        if case .device(_, let expiresAt) = principal {
            milliseconds = min(milliseconds, (expiresAt - frontEnd.services.time.now).milliseconds)
        }
        return max(0, milliseconds) * 1_000_000
    }

    private func open(_ query: LongPoll.Query, for signIn: SignIn, _ request: PendingRequest) {
        guard arm(signIn, after: query.cursor, isPoll: true, limit: query.limit, request) else { return }
        // Again, now that the poll is registered.
        confirm(request) {
            self.delivery?.pump?.begin()
            self.whenRecorded(signIn.participant.userId, request) {
                guard query.cursor == nil else {
                    self.delivery?.hasBegun = true
                    self.delivery?.pump?.pump()
                    return
                }
                self.run(request, { services in try await LongPoll.snapshot(for: signIn.participant, services) }) {
                    self.send(HTTPResponse($0))
                }
            }
        }
    }

    /// Goes on once other nodes know that a device of the user is present.
    private func whenRecorded(_ user: UserID, _ request: PendingRequest, then: @escaping () -> Void) {
        guard !frontEnd.services.devices.isRecorded(user) else { return then() }
        run(request, { services in await services.devices.waitUntilRecorded(user) }, then: then)
    }

    /// - Returns: Whether the device may have another connection; if not, the request was rejected.
    private func arm(
        _ signIn: SignIn, after cursor: Cursor?, isPoll: Bool, limit: Int, _ request: PendingRequest
    ) -> Bool {
        guard let context else { return false }
        do {
            delivery?.pump = try EventPump(
                signIn, after: cursor, isPoll: isPoll, limit: limit, frontEnd.services,
                from: frontEnd.source(of: request.fields, from: peer), address: address(context),
                eventLoop: context.eventLoop, sink: self)
            return true
        } catch {
            refuse(request, error)
            return false
        }
    }

    private func answerPoll(_ batch: EventBatch?) {
        guard let cursor = delivery?.pump?.cursor else { return }
        send(HTTPResponse(LongPoll.answer(batch, cursor: cursor, frontEnd.services)))
    }

    // MARK: Streams

    /// GET /v1/events/stream: authenticates with the ticket or the token.
    func checkStream(_ request: PendingRequest) {
        guard let ticket = request.parameters["ticket"] else {
            return authenticate(request) { self.admitStream(request) }
        }
        request.removals = frontEnd.services.sessions.removals
        run(request, { services in try await services.sessions.redeem(ticket) }) { holder in
            guard let holder else {
                return self.refuse(request, Problem(.unauthenticated, "The ticket was used or has expired."))
            }
            request.principal = holder
            self.admitStream(request)
        }
    }

    private func admitStream(_ request: PendingRequest) {
        do {
            _ = try frontEnd.dispatcher.admitConnection(of: request.principal)
            try request.fields.checkAccepts("text/event-stream")
        } catch {
            return refuseUse(request, error)
        }
        connection.admitted(at: .now())
        proceed()
    }

    func beginStream(_ request: PendingRequest) {
        guard case .device(let signIn, let expiresAt) = request.principal else { return }
        let text = request.fields.lastEventID ?? request.parameters["cursor"]
        delivery = EventDelivery(kind: .stream(expiresAt: expiresAt, quietSince: .now()))
        let cursor: Cursor?
        do {
            cursor = try text.map { try Cursor.parse($0) }
        } catch {
            return refuse(request, error)
        }
        guard arm(signIn, after: cursor, isPoll: false, limit: ServerSentEvents.batch, request) else { return }
        // Checks the sign-in again now that the stream is registered. An expired cursor gets 410 instead of a stream.
        let removals = request.removals
        run(
            request,
            { services in
                try await services.check(signIn, since: removals)
                try await services.presence.resumeWatching(signIn.participant)
                return try await Welcome.resume(cursor, signIn.participant, services)
            }
        ) { welcome in
            self.delivery?.pump?.begin(at: welcome.cursor)
            self.whenRecorded(signIn.participant.userId, request) { self.openStream(welcome, request) }
        }
    }

    private func openStream(_ welcome: Welcome, _ request: PendingRequest) {
        guard let context else { return }
        // Without chunked encoding, the end of the connection is the end of the stream.
        if request.isHTTP10 { connection.endWithAnswer() }
        let head = frontEnd.heads.streamHead(
            to: request.fields, isHTTP10: request.isHTTP10, closes: connection.closesWithAnswer())
        var buffer = ByteBuffer()
        buffer.write(head)
        context.write(wrapOutboundOut(buffer), promise: nil)
        write(ServerSentEvents.welcome(welcome))
        delivery?.hasBegun = true
        if delivery?.hasEnded == true { endStream() } else { delivery?.pump?.pump() }
    }

    private func write(_ buffer: ByteBuffer) {
        guard let context, let request else { return }
        if case .stream(let expiresAt, _) = delivery?.kind {
            delivery?.kind = .stream(expiresAt: expiresAt, quietSince: .now())
        }
        var chunk = buffer
        if !request.isHTTP10 {
            chunk = ByteBuffer()
            chunk.writeChunk(buffer)
        }
        context.writeAndFlush(wrapOutboundOut(chunk), promise: nil)
        noteMemory()
    }

    private func endStream() {
        var end = ByteBuffer()
        if request?.isHTTP10 == false { end.writeLastChunk() }
        finishAnswer(status: 200, end)
    }

    // MARK: EventSink

    var takesEvents: Bool { delivery?.hasBegun == true && connection.isWritable }

    func deliver(_ batch: EventBatch) {
        switch delivery?.kind {
        case .poll: answerPoll(batch)
        case .stream: write(ServerSentEvents.events(batch, at: frontEnd.services.time.now))
        case nil: break
        }
    }

    func caughtUp() {
        guard let delivery, case .poll(let deadline) = delivery.kind else { return }
        if delivery.hasEnded || connection.isEnding || deadline <= .now() { answerPoll(nil) }
    }

    func waits(over error: any Error) -> Bool {
        guard error.isStorageUnavailable, let delivery, !delivery.hasEnded, !connection.isEnding else { return false }
        return switch delivery.kind {
        case .poll(let deadline): deadline > .now() + .seconds(2)
        case .stream: true
        }
    }

    func failed(_ error: any Error) {
        guard let delivery, let request else { return }
        switch delivery.kind {
        case .poll: refuse(request, error)
        // The head was sent already. The client reconnects with its cursor and receives the error then.
        case .stream: context?.close(promise: nil)
        }
    }

    /// Ends the stream or the poll.
    func endDelivery() {
        guard let delivery else { return }
        self.delivery?.hasEnded = true
        guard delivery.hasBegun else { return }
        switch delivery.kind {
        case .poll: delivery.pump?.pump()
        case .stream: endStream()
        }
    }

    func tickDelivery(at now: NIODeadline) {
        guard let delivery, delivery.hasBegun else { return }
        switch delivery.kind {
        case .poll(let deadline): if deadline <= now { delivery.pump?.pump() }
        case .stream(let expiresAt, let quietSince):
            if expiresAt <= frontEnd.services.time.now {
                endStream()
            } else if now - quietSince > ServerSentEvents.commentInterval {
                write(ByteBuffer(string: ServerSentEvents.comment))
            }
        }
    }
}
