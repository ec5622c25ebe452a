import RingbackCore
import RingbackModel
import Synchronization
import Testing

/// Deadlines follow from the stored calls, so they survive the process.
struct CallTimeContract {
    static let cases = [
        StoreCase("A call that rang when the server stopped ends at its deadline") { stores in
            try await CallTimeContract(stores).`A call that rang when the server stopped ends at its deadline`()
        },
        StoreCase("Every kind of call ends in time without any request") { stores in
            try await CallTimeContract(stores).`Every kind of call ends in time without any request`()
        },
        StoreCase("With a full timeline an offer still expires, and a repeated command writes nothing") { stores in
            try await CallTimeContract(stores)
                .`With a full timeline an offer still expires, and a repeated command writes nothing`()
        },
        StoreCase("What a lost device changes is one commit") { stores in
            try await CallTimeContract(stores).`What a lost device changes is one commit`()
        },
        StoreCase("More calls than one batch are expired at once") { stores in
            try await CallTimeContract(stores).`More calls than one batch are expired at once`()
        },
        StoreCase("A server with longer deadlines takes over calls of one with shorter ones") { stores in
            try await CallTimeContract(stores)
                .`A server with longer deadlines takes over calls of one with shorter ones`()
        },
        StoreCase("The effects of time are kept even if the command is refused") { stores in
            try await CallTimeContract(stores).`The effects of time are kept even if the command is refused`()
        },
        StoreCase("Loss and return of signaling are announced and stored") { stores in
            try await CallTimeContract(stores).`Loss and return of signaling are announced and stored`()
        },
        StoreCase("The calls of an erased user end, and the other user is notified") { stores in
            try await CallTimeContract(stores).`The calls of an erased user end, and the other user is notified`()
        },
        StoreCase("An administrator can end any call that exists") { stores in
            try await CallTimeContract(stores).`An administrator can end any call that exists`()
        },
    ]

    private let stores: StoreFactory

    private let database: TemporaryDatabase
    private let time = ManualTime()

    init(_ stores: StoreFactory) throws {
        self.stores = stores
        database = try TemporaryDatabase()
    }

    /// Uses the database like one process.
    @discardableResult
    private func inProcess<Value>(
        timing: CallTiming = CallTiming(), _ work: (Exchange) async throws -> Value
    ) async throws -> Value {
        let exchange = try Exchange(in: stores, database, time: time, timing: timing)
        try await exchange.register(Cast.devices)
        return try await work(exchange)
    }

    func `A call that rang when the server stopped ends at its deadline`() async throws {
        let id = try await inProcess { exchange in
            let id = try await exchange.invite()
            _ = try await exchange.calls.perform(.alerting, on: id, by: Cast.petya)
            return id
        }
        try await inProcess { exchange in
            try await exchange.calls.expire()
            #expect(try await exchange.calls.nextDeadline() == ManualTime.monotonicStart + .seconds(60))
            time.advance(by: .milliseconds(59_999))
            try await exchange.calls.expire()
            #expect(try await exchange.call(id)?.state == .ringing)
        }
        time.advance(by: .milliseconds(1))
        try await inProcess { exchange in
            try await exchange.calls.expire()
            let call = try #require(try await exchange.call(id))
            #expect(call.ending?.reason == .noAnswer && call.ending?.at == ManualTime.start + .seconds(60))
            #expect(try await exchange.calls.nextDeadline() == nil)
            let page = try await exchange.store.read { try $0.events(of: Cast.vasya.userId, after: 0, limit: 9) }
            guard case .events(let events) = page else {
                Issue.record("the log is gone")
                return
            }
            #expect(events.map(\.body.type) == [.callRinging, .callEnded])
        }
    }

