import Logging
import RingbackCore
import RingbackModel

/// Periodic work: stores when devices were last seen, removes old events from memory, prunes the database.
struct Maintenance: Sendable {
    private static let interval: Duration = .seconds(30)
    private static let roundsBetweenPrunings = 4
    /// How much is removed in one step. The writes of others wait for it.
    private static let batch = 25

    let services: Services
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        var round = 0
        while !Task.isCancelled {
            await finishErasing()
            do {
                try await services.time.sleep(until: services.time.monotonic + Self.interval)
                services.feed.forgetEvents(before: services.time.monotonic - .seconds(30))
                try await services.store.tickets.removeTickets(expiredBy: services.time.now)
                FreedMemory.trim()
                services.calls.forgetAnswers()
                // Their watch lists are stored, and are loaded again when they return.
                for device in try await services.devices.maintain() { services.presence.forget(device) }
                if round.isMultiple(of: Self.roundsBetweenPrunings) { try await prune() }
                round += 1
            } catch is CancellationError {
                return
            } catch {
                logger.error("maintenance failed", metadata: ["error": "\(error)"])
            }
        }
    }

    private func finishErasing() async {
        do {
            try await services.calls.finishErasing { user, error in
                logger.error(
                    "a user could not be erased; this is retried",
                    metadata: ["user": "\(user)", "error": "\(error)"])
            }
        } catch is CancellationError {
        } catch {
            logger.error("the users to erase can't be read", metadata: ["error": "\(error)"])
        }
    }

    private func prune() async throws {
        let (now, settings) = (services.time.now, services.settings)
        let horizon = PruneHorizon(
            events: now - settings.eventRetention, payloads: now - settings.payloadRetention,
            details: now - settings.detailRetention, calls: now - settings.historyRetention,
            expiredDevices: now - .seconds(86_400), audit: now - settings.auditRetention,
            // By then, the offers, answers and candidates of most calls have been removed.
            compact: now - settings.payloadRetention * 2)
        try await inSteps { try await services.store.write(.essential) { try $0.prune(horizon, limit: Self.batch) } }
        let webhooks = now - settings.webhookRetention
        try await inSteps { try await services.store.outbox.prune(before: webhooks, limit: Self.batch) }
    }

    /// Repeats a step while it returns `true`. Each is followed by a pause of the same length, so that other writes
    /// have at least half of the time.
    private func inSteps(_ step: () async throws -> Bool) async throws {
        var began = services.time.monotonic
        while try await step() {
            let end = services.time.monotonic
            try await services.time.sleep(until: end + (end - began))
            began = services.time.monotonic
        }
    }
}
