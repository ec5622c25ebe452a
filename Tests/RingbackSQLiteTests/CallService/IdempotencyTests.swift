import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

/// The same key and the same request is the same write.
struct IdempotencyTests {
    private func key(_ key: String, _ fingerprint: UInt8 = 1, device: Participant = Cast.vasya) -> IdempotencyKey {
        IdempotencyKey(
            device: device.deviceId, route: "r", key: key, fingerprint: [UInt8](repeating: fingerprint, count: 32))
    }

    @Test func `A repeated invitation gets the first answer, and there is one call`() async throws {
        let exchange = try await Exchange.withCast()
        let first = try await exchange.calls.invite(Cast.invitation(), key: key("k"))
        exchange.time.advance(by: .seconds(5))
        #expect(try await exchange.calls.invite(Cast.invitation(), key: key("k")) == first)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
        #expect(try await exchange.calls.invite(Cast.invitation(), key: key("other")) != first)
    }

    @Test func `The answer is the first one's even when the call has gone on`() async throws {
        let exchange = try await Exchange.withCast()
        let id = try await exchange.connectingCall()
        let offer = try await exchange.calls.sendOffer(
            Cast.json(#""a""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: key("k"))
        _ = try await exchange.calls.perform(.hangUp(.completed), on: id, by: Cast.petya)
        #expect(
            try await exchange.calls.sendOffer(
                Cast.json(#""a""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: key("k"))
                == offer)
    }

    @Test func `Candidates that are sent twice with one key are kept once`() async throws {
        let exchange = try await Exchange.withCast()
        let id = try await exchange.connectingCall()
        for _ in 0..<2 {
            _ = try await exchange.calls.addCandidates(
                [Cast.json("{}")], negotiation: nil, on: id, by: Cast.vasya, key: key("k"))
        }
        #expect(try await exchange.calls.candidates(of: id, after: 0, limit: 9, for: Cast.petya).count == 1)
        #expect(try await exchange.call(id)?.callerSide.candidates == 1)
    }

    @Test func `Another request with a used key is a mismatch, and changes nothing`() async throws {
        let exchange = try await Exchange.withCast()
        _ = try await exchange.calls.invite(Cast.invitation(), key: key("k", 1))
        let problem = try await #require(throws: Problem.self) {
            try await exchange.calls.invite(Cast.invitation(), key: key("k", 2))
        }
        #expect(problem.code == .idempotencyMismatch)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
    }

    @Test func `Keys are a device's own`() async throws {
        let exchange = try await Exchange.withCast()
        let first = try await exchange.calls.invite(Cast.invitation(), key: key("k"))
        let other = try await exchange.calls.invite(
            Cast.invitation(from: Cast.vasyaTablet), key: key("k", device: Cast.vasyaTablet))
        #expect(first != other)
    }

    @Test func `A refusal is not kept: the same request may succeed later`() async throws {
        let exchange = try await Exchange.withCast()
        let id = try await exchange.invite()
        let send = {
            try await exchange.calls.sendOffer(
                Cast.json(#""a""#), negotiation: nil, iceRestart: false, on: id, by: Cast.vasya, key: key("k"))
        }
        let problem = try await #require(throws: Problem.self) { try await send() }
        #expect(problem.code == .notAccepted && problem.callState == .inviting)
        _ = try await exchange.calls.perform(.accept, on: id, by: Cast.petya)
        #expect(try await send().status == 201)
    }

    @Test func `Of requests with one key at once one is done`() async throws {
        let exchange = try await Exchange.withCast()
        let answers = try await withThrowingTaskGroup(of: RingbackCore.Answer.self) { group in
            for _ in 0..<20 { group.addTask { try await exchange.calls.invite(Cast.invitation(), key: key("k")) } }
            return try await group.reduce(into: Set<RingbackCore.Answer>()) { $0.insert($1) }
        }
        #expect(answers.count == 1)
        #expect(try await exchange.store.read { try $0.liveCalls() }.count == 1)
    }

    @Test func `Work outside the calls is repeatable too`() async throws {
        let exchange = try await Exchange.withCast()
        let work: @Sendable (Int) async throws -> RingbackCore.Answer = { number in
            try await exchange.calls.repeatable(key("k")) { RingbackCore.Answer(200, body: Array("\(number)".utf8)) }
        }
        #expect(try await work(1) == work(2))
        let problem = try await #require(throws: Problem.self) {
            try await exchange.calls.repeatable(key("k", 9)) { RingbackCore.Answer(200) }
        }
        #expect(problem.code == .idempotencyMismatch)
    }
}
