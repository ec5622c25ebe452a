import RingbackModel

/// Numbered offers and answers, of which one negotiation is open at a time.
enum NegotiationCases {
    static let all = [
        ConformanceCase("Negotiations are numbered from 1", .negotiations, body: numbers),
        ConformanceCase("An answer to a negotiation that is over is stale", .negotiations, body: stale),
        ConformanceCase("An answer without an offer is refused", .negotiations, scope: .eachTransport, body: noOffer),
        ConformanceCase("A device can't answer its own offer", .negotiations, body: ownAnswer),
        ConformanceCase("The callee's offer has to wait for the caller's open one", .negotiations, body: calleeWaits),
        ConformanceCase("The caller's offer supersedes the callee's open one", .negotiations, body: callerSupersedes),
        ConformanceCase("One side can't have two offers open", .negotiations, scope: .eachTransport, body: twoOffers),
        ConformanceCase(
            "A description of the wrong type is refused", .negotiations, scope: .eachTransport, body: wrongType),
    ]

    private static func numbers(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        for number in 1...3 {
            try expectEqual(try await call.offer(by: call.caller), number, "the negotiation's number")
            try expectEqual(try await call.current(by: call.callee).negotiation, number, "the call's negotiation")
            try await call.answer(by: call.callee, negotiation: number)
        }
        let read = try await call.caller.perform(.getAnswer, on: call.id).expect(200)
        try expectEqual(read.number("negotiation"), 3, "the newest answer's negotiation")
    }

    private static func stale(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        try await call.answer(by: call.callee, negotiation: call.offer(by: call.caller))
        let answer = JSONLiteral.description("answer", "v=0\r\ns=stale\r\n")
        try await call.callee.perform(.sendAnswer, on: call.id, answer.adding("negotiation", 1))
            .expectProblem(.staleNegotiation)
        try await call.offer(by: call.caller)
        for number in [1, 3] {
            try await call.callee.perform(.sendAnswer, on: call.id, answer.adding("negotiation", .integer(number)))
                .expectProblem(.staleNegotiation)
        }
        let answered = try await call.callee.perform(.sendAnswer, on: call.id, .description("answer", "v=0\r\n"))
            .expect(201)
        try expectEqual(answered.number("negotiation"), 2, "what an answer without a number answers")
        try await call.caller.next(.callAnswer, of: call.id) { $0.data?.number("negotiation") == 2 }
        try expectEqual(call.caller.count(.callAnswer), 2, "answers that the caller heard")
    }

    private static func noOffer(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let answer = try await call.callee.perform(.sendAnswer, on: call.id, .description("answer", "v=0\r\n"))
        try answer.expectProblem(.staleNegotiation, .invalidTransition)
        try await call.hangUp()
        try call.caller.expectUnheard(.callAnswer, because: "there was no offer")
    }

    private static func ownAnswer(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let answer = JSONLiteral.description("answer", "v=0\r\ns=own\r\n")
        for (offerer, other) in [(call.caller, call.callee), (call.callee, call.caller)] {
            let number = try await call.offer(by: offerer)
            let refused = try await offerer.perform(
                .sendAnswer, on: call.id, answer.adding("negotiation", .integer(number)))
            try expect((400..<500).contains(refused.status), "an offerer that answers itself: \(refused)")
            try await call.answer(by: other, negotiation: number)
        }
        for device in [call.caller, call.callee] {
            try expectEqual(device.count(.callAnswer), 1, "answers that \(device) heard")
        }
    }

    private static func calleeWaits(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let number = try await call.offer(by: call.caller)
        let problem = try await call.callee.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\n"))
            .expectProblem(.negotiationPending)
        try expectEqual(problem.flag("retryable"), true, "retryable of negotiation_pending")
        try await call.answer(by: call.callee, negotiation: number)
        try expectEqual(
            try await call.offer(by: call.callee), number + 1, "the number of the callee's offer afterwards")
        try expectEqual(call.caller.count(.callOffer), 1, "offers that the caller heard")
    }

    private static func callerSupersedes(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        let polite = try await call.offer(by: petya, "v=0\r\ns=polite\r\n")
        let impolite = try await call.offer(by: vasya, "v=0\r\ns=impolite\r\n")
        try expectEqual(impolite, polite + 1, "the number of the offer that supersedes")
        let late = JSONLiteral.description("answer", "v=0\r\ns=late\r\n").adding("negotiation", .integer(polite))
        try await vasya.perform(.sendAnswer, on: call.id, late).expectProblem(.staleNegotiation)
        try await call.answer(by: petya, negotiation: impolite)
        let newest = try await petya.perform(.getOffer, on: call.id).expect(200)
        try expectEqual(newest.text("description.sdp"), "v=0\r\ns=impolite\r\n", "the newest offer")
        try petya.expectUnheard(.callAnswer, because: "its offer was superseded")
    }

    private static func twoOffers(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        for offerer in [call.caller, call.callee] {
            let number = try await call.offer(by: offerer)
            try await offerer.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\ns=again\r\n"))
                .expectProblem(.negotiationPending)
            try await call.answer(by: call.peer(of: offerer), negotiation: number)
        }
    }

    private static func wrongType(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        for (operation, type) in [
            (APIOperation.sendOffer, "answer"), (.sendAnswer, "offer"), (.sendOffer, "pranswer"),
        ] {
            try await call.caller.perform(operation, on: call.id, .description(type, "v=0\r\n"))
                .expectProblem(.invalidRequest)
        }
        try await call.hangUp()
        try call.callee.expectUnheard(.callOffer, .callAnswer, because: "its type was wrong")
    }
}
