import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// Offers and answers, numbered from 1, one open at a time, the callee polite.
struct NegotiationTests {
    private static let offer = CallCommand.offer(negotiation: nil, iceRestart: false)
    private static let answer = CallCommand.answer(negotiation: nil)

    @Test(arguments: [(Cast.vasya, Cast.petya), (Cast.petya, Cast.vasya)])
    func `An offer opens the next negotiation and the other side's answer closes it`(
        offerer: Participant, answerer: Participant
    ) throws {
        var driven = try DrivenCall.active
        for number in 1...5 {
            try driven.perform(Self.offer, by: offerer)
            #expect(driven.call.openNegotiation?.number == number && driven.call.call.negotiation == number)
            try driven.perform(Self.answer, by: answerer)
            #expect(driven.call.openNegotiation == nil && driven.call.call.negotiation == number)
        }
    }

    @Test func `Both sides may send offers in turn, also while connecting`() throws {
        var driven = try DrivenCall.connecting
        try driven.perform(Self.offer, by: Cast.petya)
        try driven.perform(Self.answer, by: Cast.vasya)
        try driven.perform(Self.offer, by: Cast.vasya)
        try driven.perform(Self.answer, by: Cast.petya)
        #expect(driven.call.negotiation == 2)
    }

    @Test func `The caller's offer supersedes the callee's open one`() throws {
        var driven = try DrivenCall.active
        try driven.perform(Self.offer, by: Cast.petya)
        try driven.perform(Self.offer, by: Cast.vasya)
        #expect(driven.call.openNegotiation?.number == 2 && driven.call.openNegotiation?.offerer == .caller)
        #expect(driven.refusal(of: .answer(negotiation: 1), by: Cast.vasya) == .staleNegotiation(.active))
        #expect(
            driven.refusal(of: .answer(negotiation: 2), by: Cast.vasya) == .invalidTransition(.active), "its own offer")
        try driven.perform(.answer(negotiation: 2), by: Cast.petya)
    }

    @Test(arguments: [(Cast.vasya, Cast.petya), (Cast.vasya, Cast.vasya), (Cast.petya, Cast.petya)])
    func `While any other offer is open, a second one must wait`(first: Participant, second: Participant) throws {
        var driven = try DrivenCall.active
        try driven.perform(Self.offer, by: first)
        #expect(driven.refusal(of: Self.offer, by: second) == .negotiationPending(.active))
        #expect(
            driven.refusal(of: .offer(negotiation: 2, iceRestart: true), by: second) == .negotiationPending(.active))
        #expect(driven.call.negotiation == 1)
    }

    @Test func `An offer with a number other than the next is stale`() throws {
        var driven = try DrivenCall.active
        for number in [-1, 0, 2, 3] {
            #expect(
                driven.refusal(of: .offer(negotiation: number, iceRestart: false), by: Cast.vasya)
                    == .staleNegotiation(.active))
        }
        try driven.perform(.offer(negotiation: 1, iceRestart: false), by: Cast.vasya)
    }

    @Test func `An answer to no negotiation, an answered one or a later one is stale`() throws {
        var driven = try DrivenCall.active
        #expect(driven.refusal(of: Self.answer, by: Cast.petya) == .staleNegotiation(.active))
        try driven.perform(Self.offer, by: Cast.vasya)
        #expect(driven.refusal(of: .answer(negotiation: 2), by: Cast.petya) == .staleNegotiation(.active))
        try driven.perform(.answer(negotiation: 1), by: Cast.petya)
        #expect(driven.refusal(of: .answer(negotiation: 1), by: Cast.petya) == .staleNegotiation(.active))
    }

    @Test func `A superseding offer has 30 seconds of its own`() throws {
        var driven = try DrivenCall.active
        try driven.perform(Self.offer, by: Cast.petya)
        driven.wait(.seconds(20))
        try driven.perform(Self.offer, by: Cast.vasya)
        driven.wait(.milliseconds(29_999))
        #expect(driven.call.openNegotiation?.number == 2)
        driven.wait(.milliseconds(1))
        #expect(driven.call.openNegotiation == nil)
    }

    @Test func `An ICE restart is noted in the timeline`() throws {
        var driven = try DrivenCall.active
        #expect(
            try driven.perform(.offer(negotiation: nil, iceRestart: true), by: Cast.vasya).timeline.first?.detail
                == "1, ICE restart")
    }

    // MARK: Candidates

    @Test func `Candidates may come before the first offer, for the first negotiation`() throws {
        var driven = try DrivenCall.connecting
        try driven.perform(.candidates(count: 1, negotiation: 1), by: Cast.vasya)
        try driven.perform(.candidates(count: 1, negotiation: nil), by: Cast.vasya)
        for number in [-1, 0, 2] {
            #expect(
                driven.refusal(of: .candidates(count: 1, negotiation: number), by: Cast.vasya) == .noSuchNegotiation)
        }
    }

    @Test func `Candidates may be for any negotiation that has begun`() throws {
        var driven = try DrivenCall.active
        for _ in 1...3 {
            try driven.perform(Self.offer, by: Cast.vasya)
            try driven.perform(Self.answer, by: Cast.petya)
        }
        for number in 1...3 { try driven.perform(.candidates(count: 1, negotiation: number), by: Cast.petya) }
        #expect(driven.refusal(of: .candidates(count: 1, negotiation: 4), by: Cast.petya) == .noSuchNegotiation)
    }

    @Test func `A call may have 60 negotiations a minute, and those that were not used later`() throws {
        var driven = try DrivenCall.active
        for allowed in [60, 60, 180] {
            for _ in 0..<allowed {
                try driven.perform(Self.offer, by: Cast.vasya)
                try driven.perform(Self.answer, by: Cast.petya)
            }
            #expect(driven.refusal(of: Self.offer, by: Cast.petya) == .tooManyNegotiations)
            driven.wait(.seconds(allowed == 60 && driven.call.negotiation == 120 ? 180 : 60))
        }
    }

    @Test func `A side may add so many candidates and no more, whatever the other has added`() throws {
        var driven = try DrivenCall.active
        for _ in 0..<Limits.candidatesPerSide / 64 {
            try driven.perform(.candidates(count: 64, negotiation: nil), by: Cast.vasya)
        }
        #expect(driven.refusal(of: .candidates(count: 1, negotiation: nil), by: Cast.vasya) == .tooManyCandidates)
        try driven.perform(.candidates(count: 64, negotiation: nil), by: Cast.petya)
    }

    // MARK: Active

    /// A sequence of commands, and whether the call is active afterwards.
    @Test(
        "A call is active when both are connected, or one is and the other has answered",
        arguments: [
            (["vasya connected"], false), (["petya connected"], false),
            (["vasya connected", "vasya connected"], false),
            (["vasya connected", "petya connected"], true), (["petya connected", "vasya connected"], true),
            (["vasya offer", "petya answer"], false), (["vasya offer", "petya answer", "vasya connected"], true),
            (["vasya offer", "vasya connected", "petya answer"], true),
            (["vasya offer", "petya answer", "petya connected"], false),
            (["petya offer", "vasya answer", "vasya connected"], false),
            (["petya offer", "vasya answer", "petya connected"], true),
            (["petya offer", "vasya offer", "petya answer", "petya connected"], false),
            (["vasya offer", "vasya connected"], false),
        ] as [([String], Bool)])
    func active(deeds: [String], isActive: Bool) throws {
        var driven = try DrivenCall.connecting
        var last = Transition()
        for deed in deeds {
            let actor = deed.hasPrefix("vasya") ? Cast.vasya : Cast.petya
            driven.wait(.seconds(1))
            #expect(driven.call.state == .connecting)
            last = try driven.perform(
                deed.hasSuffix("offer") ? Self.offer : deed.hasSuffix("answer") ? Self.answer : .connected, by: actor)
        }
        #expect((driven.call.state == .active) == isActive)
        #expect(driven.call.call.activeAt == (isActive ? driven.now : nil))
        // A device that reports `connected` gets the call as its response; a device that sends the answer receives an
        // event.
        let actor =
            deeds.last == "vasya connected" ? "vasya-phone" : deeds.last == "petya connected" ? "petya-phone" : nil
        let told = Cast.devices.map(\.deviceId.rawValue).filter { $0 != actor }.map { "call.active \($0)" }
        #expect(last.heard.filter { $0.hasPrefix("call.active") } == (isActive ? told : []))
    }

    @Test func `A negotiation in an active call does not change its state`() throws {
        var driven = try DrivenCall.active
        let since = driven.call.activeAt
        driven.wait(.seconds(5))
        try driven.perform(Self.offer, by: Cast.petya)
        let transition = try driven.perform(Self.answer, by: Cast.vasya)
        #expect(transition.notices.map(\.type) == [.callAnswer])
        #expect(driven.call.activeAt == since)
    }
}
