import Benchmark
import RingbackCore
import RingbackModel
import RingbackSQLite
import Synchronization

/// Jobs that each log one event, submitted together; waits until the last one is durable.
func benchmarkCommit() {
    for count in [1, 10, 100, 500] {
        Benchmark("group commit: \(count) at once", configuration: .init(maxDuration: .seconds(3))) { _ in
            guard let store = database.withLock({ $0?.store }) else { fatalError("there is no database") }
            await withCheckedContinuation { continuation in
                for number in 1...count {
                    // The writer works in order: when the last one is done, all are.
                    store.submit(CandidateJob(number == count ? continuation : nil))
                }
            }
        } setup: {
            let new = try await TemporaryStore.withUser()
            database.withLock { $0 = new }
        } teardown: {
            database.withLock { $0 = nil }
        }
    }
}

private let database = Mutex<TemporaryStore?>(nil)

/// Logs a candidate of a live call, and resumes the waiting task.
private final class CandidateJob: StoreJob {
    private let continuation: CheckedContinuation<Void, Never>?

    init(_ continuation: CheckedContinuation<Void, Never>?) { self.continuation = continuation }

    var scope: CallScope { CallScope(calls: [Fixture.call]) }

    func decide(on facts: any CallFacts) throws -> [CallChange] {
        let known = try facts.call(Fixture.call)
        let event = CallEvent(Fixture.storedCandidate, to: [.init(user: Fixture.petya.userId)])
        return [CallChange(call: known ?? Self.call, isNew: known == nil, deadline: nil, events: [event])]
    }

    func complete() { continuation?.resume() }

    func fail(_ error: any Error) { fatalError("\(error)") }

    private static let call = CallState.invite(
        Invitation(
            caller: Fixture.vasya, callee: Fixture.petya.userId, media: .init(), custom: nil, ringSeconds: 30),
        id: Fixture.call, devices: [], reception: .rings, at: Fixture.now
    ).0
}

extension TemporaryStore {
    /// A store that knows Petya.
    fileprivate static func withUser() async throws -> TemporaryStore {
        let new = try TemporaryStore()
        let petya = Account(
            userId: Fixture.petya.userId, displayName: "Petya", passwordHash: "", busy: .wait, createdAt: Fixture.now)
        _ = try await new.store.write { try $0.insert(petya) }
        return new
    }
}
