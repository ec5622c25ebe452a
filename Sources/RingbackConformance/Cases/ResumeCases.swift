import RingbackModel

/// Continuing from a cursor, over the same transport or another.
enum ResumeCases {
    static let all = [
        ConformanceCase("A device that was away receives what it missed, in order, over another transport", .events) {
            try await away($0, over: \.next)
        },
        ConformanceCase("A device that was away receives what it missed, in order, over the same transport", .events) {
            try await away($0, over: \.self)
        },
        ConformanceCase(
            "A whole call goes through while both devices change their transports", .events, body: wandering),
        ConformanceCase("A device that was away for the whole call receives all of it", .events, body: wholeCall),
        ConformanceCase("A connection that is replaced without being closed loses nothing", .events, body: replaced),
    ]

    private static func away(
        _ context: ConformanceContext, over transport: KeyPath<Transport, Transport>
    ) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        let before = petya.heard.count
        await petya.stopListening()
        let sent = try await vasya.perform(.sendOffer, on: call.id, .description("offer", "v=0\r\n")).expect(201)
        for number in 0..<20 {
            try await vasya.perform(.addCandidates, on: call.id, .candidates("candidate \(number)")).expect(202)
        }
        try await vasya.perform(.setMedia, on: call.id, ["held": true]).expect(200)
        let welcome = try await petya.resume(over: petya.transport[keyPath: transport])
        try expect(welcome.recovered ?? true, "a cursor of this log is recovered")
        try expect(welcome.snapshot == nil, "with a good cursor there is no snapshot")
        try await call.answer(by: petya, negotiation: sent.number("negotiation") ?? 0)
        try await call.hangUp()
        let missed = petya.heard.dropFirst(before)
        try expectEqual(
            missed.map(\.type).filter { $0 != "call.participant" },
            ["call.offer"] + Array(repeating: "call.candidates", count: 20) + ["call.media", "call.ended"],
            "what the device that was away has heard")
        let numbers = missed.compactMap { $0.data?.text("candidates.0.candidate") }
        try expectEqual(numbers, (0..<20).map { "candidate \($0)" }, "the candidates in their order")
    }

    private static func wandering(_ context: ConformanceContext) async throws {
        let call = try await context.call(.inviting)
        func move() async throws {
            for device in [call.caller, call.callee] { try await device.resume(over: device.transport.next) }
        }
        try await move()
        try await call.ring()
        try await move()
        try await call.accept()
        try await move()
        let number = try await call.offer(by: call.caller)
        try await move()
        try await call.answer(by: call.callee, negotiation: number)
        try await move()
        for device in [call.caller, call.callee] {
            try await device.perform(.addCandidates, on: call.id, .candidates("x")).expect(202)
        }
        for device in [call.caller, call.callee] { try await device.next(.callCandidates, of: call.id) }
        try await move()
        try await call.caller.perform(.connected, on: call.id).expectCall(.active)
        try await call.callee.next(.callActive, of: call.id)
        try await move()
        try await call.hangUp()
        for (device, types) in [
            (call.caller, [EventType.callRinging, .callAccepted, .callAnswer, .callCandidates]),
            (call.callee, [.callIncoming, .callOffer, .callCandidates, .callActive, .callEnded]),
        ] {
            for type in types { try expectEqual(device.count(type), 1, "\(device) hears \(type.rawValue)") }
        }
    }

    private static func wholeCall(_ context: ConformanceContext) async throws {
        let (vasya, petya) = try await (context.caller(), context.callee())
        let laptop = try await context.sibling(of: petya, over: context.mix.callee)
        await laptop.stopListening()
        let call = try await vasya.call(petya)
        try await call.ring()
        try await call.accept()
        try await call.offer(by: vasya)
        try await call.activate()
        try await call.hangUp()
        try await laptop.resume(over: context.mix.caller)
        try await laptop.next(.callEnded, of: call.id)
        let types = laptop.heard.map(\.type)
        for type in [EventType.callIncoming, .callAccepted, .callStopped, .callActive, .callEnded] {
            try expectEqual(
                types.count { $0 == type.rawValue }, 1, "how often the laptop hears \(type.rawValue) in \(types)")
        }
        try laptop.expectUnheard(.callOffer, because: "the laptop takes no part")
        try expectEqual(types.first, "call.incoming", "the first event")
        try expectEqual(types.last, "call.ended", "the last event")
    }

    private static func replaced(_ context: ConformanceContext) async throws {
        let call = try await context.call(.connecting)
        let (vasya, petya) = (call.caller, call.callee)
        // The old connection stays open when the new one begins.
        let old = petya.detachSource()
        try await vasya.perform(.addCandidates, on: call.id, .candidates("one")).expect(202)
        try await petya.resume(over: petya.transport)
        try await vasya.perform(.addCandidates, on: call.id, .candidates("two")).expect(202)
        for text in ["one", "two"] {
            let event = try await petya.next(.callCandidates, of: call.id)
            try expectEqual(event.data?.text("candidates.0.candidate"), text, "the candidate")
        }
        await old?.close()
        try await call.offer(by: vasya)
        try await call.hangUp()
    }
}
