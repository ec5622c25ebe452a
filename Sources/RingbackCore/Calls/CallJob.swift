import RingbackModel

/// A change of a call on its way through the store.
final class CallJob: StoreJob {
    private let request: CallRequest
    private let calls: CallService
    private let completion: @Sendable (Result<Answer, any Error>) -> Void
    /// Until the commit. Unchecked: touched on the writer's thread alone.
    nonisolated(unsafe) private var result: Result<Answer, Problem>?

    init(
        _ request: CallRequest, of calls: CallService,
        then completion: @escaping @Sendable (Result<Answer, any Error>) -> Void
    ) {
        self.request = request
        self.calls = calls
        self.completion = completion
    }

    func run(in store: any StoreWriter) throws { result = try calls.carryOut(request, in: store) }

    func complete() {
        switch result {
        case .success(let answer): completion(.success(answer))
        case .failure(let problem): completion(.failure(problem))
        case nil: break
        }
    }

    func fail(_ error: any Error) { completion(.failure(error)) }
}
