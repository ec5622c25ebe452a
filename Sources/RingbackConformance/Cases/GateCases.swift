import RingbackModel

/// Before a device has accepted the call, no offer, answer or candidate is accepted or delivered.
enum GateCases {
    static let all = [
        ConformanceCase("No negotiation while the call is inviting", .gate) {
            try await closed($0, .inviting)
        },
        ConformanceCase("No negotiation while the call is ringing", .gate) { try await closed($0, .ringing) },
        ConformanceCase("No negotiation in a canceled call", .gate, body: afterCancel),
        ConformanceCase("Only the two participating devices may negotiate", .gate, body: otherDevices),
        ConformanceCase(
            "Offers, answers and candidates go only to the other participant's device", .gate, body: alone),
    ]

    private static let signals: [(APIOperation, JSONLiteral)] = [
        (.sendOffer, .description("offer", "v=0\r\ns=early\r\n")),
        (.sendAnswer, .description("answer", "v=0\r\ns=early\r\n").adding("negotiation", 1)),
        (.addCandidates, .candidates("early")),
    ]

    private static func closed(_ context: ConformanceContext, _ state: Call.State) async throws {
        let call = try await context.call(state)
        for device in [call.caller, call.callee] {
            for (operation, data) in signals {
                try await device.perform(operation, on: call.id, data).expectProblem(.notAccepted, callState: state)
            }
        }
        try await call.accept()
        for device in [call.caller, call.callee] {
            try await device.perform(.getOffer, on: call.id).expectProblem(.notFound)
            try await device.perform(.getAnswer, on: call.id).expectProblem(.notFound)
            let page = try await device.perform(.listCandidates, on: call.id).expect(200)
            try expect(page.list("items").isEmpty, "candidates from before accept were kept: \(page.excerpt)")
        }
        let number = try await call.offer(by: call.caller)
        try expectEqual(number, 1, "the number of the first negotiation after refused ones")
        try await call.answer(by: call.callee, negotiation: number)
        try await call.hangUp()
        try expectEqual(call.callee.count(.callOffer), 1, "offers that the callee heard")
        try expectEqual(call.caller.count(.callAnswer), 1, "answers that the caller heard")
        for device in [call.caller, call.callee] {
            try device.expectUnheard(.callCandidates, because: "they were sent before accept")
        }
    }

    private static func afterCancel(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        try await call.caller.perform(.cancel, on: call.id).expectCall(.ended)
        for device in [call.caller, call.callee] {
            for (operation, data) in signals {
                try await device.perform(operation, on: call.id, data)
                    .expectProblem(.notAccepted, .invalidTransition, callState: .ended)
            }
        }
        try await WholeCallCases.barrier(call)
        for device in [call.caller, call.callee] {
            try device.expectUnheard(.callOffer, .callAnswer, .callCandidates, because: "nobody has accepted the call")
        }
    }

    private static func otherDevices(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let others = [
            try await context.sibling(of: call.caller, over: context.mix.callee),
            try await context.sibling(of: call.callee, over: context.mix.caller),
        ]
        try await call.offer(by: call.caller)
        for device in others {
            for (operation, data) in signals + [(.connected, [:]), (.hangUp, [:]), (.setMedia, ["held": true])] {
                try await device.perform(operation, on: call.id, data).expectProblem(.notAParticipant)
            }
        }
        try await call.hangUp()
        for device in [call.caller, call.callee] {
            try device.expectUnheard(
                .callAnswer, .callCandidates, .callMedia, .callActive,
                because: "it came from a device that takes no part")
        }
    }

    private static func alone(_ context: ConformanceContext) async throws {
        let call = try await context.call(.ringing)
        let others = [
            try await context.sibling(of: call.caller, over: context.mix.callee),
            try await context.sibling(of: call.callee, over: context.mix.caller),
        ]
        try await call.accept()
        let number = try await call.offer(by: call.caller)
        try await call.answer(by: call.callee, negotiation: number)
        for device in [call.caller, call.callee] {
            try await device.perform(.addCandidates, on: call.id, .candidates("x")).expect(202)
        }
        try await call.hangUp()
        for device in others {
            try await device.next(.callEnded, of: call.id)
            try device.expectUnheard(.callOffer, .callAnswer, .callCandidates, because: "the device takes no part")
        }
    }
}
