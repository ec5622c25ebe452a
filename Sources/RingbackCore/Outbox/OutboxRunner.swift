package import Logging
import RingbackModel
import Synchronization

/// Sends the messages of one kind of lane.
package protocol OutboxSender: Sendable {
    /// Sends a message once. Must end within ``OutboxStore/lease``.
    func send(_ delivery: OutboxDelivery) async -> OutboxResult
}

/// The result of sending a message once.
package enum OutboxResult: Sendable, Hashable {
    case delivered
    /// The other side is there and does not take this message; it is tried again.
    case refused(String, retryAfter: Duration? = nil)
    /// The other side can't be reached, or asks to wait.
    case unavailable(String, retryAfter: Duration? = nil)
    /// Trying again makes no sense.
    case void(String)
}

extension OutboxLane {
    fileprivate var isChosenByClients: Bool { kind == "push" && !PushSubscription.isKnown(self) }

    fileprivate var isPushService: Bool { kind != "webhook" }
}

/// Delivers the messages of the outbox: at least once, and in order for each key. Lanes do not wait for each other.
package final class OutboxRunner: Sendable {
    /// The longest error that is kept with a message, in characters.
    private static let errorCharacters = 200

    /// Lanes whose failures are remembered. Clients choose push services, and with them lanes.
    private static let maximumFailingLanes = 4096

    /// Messages of a lane that are sent at a time.
    package static let messagesPerLane = LaneHealth.width

    private struct State {
        var taken: [OutboxLane: Set<Int64>] = [:]
        /// Of the lanes whose other side did not respond last.
        var health: [OutboxLane: LaneHealth] = [:]
        /// What is not stored yet.
        var outcomes: [OutboxOutcome] = []

        /// How many more messages of a lane may be on their way.
        func room(in lane: OutboxLane, at now: MonotonicTime) -> Int {
            let width = health[lane, default: LaneHealth()].width(at: now)
            let taken = taken[lane]?.count ?? 0
            guard lane.isChosenByClients else { return width - taken }
            let all = self.taken.reduce(0) { $0 + ($1.key.isChosenByClients ? $1.value.count : 0) }
            return min(min(width, LaneHealth.widthOfUnknown) - taken, LaneHealth.widthOfAllUnknown - all)
        }

        mutating func failed(_ lane: OutboxLane, at now: MonotonicTime, retryAfter: Duration?) {
            if health.count >= OutboxRunner.maximumFailingLanes, health[lane] == nil {
                health = health.filter { !$0.key.isChosenByClients || $0.value.width(at: now) == 0 }
                if health.count >= OutboxRunner.maximumFailingLanes { return }
            }
            health[lane, default: LaneHealth()].failed(at: now, retryAfter: retryAfter)
        }

        mutating func responded(_ lane: OutboxLane, at now: MonotonicTime) {
            guard var known = health[lane] else { return }
            known.responded()
            health[lane] = known.isWell(at: now) ? nil : known
        }
    }

    private let store: any OutboxStore
    /// By the kind of lane.
    private let senders: [String: any OutboxSender]
    private let time: any Timekeeper
    private let logger: Logger
    private let state = Mutex(State())
    private let wakes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    package init(
        store: any OutboxStore, senders: [String: any OutboxSender], time: any Timekeeper, logger: Logger
    ) {
        self.store = store
        self.senders = senders
        self.time = time
        self.logger = logger
    }

    /// Messages may be due. May be called on any thread.
    package func wake() { wakes.continuation.yield() }

    /// Runs until the task is cancelled. Messages that are on their way then are given back, and delivered again.
    package func run() async {
        guard !senders.isEmpty else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tick() }
            for await _ in wakes.stream {
                do {
                    for delivery in try await take() { group.addTask { await self.attempt(delivery) } }
                } catch {
                    logger.error("the outbox can't be read or written", metadata: ["error": "\(error)"])
                }
            }
            group.cancelAll()
        }
        do {
            try await settle()
            let taken = state.withLock { Set($0.taken.values.joined()) }
            if !taken.isEmpty { try await store.release(taken) }
        } catch {
            logger.error("the outbox can't be written", metadata: ["error": "\(error)"])
        }
    }

    /// Looks every second for messages that are due again.
    private func tick() async {
        repeat { wake() } while (try? await time.sleep(until: time.monotonic + .seconds(1))) != nil
    }

    /// Stores the outcomes of earlier attempts, and takes messages that are due, as many as may be on their way.
    package func take() async throws -> [OutboxDelivery] {
        try await settle()
        var all: [OutboxDelivery] = []
        // In any order, so that all get a share of what is sent at a time.
        for lane in try await store.dueLanes(at: time.now).shuffled() where senders[String(lane.kind)] != nil {
            let monotonic = time.monotonic
            let (taken, room) = state.withLock { state in
                (state.taken[lane] ?? [], state.room(in: lane, at: monotonic))
            }
            guard room > 0 else { continue }
            let new: [OutboxDelivery]
            do {
                new = try await store.take(from: lane, limit: room, except: taken, at: time.now)
            } catch {
                // What was taken from the others must be sent.
                logger.error("a lane of the outbox can't be read", metadata: ["lane": "\(lane)", "error": "\(error)"])
                continue
            }
            state.withLock { state in state.taken[lane, default: []].formUnion(new.lazy.map(\.number)) }
            all += new
        }
        return all
    }

    /// Sends a message that was taken, once.
    package func attempt(_ delivery: OutboxDelivery) async {
        let result =
            delivery.expiresAt <= time.now
            ? .void("expired") : await senders[String(delivery.lane.kind)]?.send(delivery) ?? .void("no sender")
        // What was interrupted by the end of the server is neither delivered nor failed.
        if Task.isCancelled, result != .delivered { return }
        let outcome = OutboxOutcome(delivery, kind(of: result, for: delivery))
        let monotonic = time.monotonic
        state.withLock { state in
            state.outcomes.append(outcome)
            switch result {
            case .unavailable(_, let after):
                // A webhook that asks to wait means this message: others may be more urgent.
                let pause = delivery.lane.isPushService ? after : nil
                state.failed(delivery.lane, at: monotonic, retryAfter: pause)
            case .delivered, .refused: state.responded(delivery.lane, at: monotonic)
            case .void: break
            }
        }
        wake()
    }

    private func kind(of result: OutboxResult, for delivery: OutboxDelivery) -> OutboxOutcome.Kind {
        let (text, retryAfter): (String, Duration?)
        switch result {
        case .delivered: return .delivered
        case .void(let reason): return .failed(String(reason.prefix(Self.errorCharacters)))
        case .refused(let reason, let after): (text, retryAfter) = (reason, after)
        case .unavailable(let reason, let after): (text, retryAfter) = (reason, after)
        }
        let reason = String(text.prefix(Self.errorCharacters))
        let delay = RetrySchedule.delay(afterAttempt: delivery.attempts + 1, jitter: .random(in: 0...1))
        let next = time.now + max(delay, min(retryAfter ?? .zero, RetrySchedule.longest))
        return next < delivery.expiresAt ? .retry(at: next, reason) : .failed(reason)
    }

    /// Stores outcomes together. A message is taken again only after its outcome is stored.
    private func settle() async throws {
        let outcomes = state.withLock(\.outcomes)
        guard !outcomes.isEmpty else { return }
        try await store.settle(outcomes, at: time.now)
        state.withLock { state in
            state.outcomes.removeFirst(outcomes.count)
            for outcome in outcomes {
                state.taken[outcome.lane]?.remove(outcome.number)
                if state.taken[outcome.lane]?.isEmpty == true { state.taken[outcome.lane] = nil }
            }
        }
    }
}
