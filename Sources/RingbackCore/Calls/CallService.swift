package import RingbackModel

/// The use cases of calls.
///
/// Changes are decided without side effects (``CallRequest/decide(on:timing:)``, ``CallUpkeep``). The store provides
/// the facts and the time, and commits the decision.
package final class CallService: Sendable {
    let store: any Store
    private let time: any Timekeeper
    package let timing: CallTiming
    /// Events that are erased in one transaction.
    private static let erasedAtOnce = 1000

    private let repeatedAnswers = RepeatedAnswers()

    package init(store: any Store, time: any Timekeeper, timing: CallTiming = CallTiming()) {
        self.store = store
        self.time = time
        self.timing = timing
    }

    // MARK: Requests of devices

    /// Carries out a request of a device.
    ///
    /// - Throws: ``Problem``, according to the ``CallRefusal`` of the state machine; `idempotency_mismatch`; for an
    ///   invitation `user_not_found`, `call_self`, and `rate_limited` beyond ``Limits/outgoingCalls``,
    ///   ``CallTiming/liveCalls`` and ``CallTiming/liveCallsOfPair``.
    package func perform(_ request: CallRequest) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            submit(request) { continuation.resume(with: $0.result) }
        }
    }

    /// Carries out a request without a task that waits.
    ///
    /// - Parameter completion: Called on the writer's thread once the change is durable. It must not wait.
    package func submit(_ request: CallRequest, then completion: @escaping @Sendable (CallJob) -> Void) {
        store.submit(CallJob(request, timing: timing, then: completion))
    }

    /// Performs work that may be repeated. Returns the remembered answer if there is one for the key.
    package func repeatable(_ key: IdempotencyKey, _ work: () async throws -> Answer) async throws -> Answer {
        try await repeatedAnswers.answer(key, at: time.monotonic, work)
    }

    /// Removes remembered answers that have expired. Call periodically.
    package func forgetAnswers() { repeatedAnswers.sweep(at: time.monotonic) }

    // MARK: Other changes

    private func keep(_ upkeep: CallUpkeep) async throws -> Answer {
        try await withCheckedThrowingContinuation { store.submit(UpkeepJob(upkeep, timing: timing, $0)) }
    }

    /// Ends a call on behalf of an administrator.
    ///
    /// - Throws: ``Problem`` `not_found`.
    package func endByAdministrator(_ id: CallID) async throws -> Answer { try await keep(.endByAdministrator(id)) }

    /// Ends overdue calls and expires open negotiations. Call it at ``nextDeadline()``, and at the start.
    package func expire() async throws {
        let batch = 256
        while true {
            let due = try await store.takeDueCalls(limit: batch)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in due { group.addTask { _ = try await self.keep(.advance(id)) } }
                try await group.waitForAll()
            }
            if due.count < batch { return }
        }
    }

    package func nextDeadline() async throws -> MonotonicTime? { try await store.nextDeadline() }

    /// Records in their calls that the signaling of devices is lost (`false`) or back (`true`). May be repeated.
    package func note(signaling: [Participant: Bool]) async throws {
        let calls = try await store.presence.liveCalls(of: Array(signaling.keys))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (participant, calls) in calls {
                guard let isBack = signaling[participant] else { continue }
                group.addTask { try await self.setReconnecting(!isBack, participant, in: calls) }
            }
            try await group.waitForAll()
        }
    }

    /// Records that the signaling of a device is lost or back, in one commit. Ignores calls that don't exist.
    package func setReconnecting(
        _ isReconnecting: Bool, _ participant: Participant, in calls: [CallID]
    ) async throws {
        do {
            _ = try await keep(.setReconnecting(isReconnecting, participant, calls))
        } catch let problem as Problem where problem.code == .notFound {}
    }

    /// Marks a missed call of the user, and all before it, as seen, and tells the user's other devices.
    ///
    /// - Throws: ``Problem`` `not_found`; `forbidden` for the caller; `invalid_transition` while the call is live;
    ///   `unauthenticated` if `signIn` has ended.
    package func markSeen(_ id: CallID, by signIn: SignIn) async throws { _ = try await keep(.markSeen(signIn, id)) }

    // MARK: Erasing a user

    /// Closes the account of a user, ends the user's calls, and erases the user. As soon as the account is closed, the
    /// user does not exist for others and cannot be called, and the tokens of the user's devices are invalid.
    ///
    /// - Parameter signIn: The sign-in that requests it; `nil` for the server itself.
    /// - Throws: ``Problem`` `unauthenticated` if `signIn` has ended.
    package func erase(_ user: UserID, by signIn: SignIn? = nil) async throws {
        try await erase(user) { store in if let signIn { try store.check(signIn) } }
    }

    /// - Parameter check: Performed first, in the same transaction.
    func erase(_ user: UserID, check: @escaping @Sendable (any StoreWriter) throws -> Void) async throws {
        let now = time.now
        try await store.write(.essential, of: user) { store in
            try check(store)
            try store.close(user, at: now)
        }
        try await finishErasing(user)
    }

    /// Ends all calls of a user on behalf of the platform.
    func endAll(of user: UserID) async throws {
        for call in try await store.read({ try $0.liveCalls(of: user) }) { _ = try await endByAdministrator(call.id) }
    }

    /// Erases the users whose account is closed and who have not been erased, because it failed or the server stopped
    /// in between. Call it at the start, and periodically.
    ///
    /// - Parameter failed: Called with each user who could not be erased now.
    package func finishErasing(failed: (UserID, any Error) -> Void) async throws {
        for user in try await store.read({ try $0.closedUsers() }) {
            do {
                try await finishErasing(user)
            } catch {
                try Task.checkCancellation()
                failed(user, error)
            }
        }
    }

    /// The second part of erasing: ends the calls of a user whose account is closed, and erases what is stored about
    /// the user. May run more than once at a time.
    func finishErasing(_ user: UserID) async throws {
        for call in try await store.read({ try $0.liveCalls(of: user) }) {
            _ = try await keep(.endForErased(user, call.id))
        }
        let now = time.now
        let messages = timing.outbox.messages(.userErased, aboutErased: user, at: now)
        let step = { @Sendable (store: any StoreWriter) throws -> Bool in
            // Somebody else may have finished it.
            guard try store.closedUsers().contains(user) else { return false }
            if try store.erase(user, at: now, limit: Self.erasedAtOnce) { return true }
            try store.enqueue(messages)
            return false
        }
        // Nobody writes about a user whose account is closed: no step needs the user's lock, for which invitations
        // would wait.
        while try await store.write(.essential, step) {}
    }
}
