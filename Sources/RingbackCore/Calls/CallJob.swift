import RingbackModel

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

    init(_ request: CallRequest, timing: CallTiming, then completion: @escaping @Sendable (CallJob) -> Void) {
        self.request = request
        self.timing = timing
        self.completion = completion
    }

    package var scope: CallScope { request.scope }

    package var priority: WritePriority { request.isEnding ? .essential : .ordinary }

    package func decide(on facts: any CallFacts) throws -> [CallChange] {
        let decision = try request.decide(on: facts, timing: timing)
        result = decision.outcome.mapError { $0 }
        return decision.changes
    }

    package func complete() { completion(self) }

    package func fail(_ error: any Error) {
        result = .failure(error)
        completion(self)
    }
}
