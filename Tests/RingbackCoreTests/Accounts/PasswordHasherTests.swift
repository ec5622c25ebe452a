import RingbackCore
import RingbackModel
import Testing

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

    @Test func `A wrong password takes as long for an old hash as without one`() async throws {
        let (old, current) = (PasswordHasher(costExponent: 4), PasswordHasher(costExponent: 12))
        let hash = try await old.hash("password")
        #expect(current.isOutdated(hash) && !old.isOutdated(hash))
        func time(_ stored: String?, _ hasher: PasswordHasher) async throws -> Duration {
            let start = ContinuousClock.now
            #expect(try await hasher.verify("wrong", against: stored) == false)
            return ContinuousClock.now - start
        }
        // A lower setting is not noticed either, once a hash of the higher cost was seen.
        let lowered = PasswordHasher(costExponent: 4)
        let higher = try await current.hash("password")
        _ = try await lowered.verify("wrong", against: higher)
        for (stored, hasher) in [(hash, current), (higher, lowered)] {
            var (withHash, without) = (Duration.seconds(60), Duration.seconds(60))
            for _ in 0..<7 {
                withHash = min(withHash, try await time(stored, hasher))
                without = min(without, try await time(nil, hasher))
            }
            // The costs differ by a factor of 256.
            let ratio = withHash / without
            #expect((0.1...10).contains(ratio), "\(ratio)")
        }
    }
}
