import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

@testable import RingbackServer

/// How many sockets, streams and waiting polls there may be, and for whom they are counted.
struct StreamRegistryTests {
    private let office = IPAddress("192.0.2.1")

    private func registry(device: Int = 100, user: Int = 100, address: Int = 100) -> StreamRegistry {
        StreamRegistry(.init(device: device, user: user, address: address))
    }

    private func signIn(_ participant: Participant) -> SignIn { SignIn(participant, generation: 1) }

    private func register(
        _ registry: StreamRegistry, _ participant: Participant, from source: IPAddress? = nil
    ) throws -> StreamRegistry.Registration { try registry.register(signIn(participant), from: source) { _, _ in } }

    @Test func `A user has as many as there may be on all devices together`() throws {
        let registry = registry(user: 2)
        let first = try register(registry, Cast.vasya)
        _ = try register(registry, Cast.vasyaTablet)
        for device in [Cast.vasya, Cast.vasyaTablet] {
            let problem = #expect(throws: Problem.self) { try register(registry, device) }
            #expect(problem?.code == .tooManyConnections && problem?.retryAfterSeconds == 5)
        }
        _ = try register(registry, Cast.petya)
        registry.unregister(first)
        _ = try register(registry, Cast.vasyaTablet)
    }

    @Test func `An address has as many as there may be of all users together`() throws {
        let registry = registry(address: 2)
        let first = try register(registry, Cast.vasya, from: office)
        _ = try register(registry, Cast.petya, from: office)
        #expect(throws: Problem.self) { try register(registry, Cast.stranger, from: office) }
        _ = try register(registry, Cast.stranger, from: IPAddress("192.0.2.2"))
        for _ in 0..<5 { _ = try register(registry, Cast.stranger) }
        registry.unregister(first)
        _ = try register(registry, Cast.stranger, from: office)
    }

    @Test func `The addresses of a subscriber of IPv6 are one`() throws {
        let registry = registry(address: 1)
        _ = try register(registry, Cast.vasya, from: IPAddress("2001:db8::1"))
        #expect(throws: Problem.self) { try register(registry, Cast.petya, from: IPAddress("2001:db8::2")) }
        _ = try register(registry, Cast.petya, from: IPAddress("2001:db8:0:1::1"))
    }

    @Test func `What the server ends is counted no longer, and only once`() throws {
        let registry = registry(user: 2, address: 2)
        let ended = try register(registry, Cast.vasya, from: office)
        _ = try register(registry, Cast.petya, from: office)
        #expect(!registry.end(signIn(Cast.vasya)))
        registry.unregister(ended)
        _ = try register(registry, Cast.vasya, from: office)
        #expect(throws: Problem.self) { try register(registry, Cast.vasya, from: office) }
        #expect(registry.count == 2)
    }
}