    func `Every kind of call ends in time without any request`() async throws {
        let ids = try await inProcess { exchange in
            let connecting = try await exchange.connectingCall()
            let lost = try await exchange.connectingCall()
            for actor in [Cast.vasya, Cast.petya] {
                _ = try await exchange.calls.perform(.connected, on: lost, by: actor)
            }
            try await exchange.calls.setReconnecting(true, Cast.vasya, in: [lost])
            let offered = try await exchange.connectingCall()
            for actor in [Cast.vasya, Cast.petya] {
                _ = try await exchange.calls.perform(.connected, on: offered, by: actor)
            }
            _ = try await exchange.calls.sendOffer(
                Cast.json(#""v""#), negotiation: nil, iceRestart: false, on: offered, by: Cast.vasya)
            return [connecting, lost, offered, try await exchange.invite()]
        }
        time.advance(by: .seconds(3600))
        try await inProcess { exchange in
            try await exchange.calls.expire()
            var reasons: [EndReason?] = []
            for id in ids { reasons.append(try await exchange.call(id)?.ending?.reason) }
            #expect(reasons == [.connectTimeout, .connectionLost, nil, .unreachable])
            #expect(try await exchange.call(ids[2])?.openNegotiation == nil, "lapsed")
            #expect(try await exchange.calls.nextDeadline() == nil)
        }
    }

    func `With a full timeline an offer still expires, and a repeated command writes nothing`() async throws {
        try await inProcess { exchange in
            let id = try await exchange.connectingCall()
            for actor in [Cast.vasya, Cast.petya] {
                _ = try await exchange.calls.perform(.connected, on: id, by: actor)
            }
            for count in 0..<Limits.timelineEntries {
                _ = try await exchange.calls.setMedia(Cast.json(#"{"n":\#(count)}"#), on: id, by: Cast.vasya)
            }
            let full = try #require(try await exchange.call(id))
            #expect(full.timelineCount == Limits.timelineEntries)

            _ = try await exchange.calls.sendOffer(
                Cast.json(#""v""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya)
            #expect(try await exchange.calls.nextDeadline() != nil)
            time.advance(by: .seconds(3600))
            try await exchange.calls.expire()
            #expect(try await exchange.call(id)?.openNegotiation == nil)
            #expect(try await exchange.calls.nextDeadline() == nil, "or the clock would ask for ever")

            let saved = Mutex(0)
            exchange.store.observeCommits { commit in saved.withLock { $0 += commit.calls.count } }
            _ = try await exchange.calls.perform(.connected, on: id, by: Cast.petya)
            #expect(saved.withLock(\.self) == 0)
        }
    }

    func `More calls than one batch are expired at once`() async throws {
        var timing = CallTiming()
        (timing.liveCallsOfPair, timing.liveCalls) = (.max, .max)
        try await inProcess(timing: timing) { exchange in
            let callers = (0..<4).map { Cast.participant("caller-\($0)", "caller-phone-\($0)") }
            try await exchange.register(callers)
            try await withThrowingTaskGroup(of: CallID.self) { group in
                for caller in callers {
                    for _ in 0..<80 { group.addTask { try await exchange.invite(Cast.invitation(from: caller)) } }
                }
                try await group.waitForAll()
            }
            time.advance(by: .seconds(60))
            try await exchange.calls.expire()
            #expect(try await exchange.store.read { try $0.liveCalls() } == [])
        }
    }

    func `A server with longer deadlines takes over calls of one with shorter ones`() async throws {
        var impatient = CallTiming()
        impatient.unreachable = .seconds(30)
        let id = try await inProcess(timing: impatient) { try await $0.invite() }
        time.advance(by: .seconds(30))
        try await inProcess { exchange in
            try await exchange.calls.expire()
            #expect(try await exchange.call(id)?.state == .inviting)
            #expect(
                try await exchange.calls.nextDeadline() == ManualTime.monotonicStart + .seconds(60),
                "not one that is over, for ever")
        }
    }

    func `The effects of time are kept even if the command is refused`() async throws {
        try await inProcess { exchange in
            let id = try await exchange.invite()
            time.advance(by: .seconds(60))
            let problem = try await #require(throws: Problem.self) {
                try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
            }
            #expect(problem.code == .invalidTransition && problem.callState == .ended)
            #expect(try await exchange.call(id)?.ending?.reason == .unreachable)
        }
    }

    func `What a lost device changes is one commit`() async throws {
        try await inProcess { exchange in
            var ids: [CallID] = []
            for _ in 0..<5 { ids.append(try await exchange.connectingCall()) }
            let commits = Mutex<[Int]>([])
            exchange.store.observeCommits { commit in commits.withLock { $0.append(commit.calls.count) } }
            try await exchange.calls.setReconnecting(true, Cast.vasya, in: ids)
            #expect(commits.withLock { $0 } == [5])
        }
    }

    func `Loss and return of signaling are announced and stored`() async throws {
        try await inProcess { exchange in
            let id = try await exchange.connectingCall()
            try await exchange.calls.setReconnecting(true, Cast.petya, in: [id, Cast.callID(77)])
            #expect(
                try await exchange.calls.call(id, for: Cast.vasya.userId).participants.map(\.connection) == [
                    .online, .reconnecting,
                ])
            try await exchange.calls.setReconnecting(true, Cast.petyaTablet, in: [id])
            try await exchange.calls.setReconnecting(false, Cast.petya, in: [id])
            #expect(
                try await exchange.calls.call(id, for: Cast.vasya.userId).participants.map(\.connection) == [
                    .online, .online,
                ])
        }
    }

    func `The calls of an erased user end, and the other user is notified`() async throws {
        try await inProcess { exchange in
            try await exchange.register([Cast.stranger])
            let underWay = try await exchange.connectingCall()
            let incoming = try await exchange.invite()
            let outgoing = try await exchange.invite(Cast.invitation(from: Cast.petya, to: Cast.stranger.userId))
            try await exchange.calls.erase(Cast.petya.userId)
            var reasons: [EndReason?] = []
            for id in [outgoing, underWay, incoming] { reasons.append(try await exchange.call(id)?.ending?.reason) }
            #expect(reasons == [.canceled, .completed, .declined])
            #expect(try await exchange.call(incoming)?.ending?.by.userId == Cast.petya.userId)
            #expect(try await exchange.store.read { try $0.account(Cast.petya.userId) } == nil)
            #expect(try await exchange.store.read { try $0.liveCalls() } == [])
            let page = try await exchange.store.read { try $0.events(of: Cast.vasya.userId, after: 0, limit: 99) }
            guard case .events(let events) = page else {
                Issue.record("the log is gone")
                return
            }
            #expect(events.count { $0.body.type == .callEnded } == 2)
            let orphan = try await #require(throws: Problem.self) {
                try await exchange.calls.invite(Cast.invitation(from: Cast.petya, to: Cast.vasya.userId))
            }
            #expect(orphan.code == .unauthenticated, "the caller must exist")
            let problem = try await #require(throws: Problem.self) {
                try await exchange.calls.invite(Cast.invitation())
            }
            #expect(problem.code == .userNotFound)
        }
    }

    func `An administrator can end any call that exists`() async throws {
        try await inProcess { exchange in
            let id = try await exchange.invite()
            #expect(try await exchange.calls.endByAdministrator(id).status == 200)
            #expect(try await exchange.calls.endByAdministrator(id).status == 200)
            #expect(try await exchange.call(id)?.ending?.reason == .admin)
            let problem = try await #require(throws: Problem.self) {
                try await exchange.calls.endByAdministrator(Cast.callID(9))
            }
            #expect(problem.code == .notFound)
        }
    }
}
