import Benchmark
import RingbackCore
import RingbackModel
import RingbackSQLite
import Synchronization

/// Pieces of work that each log one event, submitted at once and waited for until the last is durable.
func benchmarkCommit() {
    for count in [1, 10, 100, 500] {
        Benchmark("group commit: \(count) at once", configuration: .init(maxDuration: .seconds(3))) { _ in
            guard let store = database.withLock({ $0?.store }) else { fatalError("there is no database") }
            await withCheckedContinuation { continuation in
                for number in 1...count {
                    // The writer is in order: when the last one is done, all are.
                    store.submit(append) { result in
                        if case .failure(let error) = result { fatalError("\(error)") }
                        if number == count { continuation.resume() }
                    }
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

private func append(_ store: any StoreWriter) throws {
    try store.append(Fixture.storedCandidate, to: [.init(user: Fixture.petya.userId)])
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
