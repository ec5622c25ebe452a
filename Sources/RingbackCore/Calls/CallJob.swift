import RingbackModel

/// A change of a call on its way through the store.
///
/// At the end it is handed back, to be let go of where it came from: memory that one thread takes and another frees costs the
/// allocator its caches.
package final class CallJob: StoreJob {
    private struct Unfinished: Error {}

    private let request: CallRequest
    private let calls: CallService
    private let completion: @Sendable (CallJob) -> Void
    /// What came of it, when it is handed back. Unchecked: until then it is touched on the writer's thread alone, and then it
    /// changes no more.
    nonisolated(unsafe) package private(set) var result: Result<Answer, any Error> = .failure(Unfinished())

    init(_ request: CallRequest, of calls: CallService, then completion: @escaping @Sendable (CallJob) -> Void) {
        self.request = request
        self.calls = calls
        self.completion = completion
    }

    package func run(in store: any StoreWriter) throws {
        result = try calls.carryOut(request, in: store).mapError { $0 }
    }

    package func complete() { completion(self) }

    package func fail(_ error: any Error) {
        result = .failure(error)
        completion(self)
    }
}
