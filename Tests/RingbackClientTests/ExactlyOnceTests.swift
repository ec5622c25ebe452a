import RingbackServer
import Testing

@testable import RingbackClient

/// A socket is cut at every point between a request and its answer; the write is carried out once.
@Suite(.serialized) struct ExactlyOnceTests {
    /// A kind of write.
    enum Write: String, CaseIterable, Sendable {
        case invite, alerting, accept, decline, cancel, sendOffer, sendAnswer, addCandidates, connected, setMedia
        case reportQuality, hangUp, updateMe, blockUser, unblockUser, setWatching

        /// Whether the callee performs it.
        var isOfCallee: Bool { [.alerting, .accept, .decline, .sendAnswer].contains(self) }
    }

    /// The effect of a write, as both users see it.
    struct Trace: Equatable {
        var timeline: [String] = []
        var heard: [String] = []
        var calls = 0
        var candidates: [String] = []
        var account: [String] = []
    }

    /// The two users. Preparation and checks do not use the proxy.
    private struct Stage: Sendable {
        let vasya: RingbackClient
        let petya: RingbackClient
        /// The writer, whose events come over a socket through the proxy.
        let writer: RingbackClient
        let proxy: CuttingProxy

        /// Waits until requests of the writer go over a socket.
        func online() async throws {
            while !writer.requests.hasSocket { try await TestServer.pause() }
            let before = proxy.passed.up
            while proxy.passed.up == before { _ = try await writer.getMe() }
        }

        /// Performs `write` in a new call, with a cut during it.
        ///
        /// - Returns: The effect, and the number of bytes that passed over sockets.
        func run(
            _ write: Write, cut: CuttingProxy.Cut? = nil, letsRequestsPass: Bool = true
        ) async throws -> (trace: Trace, up: Int, down: Int) {
            let other = write.isOfCallee ? vasya : petya
            var call: CallHandle?
            if write != .invite {
                call = try await vasya.invite("petya")
                try await bring(call, to: write)
            }
            if write == .unblockUser { try await vasya.blockUser(UserID("petya")!) }
            try await online()
            let cursor = try await other.pollEvents(waitSeconds: 0).cursor
            let calls = try await vasya.listCalls(limit: 100).items.count
            let before = proxy.passed
            if let cut { proxy.arm(cut, letsRequestsPass: letsRequestsPass) }
            let callId = try await perform(write, call?.id)
            let after = proxy.passed
            if cut != nil { #expect(proxy.hasCut, "the cut was never reached") }

            var trace = Trace()
            trace.timeline = try await vasya.getTimeline(callId).map(\.what)
            trace.heard = try await other.pollEvents(after: cursor, waitSeconds: 0, limit: 1000).events
                .filter { $0.callId == callId }.map { String("\($0.kind)".prefix { $0 != "(" }) }
            trace.calls = try await vasya.listCalls(limit: 100).items.count - calls
            if write == .addCandidates {
                trace.candidates = try await petya.listCandidates(callId).items.compactMap(\.iceCandidate?.candidate)
            }
            trace.account =
                try await [vasya.getMe().displayName] + vasya.listBlocks().map(\.userId.rawValue)
                + vasya.getWatching().map(\.userId.rawValue)
            try await restore(callId)
            return (trace, after.up - before.up, after.down - before.down)
        }

        private func bring(_ call: CallHandle?, to write: Write) async throws {
            guard let call else { return }
            switch write {
            case .sendOffer, .sendAnswer, .addCandidates, .connected, .setMedia, .reportQuality, .hangUp:
                try await petya.accept(call.id)
                if write == .sendOffer { return }
                try await vasya.sendOffer(call.id, sdp: "v=0\r\n")
                if write == .sendAnswer { return }
                try await petya.sendAnswer(call.id, sdp: "v=0\r\n", negotiation: 1)
            default: break
            }
        }

        /// - Returns: The call.
        private func perform(_ write: Write, _ callId: CallID?) async throws -> CallID {
            guard let callId else { return try await writer.invite("petya").id }
            switch write {
            case .invite: break
            case .alerting: try await writer.alerting(callId)
            case .accept: try await writer.accept(callId)
            case .decline: try await writer.decline(callId, message: "Later")
            case .cancel: try await writer.cancel(callId)
            case .sendOffer: try await writer.sendOffer(callId, sdp: "v=0\r\n")
            case .sendAnswer: try await writer.sendAnswer(callId, sdp: "v=0\r\n", negotiation: 1)
            case .addCandidates:
                try await writer.addCandidates(callId, [ICECandidate(candidate: "candidate:1")], negotiation: 1)
            case .connected: try await writer.connected(callId)
            case .setMedia: try await writer.setMedia(callId, MediaState(isHeld: true))
            case .reportQuality: try await writer.reportQuality(callId, QualitySummary())
            case .hangUp: try await writer.hangUp(callId)
            case .updateMe: _ = try await writer.updateMe(displayName: "Vasily")
            case .blockUser: try await writer.blockUser(UserID("petya")!)
            case .unblockUser: try await writer.unblockUser(UserID("petya")!)
            case .setWatching: try await writer.setWatching([UserID("petya")!])
            }
            return callId
        }

        private func restore(_ callId: CallID) async throws {
            let call = try await vasya.getCall(callId)
            switch call.state {
            case .inviting, .ringing: try await vasya.cancel(callId)
            case .connecting, .active: try await vasya.hangUp(callId)
            case .ended: break
            }
            _ = try await vasya.updateMe(displayName: "Vasya")
            try await vasya.unblockUser(UserID("petya")!)
            try await vasya.setWatching([])
        }
    }

