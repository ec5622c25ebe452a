import RingbackClient
import Synchronization

/// A user who makes and accepts many calls at once, and records the events.
final class AutomaticUser: Sendable {
    /// The record of a call.
    struct Log: Sendable, Equatable {
        var kinds: [String] = []
        var sdp: [String] = []
        var candidates: [String] = []

        var hasEnded: Bool { kinds.last?.hasPrefix("ended") == true }
    }

    let client: RingbackClient
    let events: EventSequence
    private struct State {
        var logs: [CallID: Log] = [:]
        var ended: Set<CallID> = []
        var steps: [CallID: Set<String>] = [:]
        var connections: [ConnectionChange] = []
        var failure: (any Error)?
    }

    private let state = Mutex(State())

    var logs: [CallID: Log] { state.withLock(\.logs) }
    var connections: [ConnectionChange] { state.withLock(\.connections) }

    /// From here on, no event may be missed.
    init(_ client: RingbackClient, over choice: TransportChoice) async throws {
        self.client = client
        events = client.events(after: try await client.pollEvents(waitSeconds: 0).cursor, over: choice)
    }

    /// Participates in calls until `count` have ended.
    ///
    /// - Parameter onEnded: Called with the number of ended calls.
    func takePart(until count: Int, onEnded: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await event in events {
                if case .connection(let change) = event.kind { state.withLock { $0.connections.append(change) } }
                guard let callId = event.callId else { continue }
                note(event, callId)
                // Adding to a group that was cancelled by an error would never end.
                group.addTask {
                    do {
                        if try await self.act(on: event, callId) { onEnded(self.countEnd(callId)) }
                    } catch {
                        self.state.withLock { $0.failure = $0.failure ?? error }
                    }
                }
                if let failure = state.withLock(\.failure) { throw failure }
                if case .ended = event.kind, state.withLock({ $0.logs.values.count { $0.hasEnded } }) == count { break }
            }
        }
    }

    private func countEnd(_ callId: CallID) -> Int {
        state.withLock { state in
            state.ended.insert(callId)
            return state.ended.count
        }
    }

    /// - Returns: Whether the call is over for this side.
    private func act(on event: Event, _ callId: CallID) async throws -> Bool {
        switch event.kind {
        case .incoming(let call):
            let handle = client.handle(call)
            try await handle.alerting()
            try await handle.accept()
            return false
        case .accepted: try await client.sendOffer(callId, sdp: "offer \(callId)")
        case .offer(let offer):
            try await client.sendAnswer(callId, sdp: "answer \(callId)", negotiation: offer.negotiation)
            try await sendCandidates(callId, "callee")
            return try await hangUp(callId, ifLast: "has sent")
        case .answer:
            try await sendCandidates(callId, "caller")
            try await client.connected(callId)
        case .candidates:
            guard state.withLock({ $0.logs[callId]?.candidates.count == 4 }) else { return false }
            return try await hangUp(callId, ifLast: "has received")
        case .active: return try await hangUp(callId, ifLast: "is active")
        case .ended: return true
        default: break
        }
        return false
    }

    /// The callee hangs up once it has sent and received everything and the call is active.
    private func hangUp(_ callId: CallID, ifLast step: String) async throws -> Bool {
        let steps = state.withLock { state in
            state.steps[callId, default: []].insert(step)
            return state.steps[callId]
        }
        guard steps?.count == 3 else { return false }
        try await client.hangUp(callId)
        return true
    }

    private func sendCandidates(_ callId: CallID, _ side: String) async throws {
        for batch in 0..<2 {
            try await client.addCandidates(
                callId, (0..<2).map { ICECandidate(candidate: "\(side) \(batch * 2 + $0)", sdpMid: "0") },
                negotiation: 1)
        }
    }

    private func note(_ event: Event, _ callId: CallID) {
        state.withLock { state in
            switch event.kind {
            case .incoming: state.logs[callId, default: Log()].kinds.append("incoming")
            case .ringing: state.logs[callId, default: Log()].kinds.append("ringing")
            case .accepted: state.logs[callId, default: Log()].kinds.append("accepted")
            case .active: state.logs[callId, default: Log()].kinds.append("active")
            case .ended(let call):
                state.logs[callId, default: Log()].kinds.append("ended \(call.reason?.rawValue ?? "-")")
            case .offer(let description), .answer(let description):
                state.logs[callId, default: Log()].sdp.append(description.sdpText)
            case .candidates(let candidates, _):
                state.logs[callId, default: Log()].candidates += candidates.map(\.candidate)
            // Temporary loss of signaling is expected in this test.
            case .participant: break
            default: state.logs[callId, default: Log()].kinds.append("\(event.kind)")
            }
        }
    }
}
