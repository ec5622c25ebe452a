package import RingbackModel

/// A device's request, while it is processed by the store.
///
/// It is handed back at the end and released by the thread that created it: memory allocated by one thread and freed by
/// another defeats the allocator's caches.
package final class CallJob: StoreJob {
    private struct Unfinished: Error {}

    /// Shared, because an error is an allocated object.
    private static let unfinished = Result<Answer, any Error>.failure(Unfinished())

    private let request: CallRequest
    private let timing: CallTiming
    private let completion: @Sendable (CallJob) -> Void
    /// The result, once the job is handed back. Unchecked: before that only the store accesses it, and afterwards it no
    /// longer changes.
    nonisolated(unsafe) package private(set) var result = unfinished
    /// The call that the request has created, if it is live, once the job is handed back.
    nonisolated(unsafe) package private(set) var begunCall: CallID?

    init(_ request: CallRequest, timing: CallTiming, then completion: @escaping @Sendable (CallJob) -> Void) {
        self.request = request
        self.timing = timing
        self.completion = completion
    }

    package var scope: CallScope {
        var scope = request.scope
        scope.asksForDevices = !timing.outbox.isEmpty
        return scope
    }

    package var priority: WritePriority { request.isEnding ? .essential : .ordinary }

    package func decide(on facts: any CallFacts) throws -> [CallChange] {
        let decision = try request.decide(on: facts, timing: timing)
        result = decision.outcome.mapError { $0 }
        if case .invite = request.action {
            begunCall = decision.changes.last { $0.isNew && $0.call.isLive }?.call.id
        }
        return decision.changes
    }

    package func complete() { completion(self) }

    package func fail(_ error: any Error) {
        result = .failure(error)
        begunCall = nil
        completion(self)
    }
}
