import RingbackCore
import RingbackModel
import RingbackTesting
import Testing

struct AccountServiceTests {
    private let exchange: Exchange
    private let accounts: AccountService

    init() async throws {
        exchange = try await Exchange.withCast()
        accounts = AccountService(store: exchange.store, hasher: PasswordHasher(costExponent: 4), time: exchange.time)
    }

    private func code(_ work: () async throws -> Any) async -> Problem.Code? {
        do {
            _ = try await work()
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }

    @Test func `A name is given once, also after its user was erased`() async throws {
        let masha = Cast.user("masha")
        let user = try await accounts.register(masha, displayName: "Masha", password: "correct horse")
        #expect(user == User(userId: masha, displayName: "Masha", createdAt: exchange.time.now))
        #expect(try await accounts.user(masha) == user)
        #expect(
            await code { try await accounts.register(masha, displayName: "M", password: "correct horse") }
                == .userExists)
        _ = try await exchange.calls.erase(masha)
        #expect(await code { try await accounts.user(masha) } == .userNotFound)
        #expect(
            await code { try await accounts.register(masha, displayName: "M", password: "correct horse") }
                == .userExists)
    }

    @Test func `Of those who want a name at once one gets it`() async throws {
        let outcomes = await withTaskGroup(of: Problem.Code?.self) { group in
            for number in 0..<10 {
                group.addTask {
                    await code {
                        try await accounts.register(Cast.user("masha"), displayName: "\(number)", password: "x")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1 && outcomes.count { $0 == .userExists } == 9)
    }

    @Test func `What an update does not name stays as it was`() async throws {
        let vasya = Cast.vasya.userId
        let before = try await accounts.ownUser(vasya)
        let user = try await accounts.update(vasya, .init(displayName: nil, busy: .reject, password: nil))
        #expect(user.busy == .reject && user.displayName == before.displayName)
        #expect(try await accounts.ownUser(vasya) == user)
        #expect(try await accounts.user(vasya).busy == nil, "for the user's own eyes only")
        #expect(try await accounts.update(vasya, .init(displayName: "V", busy: nil, password: nil)).busy == .reject)
        #expect(
            await code {
                try await accounts.update(Cast.user("nobody"), .init(displayName: "x", busy: nil, password: nil))
            } == .userNotFound)
    }

    @Test func `A new password replaces the old one`() async throws {
        let masha = Cast.user("masha")
        _ = try await accounts.register(masha, displayName: "Masha", password: "correct horse")
        _ = try await accounts.update(masha, .init(displayName: nil, busy: nil, password: "battery staple"))
        let hash = try await exchange.store.read { try $0.account(masha) }?.passwordHash
        let hasher = PasswordHasher(costExponent: 4)
        #expect(try await hasher.verify("battery staple", against: hash))
        #expect(try await hasher.verify("correct horse", against: hash) == false)
    }

    @Test func `One can block others, not oneself and not nobody`() async throws {
        let (vasya, petya) = (Cast.vasya.userId, Cast.petya.userId)
        try await accounts.block(petya, by: vasya)
        try await accounts.block(petya, by: vasya)
        #expect(try await accounts.blocks(of: vasya).map(\.userId) == [petya])
        #expect(await code { try await accounts.block(vasya, by: vasya) } == .forbidden)
        #expect(await code { try await accounts.block(Cast.user("nobody"), by: vasya) } == .userNotFound)
        try await accounts.unblock(petya, by: vasya)
        try await accounts.unblock(petya, by: vasya)
        #expect(try await accounts.blocks(of: vasya) == [])
    }
}