    @Test(.timeLimit(.minutes(3)), arguments: Write.allCases)
    func `a write is carried out once wherever the socket is cut`(write: Write) async throws {
        let server = try await TestServer.start { $0.writesPerSecond = 10_000 }
        let proxy = try CuttingProxy(before: server.port)
        defer { proxy.stop() }
        let retries = RetryPolicy(maximumRetries: 40, firstDelay: .milliseconds(5), maximumDelay: .milliseconds(50))
        let vasya = try await RingbackClient.signedIn("vasya", at: server, network: .patient)
        let petya = try await RingbackClient.signedIn("petya", at: server, network: .patient)
        let writer = try RingbackClient(
            baseURL: proxy.url, session: (write.isOfCallee ? petya : vasya).session, network: .patient,
            retries: retries)
        let events = Task { for try await _ in writer.events(over: .only(.webSocket)) {} }
        defer { events.cancel() }
        _ = try await vasya.updateMe(displayName: "Vasya")
        let stage = Stage(vasya: vasya, petya: petya, writer: writer, proxy: proxy)
        let undisturbed = try await stage.run(write)
        #expect(undisturbed.up > 40 && undisturbed.down > 10)

        // Before the request, in the header of its frame, in its text, before its last byte; likewise in the answer.
        let up = [0, 1, 2, 5, 9, undisturbed.up / 2, undisturbed.up - 1]
        let down = [0, 1, 2, 3, undisturbed.down / 2, undisturbed.down - 1]
        let cuts =
            up.map { CuttingProxy.Cut(direction: .up, bytes: $0, isReset: false) }
            + down.map { CuttingProxy.Cut(direction: .down, bytes: $0, isReset: false) }
        // These would have an effect twice; for the others, half of the cases suffice.
        let isThorough = [.invite, .sendOffer, .addCandidates].contains(write)
        for (index, cut) in cuts.enumerated() {
            var cut = cut
            // Repeated over HTTP, and over the next socket if HTTP does not get through; after a close and a reset.
            for letsRequestsPass in [true, false] where isThorough || letsRequestsPass == index.isMultiple(of: 2) {
                cut.isReset = index / 2 % 2 == 0
                let trace = try await stage.run(write, cut: cut, letsRequestsPass: letsRequestsPass).trace
                #expect(trace == undisturbed.trace, "\(cut), over HTTP: \(letsRequestsPass)")
            }
        }
    }
}
