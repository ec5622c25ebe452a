import RingbackModel

/// A device's request on its way through the store.
///
/// At the end it is handed back, to be let go of where it came from: memory that one thread takes and another frees costs the
/// allocator its caches.
package final class CallJob: StoreJob {
    private struct Unfinished: Error {}

    /// One for all: an error is an object.
    private static let unfinished = Result<Answer, any Error>.failure(Unfinished())

    private let request: CallRequest
    private let timing: CallTiming
    private let completion: @Sendable (CallJob) -> Void
    /// What came of it, when it is handed back. Unchecked: until then it is touched where the store decides, and then it
    /// changes no more.
    nonisolated(unsafe) package private(set) var result = unfinished

    init(_ request: CallRequest, timing: CallTiming, then completion: @escaping @Sendable (CallJob) -> Void) {
        self.request = request
        self.timing = timing
        self.completion = completion
    }

    package var scope: CallScope { request.scope }

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
