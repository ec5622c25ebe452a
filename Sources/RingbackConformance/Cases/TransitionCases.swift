import RingbackModel

/// Transitions that the protocol does not permit get 409 with the state of the call, and change nothing.
enum TransitionCases {
    /// A transition that is not permitted in a state.
    private struct Row: Sendable {
        let state: Call.State
        let operation: APIOperation
        let isCallers: Bool

        init(_ state: Call.State, _ operation: APIOperation, isCallers: Bool) {
            self.state = state
            self.operation = operation
            self.isCallers = isCallers
        }

        var name: String {
            "\(operation.rawValue) by the \(isCallers ? "caller" : "callee") of a call that is \(state.rawValue) is refused"
        }
    }

    private static let rows = [
        Row(.inviting, .connected, isCallers: true), Row(.inviting, .hangUp, isCallers: true),
        Row(.ringing, .connected, isCallers: true), Row(.ringing, .connected, isCallers: false),
        Row(.ringing, .hangUp, isCallers: true), Row(.ringing, .hangUp, isCallers: false),
        Row(.connecting, .cancel, isCallers: true), Row(.connecting, .decline, isCallers: false),
        Row(.active, .cancel, isCallers: true), Row(.active, .decline, isCallers: false),
        Row(.ended, .cancel, isCallers: true), Row(.ended, .decline, isCallers: false),
        Row(.ended, .setMedia, isCallers: true), Row(.ended, .sendOffer, isCallers: true),
        Row(.ended, .sendAnswer, isCallers: false), Row(.ended, .addCandidates, isCallers: false),
    ]

    static let all =
        rows.map { row in
            ConformanceCase(row.name, .call, scope: .eachTransport) { try await refuse($0, row) }
        } + [
            ConformanceCase("An accept after the caller's cancel is refused", .call) {
                try await afterEnding($0, .cancel, by: \.caller, refused: [(.accept, \.callee), (.decline, \.callee)])
            },
            ConformanceCase("Commands after a decline are refused", .call) {
                try await afterEnding(
                    $0, .decline, by: \.callee,
                    refused: [(.accept, \.callee), (.cancel, \.caller), (.connected, \.caller)])
            },
            ConformanceCase(
                "Of an accept and a cancel at the same time one wins and both sides agree", .call, body: race),
        ]

    private static func refuse(_ context: ConformanceContext, _ row: Row) async throws {
        let call = try await context.call(row.state)
        let device = row.isCallers ? call.caller : call.callee
        let data: JSONLiteral =
            switch row.operation {
            case .sendOffer: .description("offer", "v=0\r\n")
            case .sendAnswer: .description("answer", "v=0\r\n")
            case .addCandidates: .candidates("x")
            case .setMedia: ["held": true]
            default: [:]
            }
        let answer = try await device.perform(row.operation, on: call.id, data)
        let isBeforeAccept = row.state == .inviting || row.state == .ringing
        if isBeforeAccept {
            try answer.expectProblem(.invalidTransition, .notAccepted, callState: row.state)
        } else {
            try answer.expectProblem(.invalidTransition, callState: row.state)
        }
        try expectEqual(try await call.current(by: device).state, row.state.rawValue, "the state afterwards")
    }

    private static func afterEnding(
        _ context: ConformanceContext, _ ending: APIOperation, by actor: KeyPath<TestCall, TestDevice>,
        refused: [(APIOperation, KeyPath<TestCall, TestDevice>)]
    ) async throws {
        let call = try await context.call(.ringing)
        let ended = try await call[keyPath: actor].perform(ending, on: call.id).expectCall(.ended)
        for (operation, device) in refused {
            try await call[keyPath: device].perform(operation, on: call.id)
                .expectProblem(.invalidTransition, callState: .ended)
        }
        try expectEqual(try await call.current(by: call.caller).reason, ended.reason ?? "", "the reason afterwards")
    }

    private static func race(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        async let cancel = call.caller.perform(.cancel, on: call.id)
        async let accept = call.callee.perform(.accept, on: call.id)
        let (canceled, accepted) = try await (cancel, accept)
        let (winner, loser) = canceled.status == 200 ? (canceled, accepted) : (accepted, canceled)
        let state = try CallView(winner.expect(200)).state
        try loser.expectProblem(.invalidTransition)
        for device in [call.caller, call.callee] {
            try expectEqual(try await call.current(by: device).state, state, "the state that \(device) sees")
        }
        if state == "ended" {
            try await call.callee.next(.callEnded, of: call.id)
        } else {
            try await call.caller.next(.callAccepted, of: call.id)
        }
    }
}
