import RingbackCore
import RingbackModel
import Synchronization

/// The live calls that were begun from each IPv4 address, or 64 bits of IPv6, and how many there may be.
///
/// Known on this node only, and since its start. A limit may be exceeded by invitations that are decided at the same
/// time.
final class AddressCalls: Sendable {
    private struct Calls {
        var live: Set<CallID> = []
        /// How many were begun since they were last compared with the store.
        var unchecked = 0
    }

    private struct State {
        var addresses: [CallID: IPAddress] = [:]
        var calls: [IPAddress: Calls] = [:]

        mutating func remove(_ call: CallID) {
            guard let address = addresses.removeValue(forKey: call) else { return }
            calls[address]?.live.remove(call)
            if calls[address]?.live.isEmpty == true { calls[address] = nil }
        }
    }

    private let maximum: Int
    private let state = Mutex(State())

    init(maximum: Int) { self.maximum = maximum }

    /// - Parameter address: `nil` for clients that can't be told apart, who are not limited.
    /// - Throws: ``Problem`` `rate_limited` if the address has its maximum of live calls.
    func check(_ address: IPAddress?) throws(Problem) {
        guard let subscriber = address?.subscriber else { return }
        let count = state.withLock { $0.calls[subscriber]?.live.count ?? 0 }
        if count >= maximum {
            throw Problem(
                .rateLimited, "\(count) live calls were begun from this address. End one, or retry later.",
                retryAfterSeconds: 10)
        }
    }

    func began(_ call: CallID, from address: IPAddress) {
        let subscriber = address.subscriber
        state.withLock { state in
            guard state.addresses.updateValue(subscriber, forKey: call) == nil else { return }
            state.calls[subscriber, default: Calls()].live.insert(call)
            state.calls[subscriber]?.unchecked += 1
        }
    }

    /// Follows a commit.
    func changed(_ calls: [CallState]) {
        state.withLock { state in
            guard !state.addresses.isEmpty else { return }
            for call in calls where !call.isLive { state.remove(call.id) }
        }
    }

    /// Removes calls that have ended elsewhere. Runs until the task is cancelled.
    func follow(_ store: any Store, _ time: any Timekeeper) async {
        var seconds = 0
        while (try? await time.sleep(until: time.monotonic + .seconds(1))) != nil {
            seconds += 1
            await compare(takeUnchecked(all: seconds.isMultiple(of: 60)), with: store)
        }
    }

    /// The calls to compare with the store: of the addresses that approach the maximum, or all.
    func takeUnchecked(all: Bool) -> [CallID] {
        state.withLock { state in
            if all { return Array(state.addresses.keys) }
            var found: [CallID] = []
            for (address, calls) in state.calls where calls.live.count >= maximum / 2 && calls.unchecked > maximum / 8 {
                state.calls[address]?.unchecked = 0
                found += calls.live
            }
            return found
        }
    }

    private func compare(_ calls: [CallID], with store: any Store) async {
        for start in stride(from: 0, to: calls.count, by: 100) {
            let some = calls[start..<min(start + 100, calls.count)]
            // If the store can't be read, they count a while longer.
            guard let ended = try? await store.read({ store in try some.filter { try store.call($0)?.isLive != true } })
            else { return }
            state.withLock { state in for call in ended { state.remove(call) } }
        }
    }
}

extension Services {
    /// Submits a change of a call.
    ///
    /// - Parameter source: Where the request came from; `nil` for clients that can't be told apart.
    func submit(
        _ request: CallRequest, from source: IPAddress?, then completion: @escaping @Sendable (CallJob) -> Void
    ) {
        guard case .invite = request.action, let source else { return calls.submit(request, then: completion) }
        calls.submit(request) { [addressCalls] job in
            if let call = job.begunCall { addressCalls.began(call, from: source) }
            completion(job)
        }
    }

    /// The same for a task that waits.
    func perform(_ request: CallRequest, from source: IPAddress?) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            submit(request, from: source) { continuation.resume(with: $0.result) }
        }
    }
}
