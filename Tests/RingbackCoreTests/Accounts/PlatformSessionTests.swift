import RingbackCore
import RingbackModel
import RingbackTesting
import Synchronization
import Testing

/// Tokens of a platform that has users of its own, after sign-outs.
struct PlatformSessionTests {
    private let exchange: Exchange
    private let sessions: SessionService
    private let user = Cast.user("masha")
    private let phone = DeviceID("phone-of-masha")!
    private let admissions = Admissions()

    private final class Admissions: Sendable {
        let isOpen = Mutex(true)
    }

    init() async throws {
        exchange = try await Exchange.withCast()
        sessions = SessionService(
            store: exchange.store, hasher: PasswordHasher(costExponent: 4), time: exchange.time,
            lifetime: .seconds(600),
            administratorToken: nil, platform: PlatformTokens { token, _ in try Self.claims(token) },
            admission: { [admissions] _ in
                guard admissions.isOpen.withLock(\.self) else { throw Problem(.rateLimited, "Too many.") }
            })
        exchange.store.observeCommits { [sessions] commit in for device in commit.ended { sessions.forget(device) } }
    }

    /// A token of Masha's: the milliseconds after the start at which it was issued, and the device or nothing.
    private func token(_ issuedAfter: Int64, device: DeviceID? = nil) -> String {
        "\(issuedAfter).\(device?.rawValue ?? "")"
    }

    private static func claims(_ token: String) throws -> PlatformClaims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        let issuedAt = ManualTime.start + .milliseconds(try #require(Int64(parts[0])))
        return PlatformClaims(
            user: Cast.user("masha"), device: DeviceID(String(parts[1])), issuedAt: issuedAt,
            expiresAt: issuedAt + .seconds(600))
    }

    private func signIn(_ token: String, device: String? = nil) async throws -> SignIn {
        guard case .device(let signIn, _) = try await sessions.authenticate(token, device: device) else {
            throw Problem(.unauthenticated, "It is not a device's.")
        }
        return signIn
    }

    /// The sign-out was remembered for the device that the request named, and the token came back with another name.
    @Test(arguments: [false, true])
    func `A token that names no device is void after the sign-out of any`(hasBeenUsedByOther: Bool) async throws {
        let first = token(0)
        let signIn = try await signIn(first, device: phone.rawValue)
        if hasBeenUsedByOther { _ = try await self.signIn(first, device: "other-of-masha") }
        exchange.time.advance(by: .seconds(1))
        try await sessions.revoke(phone, by: signIn)
        for name in [phone.rawValue, "other-of-masha", "third-of-masha", nil] {
            let code = await problemCode { try await sessions.authenticate(first, device: name) }
            #expect(code == .tokenExpired, "\(name ?? "none")")
        }
        for device in [nil, phone, DeviceID("new-one-of-masha")] {
            let code = await problemCode { try await sessions.exchange(first, deviceName: nil, device: device) }
            #expect(code == .tokenExpired, "\(device?.rawValue ?? "none")")
        }
        exchange.time.advance(by: .seconds(1))
        _ = try await self.signIn(token(2000), device: phone.rawValue)
    }

    @Test func `A token that names its device is not void after the sign-out of another`() async throws {
        let tablet = DeviceID("tablet-of-masha")!
        let signIn = try await signIn(token(0, device: phone))
        _ = try await self.signIn(token(0, device: tablet))
        exchange.time.advance(by: .seconds(1))
        try await sessions.revoke(phone, by: signIn)
        #expect(await problemCode { try await sessions.authenticate(token(0, device: phone)) } == .tokenExpired)
        #expect(await problemCode { try await sessions.authenticate(token(0, device: tablet)) } == nil)
    }

    /// The clock of the platform is 20 s ahead of the server's.
    @Test(arguments: [false, true])
    func `A token from before a sign-out is void though the platform's clock is ahead`(isOfOneDevice: Bool) async throws
    {
        let first = token(20_000, device: phone)
        let signIn = try await signIn(first)
        exchange.time.advance(by: .seconds(1))
        if isOfOneDevice {
            try await sessions.revoke(phone, by: signIn)
        } else {
            _ = try await sessions.revokeAll(by: signIn)
        }
        #expect(await problemCode { try await sessions.authenticate(first) } == .tokenExpired)
        #expect(await problemCode { try await sessions.exchange(first, deviceName: nil, device: nil) } == .tokenExpired)
        exchange.time.advance(by: .seconds(1))
        _ = try await self.signIn(token(22_000, device: phone))
        // An hour later, no newer token was ahead.
        exchange.time.advance(by: .seconds(3600))
        let late = try await self.signIn(token(3_602_000, device: phone))
        try await sessions.revoke(phone, by: late)
        exchange.time.advance(by: .milliseconds(1))
        _ = try await self.signIn(token(3_602_001, device: phone))
    }

    /// The user was created in a transaction of its own.
    @Test func `An exchange that fails creates no user`() async throws {
        let taken = Cast.vasya.deviceId
        #expect(
            await problemCode { try await sessions.exchange(token(0), deviceName: nil, device: taken) }
                == .invalidRequest)
        let account = try await exchange.store.read { [user] store in try store.account(user) }
        #expect(account == nil)
    }

    @Test func `An exchange is limited as other tokens that add a device are`() async throws {
        admissions.isOpen.withLock { $0 = false }
        #expect(
            await problemCode { try await sessions.exchange(token(0), deviceName: nil, device: nil) } == .rateLimited)
        #expect(await problemCode { try await sessions.authenticate(token(0)) } == .rateLimited)
        admissions.isOpen.withLock { $0 = true }
        let session = try await sessions.exchange(token(0), deviceName: "phone", device: phone)
        #expect(session.userId == user && session.deviceId == phone)
    }
}
