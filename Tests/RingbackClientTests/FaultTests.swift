import RingbackClient
import RingbackCore
import RingbackServer
import Synchronization
import Testing

/// A proxy between clients and server cuts, resets, delays and splits connections, and goes silent.
@Suite(.serialized) struct FaultTests {
    private static let calls = 200
    private static let atOnce = 20

    @Test(.timeLimit(.minutes(3)))
    func `in two hundred calls through a faulty proxy, no event is lost or repeated`() async throws {
        // Longer deadlines, so that no call ends because of the faults or a busy machine.
        var timing = CallTiming()
        (timing.unreachable, timing.connect, timing.negotiation) = (.seconds(180), .seconds(180), .seconds(180))
        let server = try await TestServer.start(timing: timing) { $0.writesPerSecond = 10_000 }
        let proxy = try FaultyProxy(
            before: server.port, faults: [.none, .none, .none, .cut, .reset, .slice, .delay, .silence], seed: 4)
        defer { proxy.stop() }
        let network = NetworkOptions(
            proxy: "", connectTimeout: .seconds(2), requestTimeout: .milliseconds(1500), silenceTimeout: .seconds(2))
        // Enough retries for one to get through.
        let retries = RetryPolicy(maximumRetries: 40, firstDelay: .milliseconds(10), maximumDelay: .milliseconds(100))
        let vasya = try await AutomaticUser(
            RingbackClient.signedIn("vasya", at: server, through: proxy.url, network: network, retries: retries),
            over: .automatic)
        let petya = try await AutomaticUser(
            RingbackClient.signedIn("petya", at: server, through: proxy.url, network: network, retries: retries),
            over: .only(.webSocket))

        let (permits, permit) = AsyncStream<Void>.makeStream()
        for _ in 0..<Self.atOnce { permit.yield() }
        let invited = Invited()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                // The callee hangs up, does not receive its own event, and stops once the caller has received
                // everything.
                try await petya.takePart(until: Self.calls) { ended in
                    // Each transport in turn, during the calls.
                    if ended.isMultiple(of: 20) {
                        petya.events.use(.only(Transport.allCases[ended / 20 % Transport.allCases.count]))
                    }
                }
                return false
            }
            group.addTask {
                try await vasya.takePart(until: Self.calls) { _ in permit.yield() }
                return true
            }
            group.addTask {
                var count = 0
                for await _ in permits {
                    count += 1
                    let call = try await vasya.client.invite(UserID("petya")!, ringSeconds: 180)
                    invited.ids.withLock { $0.append(call.id) }
                    if count == Self.calls { break }
                }
                return false
            }
            while let isDone = try await group.next(), !isDone {}
            group.cancelAll()
        }

        let ids = invited.ids.withLock { $0 }
        #expect(Set(ids).count == Self.calls)
        #expect(Set(vasya.logs.keys) == Set(ids) && Set(petya.logs.keys) == Set(ids))
        for id in ids {
            #expect(
                vasya.logs[id]
                    == AutomaticUser.Log(
                        kinds: ["ringing", "accepted", "ended completed"], sdp: ["answer \(id)"],
                        candidates: (0..<4).map { "callee \($0)" }))
            #expect(
                petya.logs[id]
                    == AutomaticUser.Log(
                        kinds: ["incoming", "active"], sdp: ["offer \(id)"],
                        candidates: (0..<4).map { "caller \($0)" }))
        }
        // The server has nothing twice either: the timeline would show it.
        let direct = try RingbackClient(baseURL: server.url, session: vasya.client.session, network: .forTests)
        for id in ids {
            let what = try await direct.getTimeline(id).map(\.what)
            #expect(what.count { $0 == "offer" } == 1 && what.count { $0 == "answer" } == 1, "\(what)")
            #expect(what.count { $0 == "candidates" } == 4, "\(what)")
        }
        let met = proxy.met.withLock { $0 }
        #expect(met.count == FaultyProxy.Fault.allCases.count, "\(met)")
        #expect(vasya.connections.count + petya.connections.count > 8)
    }
}

private final class Invited: Sendable {
    let ids = Mutex<[CallID]>([])
}
