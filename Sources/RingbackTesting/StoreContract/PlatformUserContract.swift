import RingbackCore
import RingbackModel
import Testing

/// The contract for users who come with a token of the platform.
struct PlatformUserContract {
    static let cases = [
        StoreCase("A name that changes with each token is not written each time") { stores in
            try await PlatformUserContract(stores).`A name that changes with each token is not written each time`()
        },
        StoreCase("The token of a user who was erased is refused, and says so") { stores in
            try await PlatformUserContract(stores).`The token of a user who was erased is refused, and says so`()
        },
    ]

    private let exchange: Exchange
    private let sessions: SessionService
    private let anna = Cast.user("anna")

    /// The token is the name, followed by a number.
    init(_ stores: StoreFactory) async throws {
        let exchange = try await Exchange.withCast(in: stores)
        self.exchange = exchange
        sessions = SessionService(
            store: exchange.store, hasher: PasswordHasher(costExponent: 4), time: exchange.time,
            lifetime: .seconds(3600), administratorToken: nil,
            platform: PlatformTokens { [anna] token, now in
                PlatformClaims(
                    user: anna, displayName: token.split(separator: ".").first.map(String.init),
                    device: Cast.device("phone-of-anna"), issuedAt: now, expiresAt: now + .seconds(600))
            })
    }

    private func name() async throws -> String? {
        try await exchange.store.read { [anna] in try $0.account(anna) }?.displayName
    }

    func `A name that changes with each token is not written each time`() async throws {
        var names: [String?] = []
        for (number, text) in ["Anna", "Anna K.", "Anna", "Anna K.", "Anna", "Anna K."].enumerated() {
            _ = try await sessions.authenticate("\(text.dropLast(text.hasSuffix(".") ? 1 : 0)).\(number)")
            names.append(try await name())
        }
        #expect(names == ["Anna", "Anna K", "Anna", "Anna", "Anna", "Anna"])
        exchange.time.advance(by: .seconds(60))
        _ = try await sessions.authenticate("Anna K.7")
        #expect(try await name() == "Anna K")
    }

    func `The token of a user who was erased is refused, and says so`() async throws {
        _ = try await sessions.authenticate("Anna.1")
        try await exchange.calls.erase(anna)
        for token in ["Anna.2", "Anna.3"] {
            let problem = await #expect(throws: Problem.self) { try await sessions.authenticate(token) }
            #expect(problem?.code == .forbidden && problem?.detail.contains("erased") == true)
        }
        let problem = await #expect(throws: Problem.self) {
            try await sessions.exchange("Anna.4", deviceName: nil, device: nil)
        }
        #expect(problem?.code == .forbidden)
    }
}
