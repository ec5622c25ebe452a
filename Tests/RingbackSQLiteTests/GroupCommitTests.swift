import Dispatch
import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Synchronization
import Testing

/// Waiting jobs are committed together without affecting each other.
struct GroupCommitTests {
    private struct TestError: Error, Equatable {
        let number: Int
    }

    private let database: TemporaryDatabase
    private let store: SQLiteStore

    init() throws {
        database = try TemporaryDatabase()
        store = try SQLiteStore(path: database.path)
    }

    /// Blocks the writer until `count` jobs are waiting, then lets them run.
    private func together(_ count: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws {
        let gate = DispatchSemaphore(value: 0)
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [store] in
                try await store.write { _ in
                    arrival.yield()
                    gate.wait()
                }
            }
            var arrived = arrivals.makeAsyncIterator()
            await arrived.next()
            for number in 0..<count {
                group.addTask {
                    arrival.yield()
                    try await work(number)
                }
            }
            for _ in 0..<count { await arrived.next() }
            gate.signal()
            try await group.waitForAll()
        }
    }

    private func event(_ number: Int) -> EventBody {
        EventBody(type: .callRinging, time: ManualTime.start, callId: Cast.callID(number), callSeq: 1, actor: nil) {
            _ in
        }
    }

    @Test func `A decision that throws has no effect, also on others in its commit`() async throws {
        let commits = Mutex<[Commit]>([])
        store.observeCommits { commit in commits.withLock { $0.append(commit) } }
        let reader = Cast.vasya.userId
        var rounds = 0
        repeat {
            rounds += 1
            try await together(100) { [store, event] number in
                let change: @Sendable (MadeUpChanges) throws -> Void = { changes in
                    try changes.append(event(number), to: [.init(user: reader)])
                    if number.isMultiple(of: 3) { throw TestError(number: number) }
                }
                if number.isMultiple(of: 3) {
                    await #expect(throws: TestError(number: number)) { try await store.change(change) }
                } else {
                    try await store.change(change)
                }
            }
            // The first commit of a round is the blocked one.
        } while !commits.withLock { $0.contains { $0.events.count > 1 } } && rounds < 50

        let good = (0..<100).count { !$0.isMultiple(of: 3) }
        let events = commits.withLock { $0.flatMap(\.events) }
        #expect(
            events.map(\.position) == (1...Int64(good * rounds)).map(\.self), "no position is lost or given twice")
        #expect(
            commits.withLock { $0.contains { $0.events.count > 1 } },
            "in \(rounds) rounds nothing was committed together")
    }

    @Test func `A small transaction that throws halfway has no effect, also on others`() async throws {
        let good = (0..<60).filter { !$0.isMultiple(of: 3) && !$0.isMultiple(of: 5) }
        try await together(60) { [store] number in
            let write: @Sendable (any StoreWriter) throws -> Void = { store in
                _ = try store.insert(Exchange.account(Cast.user("user-\(number)")))
                if number.isMultiple(of: 3) { throw TestError(number: number) }
                // A device without a user, which SQLite refuses.
                if number.isMultiple(of: 5) { try store.save(Exchange.record(of: Cast.petya)) }
            }
            switch (number.isMultiple(of: 3), number.isMultiple(of: 5)) {
            case (true, _): await #expect(throws: TestError(number: number)) { try await store.write(write) }
            case (_, true): await #expect(throws: DatabaseError.self) { try await store.write(write) }
            default: try await store.write(write)
            }
        }
        let users = try await store.read { try $0.accounts(prefix: "user-", after: nil, limit: 10_000) }
        #expect(Set(users.map(\.userId.rawValue)) == Set(good.map { "user-\($0)" }))
    }

    /// A decision whose call can't be written: another one has its identifier.
    private final class BadJob: StoreJob {
        let call: CallState
        let scope = CallScope()
        let priority = WritePriority.ordinary
        private let continuation: CheckedContinuation<Void, any Error>

        init(_ call: CallState, _ continuation: CheckedContinuation<Void, any Error>) {
            self.call = call
            self.continuation = continuation
        }

        func decide(on facts: any CallFacts) throws -> [CallChange] {
            [CallChange(call: call, isNew: true, deadline: nil)]
        }

        func complete() { continuation.resume() }

        func fail(_ error: any Error) { continuation.resume(throwing: error) }
    }

    @Test func `A decision that can't be written fails alone`() async throws {
        var call = Cast.invitedCall(id: Cast.callID(900))
        _ = call.endByAdministrator(at: ManualTime.start)
        let ended = call
        try await store.change { try $0.save(ended) }
        try await together(30) { [store] number in
            if number.isMultiple(of: 7) {
                await #expect(throws: DatabaseError.self) {
                    try await withCheckedThrowingContinuation { store.submit(BadJob(ended, $0)) }
                }
            } else {
                try await store.change { try $0.save(Cast.invitedCall(id: Cast.callID(number))) }
            }
        }
        let live = try await store.read { try $0.liveCalls() }
        #expect(Set(live.map(\.id)) == Set((0..<30).filter { !$0.isMultiple(of: 7) }.map { Cast.callID($0) }))
        #expect(try await store.read { try $0.call(ended.id) } == ended)
    }

    @Test func `A commit is observed once it can be read, in the order of the log`() async throws {
        let others = try DatabaseQueue(path: database.path)
        let seen = Mutex<[(position: Int64, isReadable: Bool)]>([])
        store.observeCommits { commit in
            let count = try? others.read { try Int64.fetchOne($0, sql: "SELECT max(last) FROM log") }
            seen.withLock { $0 += commit.events.map { ($0.position, $0.position <= count ?? 0) } }
        }
        let user = Cast.vasya.userId
        try await store.write { _ = try $0.insert(Exchange.account(user)) }
        try await together(60) { [store, event] number in
            try await store.change { try $0.append(event(number), to: [.init(user: user)]) }
        }
        let observed = seen.withLock(\.self)
        #expect(observed.map(\.position) == (1...60).map(\.self))
        #expect(observed.allSatisfy { $0.isReadable })
    }

    @Test func `When a write returns, its changes are readable and the observer was notified`() async throws {
        let others = try DatabaseQueue(path: database.path)
        let observed = Mutex<Set<CallID>>([])
        store.observeCommits { commit in
            observed.withLock { $0.formUnion(commit.calls.map(\.id)) }
        }
        try await store.write { store in
            for device in [Cast.vasya, Cast.petya] { _ = try store.insert(Exchange.account(device.userId)) }
        }
        try await together(40) { [store] number in
            let call = Cast.invitedCall(id: Cast.callID(number))
            try await store.change { try $0.save(call) }
            #expect(observed.withLock { $0.contains(call.id) })
            let count = try await others.read {
                try Int.fetchOne(
                    $0, sql: "SELECT count(*) FROM calls WHERE call_id = ?", arguments: [call.id.rawValue])
            }
            #expect(count == 1)
        }
    }

    @Test func `A write does not return before the observer is notified`() async throws {
        let returned = DispatchSemaphore(value: 0)
        let isEarly = Mutex<Bool?>(nil)
        store.observeCommits { _ in
            // Only a write that returns too early ends this wait early.
            let outcome = returned.wait(timeout: .now() + .milliseconds(500))
            isEarly.withLock { $0 = outcome == .success }
        }
        try await store.write { _ = try $0.insert(Exchange.account(Cast.vasya.userId)) }
        returned.signal()
        #expect(isEarly.withLock(\.self) == false)
    }

    @Test func `A call changed twice in a commit is observed once, in its new state`() async throws {
        let commits = Mutex<[Commit]>([])
        store.observeCommits { commit in commits.withLock { $0.append(commit) } }
        try await store.change { store in
            var call = Cast.invitedCall()
            try store.save(call)
            _ = try call.apply(.alerting, by: Cast.petya, at: ManualTime.start)
            try store.save(call)
        }
        #expect(commits.withLock(\.last)?.calls.map(\.state) == [.ringing])
    }

    @Test
    func `A call that a refused decision would have changed is unchanged, also for later decisions of the commit`()
        async throws
    {
        let call = Cast.invitedCall()
        try await store.change { try $0.save(call) }
        try await together(20) { [store] number in
            await #expect(throws: TestError(number: number)) {
                try await store.change { changes throws in
                    var call = try #require(try changes.call(call.id))
                    #expect(call.state == .inviting)
                    _ = call.endByAdministrator(at: ManualTime.start)
                    try changes.save(call)
                    throw TestError(number: number)
                }
            }
            let same = try await store.change { try $0.call(call.id) }
            #expect(same == call)
        }
        #expect(try await store.read { try $0.call(call.id) } == call)
    }

    @Test func `A small transaction sees what an earlier one wrote`() async throws {
        try await together(50) { [store] number in
            let isFree = try await store.write { try $0.insert(Exchange.account(Cast.user("same"))) }
            if isFree { try await store.write { _ = try $0.insert(Exchange.account(Cast.user("winner-\(number)"))) } }
        }
        #expect(try await store.read { try $0.accounts(prefix: "winner-", after: nil, limit: 100) }.count == 1)
    }
}
