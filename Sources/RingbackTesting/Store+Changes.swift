package import RingbackCore
package import RingbackModel

/// Changes of calls made by a test in place of a decision.
package final class MadeUpChanges {
    private struct NoSuchCall: Error {}

    private let facts: any CallFacts
    private var calls: [CallID: CallState] = [:]
    fileprivate private(set) var changes: [CallChange] = []

    fileprivate init(_ facts: any CallFacts) { self.facts = facts }

    /// The call after the changes so far.
    package func call(_ id: CallID) throws -> CallState? { try calls[id] ?? facts.call(id) }

    /// Adds or replaces a call.
    package func save(_ call: CallState, deadline: Timestamp? = nil) throws {
        let isNew = try self.call(call.id) == nil
        calls[call.id] = call
        changes.append(CallChange(call: call, isNew: isNew, deadline: deadline))
    }

    package func append(_ entries: [TimelineEntry], to id: CallID) throws {
        guard let call = try call(id) else { throw NoSuchCall() }
        changes.append(CallChange(call: call, deadline: nil, timeline: entries))
    }

    /// Adds an event of a call. If the call does not exist, creates an ended one.
    package func append(_ event: EventBody, to audiences: [Transition.Audience]) throws {
        let known = try event.callId.flatMap { try call($0) } ?? call(Self.nobodysCall.id)
        if known == nil { try save(Self.nobodysCall) }
        changes.append(
            CallChange(
                call: known ?? Self.nobodysCall, deadline: nil, events: [CallEvent(event, to: audiences)]))
    }

    package func saveQuality(
        _ summary: JSONText, from participant: Participant, of id: CallID, at now: Timestamp
    ) throws {
        guard let call = try call(id) else { throw NoSuchCall() }
        changes.append(
            CallChange(call: call, deadline: nil, quality: QualityReport(summary, from: participant, at: now)))
    }

    private static let nobodysCall: CallState = {
        let nobody = Cast.participant("nobody", "nobodys-phone")
        var (call, _) = CallState.invite(
            Cast.invitation(from: nobody, to: Cast.user("nobody-else")), id: Cast.callID(900_000), devices: [],
            reception: .rings, at: ManualTime.start)
        _ = call.endByAdministrator(at: ManualTime.start)
        return call
    }()
}

extension Store {
    /// Sets an observer of every commit.
    package func observeCommits(_ observer: @escaping @Sendable (Commit) -> Void) {
        observe(CommitObserver(committed: observer))
    }

    /// Commits changes of calls made by a test.
    ///
    /// - Throws: Errors of `work`, after which nothing has changed.
    @discardableResult
    package func change<Value: Sendable>(
        _ work: @escaping @Sendable (MadeUpChanges) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { submit(MadeUpJob(work, $0)) }
    }
}

private final class MadeUpJob<Value: Sendable>: StoreJob {
    private let work: @Sendable (MadeUpChanges) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    /// Unchecked: accessed first when the store decides, and then when it completes the job.
    nonisolated(unsafe) private var value: Value?

    init(
        _ work: @escaping @Sendable (MadeUpChanges) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.work = work
        self.continuation = continuation
    }

    var scope: CallScope { CallScope() }
    var priority: WritePriority { .ordinary }

    func decide(on facts: any CallFacts) throws -> [CallChange] {
        let made = MadeUpChanges(facts)
        value = try work(made)
        return made.changes
    }

    func complete() {
        if let value { continuation.resume(returning: value) }
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
