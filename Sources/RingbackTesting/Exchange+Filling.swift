import RingbackCore
package import RingbackModel
import Testing

extension Exchange {
    /// Registers users with much data that can't be compressed, until one is refused because the database is full.
    package func fillDatabase() async throws -> [UserID] {
        var users: [UserID] = []
        while users.count < 20_000 {
            let user = Cast.user("user-\(users.count)")
            var account = Exchange.account(user)
            var generator = SeededGenerator(seed: UInt64(users.count))
            account.passwordHash = String(
                (0..<3500).map { _ in Character(UnicodeScalar(UInt8.random(in: 33...126, using: &generator))) })
            let refusal = await problemCode { [account] in _ = try await store.write { try $0.insert(account) } }
            if let refusal {
                #expect(refusal == .storageUnavailable)
                return users
            }
            users.append(user)
        }
        Issue.record("the database did not fill up")
        return users
    }
}
