import RingbackModel
import Synchronization
import Testing

@testable import RingbackCore

struct PasswordHasherTests {
    private let hasher = PasswordHasher(costExponent: 4)

    @Test(arguments: ["correct horse", "", "пароль 😀", "a\u{0}b", String(repeating: "x", count: 200)])
    func `A password matches its own hash and no other`(password: String) async throws {
        let hash = try await hasher.hash(password)
        #expect(hash.hasPrefix("scrypt$16$8$1$"))
        #expect(try await hasher.verify(password, against: hash))
        #expect(try await hasher.verify(password + "x", against: hash) == false)
        #expect(try await hasher.verify("X", against: hash) == false)
    }

    @Test func `The same password never has the same hash twice`() async throws {
        #expect(try await hasher.hash("same") != hasher.hash("same"))
    }

    @Test func `It is scrypt as in RFC 7914, section 12`() async throws {
        let salt = "SodiumChloride".utf8.map { String($0, radix: 16) }.joined()
        let hash = "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        #expect(try await hasher.verify("pleaseletmein", against: "scrypt$16384$8$1$\(salt)$\(hash)"))
        #expect(try await hasher.verify("pleaseletmeout", against: "scrypt$16384$8$1$\(salt)$\(hash)") == false)
    }

    @Test func `A hash of another cost is verified with its own`() async throws {
        let hash = try await PasswordHasher(costExponent: 6).hash("password")
        #expect(hash.hasPrefix("scrypt$64$"))
        #expect(try await hasher.verify("password", against: hash))
    }

    @Test(arguments: [
        nil, "", "scrypt", "bcrypt$16$8$1$00$00", "scrypt$16$8$1$0$00", "scrypt$x$8$1$00$00", "scrypt$16$8$1$zz$00",
        "scrypt$16$8$1$00", "scrypt$16$8$1$00$00$00", "scrypt$16$8$1$00$-",
    ])
    func `An invalid hash matches nothing`(stored: String?) async throws {
        #expect(try await hasher.verify("", against: stored) == false)
        #expect(try await hasher.verify("password", against: stored) == false)
    }

    @Test(arguments: [(-5, 16), (4, 16), (5, 32)])
    func `The cost has a lower bound`(exponent: Int, cost: Int) async throws {
        #expect(try await PasswordHasher(costExponent: exponent).hash("x").hasPrefix("scrypt$\(cost)$"))
    }

    @Test func `Concurrent hashes wait for each other, and too many are refused`() async throws {
        let outcomes = await withTaskGroup(of: Problem.Code?.self) { group in
            for number in 0..<1000 {
                group.addTask { [hasher] in
                    do {
                        _ = try await hasher.hash("\(number)")
                        return nil
                    } catch {
                        return (error as? Problem)?.code ?? .internal
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(outcomes).isSubset(of: [nil, .rateLimited]))
        #expect(outcomes.count { $0 == nil } >= 256)
        #expect(try await hasher.verify("later", against: hasher.hash("later")), "those who come later are served")
    }

    @Test(arguments: [4, 7, 10], [4, 5, 10])
    func `A wrong password costs as much for any hash as without one`(setting: Int, stored: Int) async throws {
        let costs = Mutex<[Int]>([])
        let hasher = PasswordHasher(costExponent: setting) { cost in costs.withLock { $0.append(cost) } }
        let old = try await PasswordHasher(costExponent: stored).hash("password")
        #expect(hasher.isOutdated(old) == (setting != stored))
        // Once a hash was seen whose cost is above the setting, all cost as much as it.
        for hash in [old, nil, old, try await PasswordHasher(costExponent: setting).hash("password"), ""] {
            costs.withLock { $0 = [] }
            #expect(try await hasher.verify("wrong", against: hash) == false)
            #expect(costs.withLock { $0.reduce(0, +) } == max(1 << setting, 1 << stored), "\(hash ?? "none")")
        }
        costs.withLock { $0 = [] }
        #expect(try await hasher.verify("password", against: old))
        #expect(costs.withLock(\.self) == [1 << stored])
    }
}
