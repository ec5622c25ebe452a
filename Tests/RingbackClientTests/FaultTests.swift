import RingbackClient
import RingbackCore
import RingbackServer
import Synchronization
import Testing

/// A proxy between clients and server cuts, resets, delays, slices and goes silent.
@Suite(.serialized) struct FaultTests {
    private static let calls = 200
    private static let atOnce = 20

    @Test(.timeLimit(.minutes(3)))
    func `of two hundred calls through a faulty proxy nothing is lost and nothing comes twice`() async throws {
        // No call ends for the time that faults and a busy machine cost it.
        var timing = CallTiming()
        (timing.unreachable, timing.connect, timing.negotiation) = (.seconds(180), .seconds(180), .seconds(180))
        let server = try await TestServer.start(timing: timing) { $0.writesPerSecond = 10_000 }
        let proxy = try FaultyProxy(
            before: server.port, faults: [.none, .none, .none, .cut, .reset, .slice, .delay, .silence], seed: 4)
        defer { proxy.stop() }
        let network = NetworkOptions(
            proxy: "", connectTimeout: .seconds(2), requestTimeout: .milliseconds(1500), silenceTimeout: .seconds(2))
        // Patience: in a row of this many tries one gets through.
        let retries = RetryPolicy(maximumRetries: 40, firstDelay: .milliseconds(10), maximumDelay: .milliseconds(100))
        let vasya = try await Robot(
            RingbackClient.signedIn("vasya", at: server, through: proxy.url, network: network, retries: retries),
            over: .automatic)
        let petya = try await Robot(
            RingbackClient.signedIn("petya", at: server, through: proxy.url, network: network, retries: retries),
            over: .only(.webSocket))

        let (permits, permit) = AsyncStream<Void>.makeStream()
        for _ in 0..<Self.atOnce { permit.yield() }
        let invited = Invited()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                // The callee hangs up, does not hear it, and is stopped when the caller has heard all of it.
                try await petya.takePart(until: Self.calls) { ended in
                    // Each of the transports in turn, in the middle of everything.
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
                    == Robot.Log(
                        kinds: ["ringing", "accepted", "ended completed"], sdp: ["answer \(id)"],
                        candidates: (0..<4).map { "callee \($0)" }))
            #expect(
                petya.logs[id]
                    == Robot.Log(
                        kinds: ["incoming", "active"], sdp: ["offer \(id)"],
                        candidates: (0..<4).map { "caller \($0)" }))
        }
        // The server has nothing twice either: it would stand in the timeline.
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
