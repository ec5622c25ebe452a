import CryptoExtras
import Foundation
import RingbackModel
import Synchronization

/// Hashes passwords with scrypt (RFC 7914), as many at a time as memory allows, and on all cores but one. The others
/// wait in a ``HashQueue``.
package final class PasswordHasher: Sendable {
    /// The memory for the hashes that are computed at the same time; at least one is.
    private static let maximumMemory = 256 << 20
    private static let blockSize = 8
    private static let saltBytes = 16
    private static let hashBytes = 32

    /// The cost N of new hashes, a power of two. Memory is 128 · 8 · N bytes.
    private let cost: Int
    private let onDerive: @Sendable (_ cost: Int) -> Void
    private let state: Mutex<State>

    private struct State {
        var queue = HashQueue<@Sendable () -> Void>()
        /// Threads that have nothing to do. They give way to all others, since calls must not wait for sign-ins.
        var idle: [StoreThread]
        /// The highest cost of a hash that was seen. A wrong password takes as long as one with this cost, so that the
        /// time does not disclose whose hash is older than the setting, nor which users exist.
        var slowest: Int
    }

    /// - Parameter costExponent: log2 N, from 4 to 20. RFC 7914 suggests 14 for interactive use in 2016; 15 takes about
    ///   70 ms and 32 MiB.
    package convenience init(costExponent: Int) { self.init(costExponent: costExponent) { _ in } }

    /// - Parameter onDerive: Called with the cost of each hash that is computed.
    init(costExponent: Int, onDerive: @escaping @Sendable (_ cost: Int) -> Void) {
        self.onDerive = onDerive
        cost = 1 << min(max(costExponent, 4), 20)
        let fitting = Self.maximumMemory / (128 * Self.blockSize * cost)
        let slots = max(1, min(ProcessInfo.processInfo.activeProcessorCount - 1, fitting))
        let threads = (0..<slots).map { _ in StoreThread(name: "ringback-passwords", givesWay: true) }
        state = Mutex(State(idle: threads, slowest: cost))
    }

    /// Creates a hash in the form `scrypt$N$r$p$salt$hash`, with decimal numbers and hexadecimal bytes.
    ///
    /// - Throws: ``Problem`` `rate_limited` if too many are waiting.
    package func hash(_ password: String, for client: PasswordClient = PasswordClient()) async throws -> String {
        let salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: .min ... .max) }
        let cost = cost
        return try await run(for: client) {
            let hash = try self.derive(password, salt: salt, cost: cost, blockSize: Self.blockSize, parallelism: 1)
            return "scrypt$\(cost)$\(Self.blockSize)$1$\(Self.hex(salt))$\(Self.hex(hash))"
        }
    }

    /// Whether `password` matches the stored hash. If it does not, this takes the same time for every hash and without
    /// one, so that the time does not disclose which users exist.
    ///
    /// - Throws: ``Problem`` `rate_limited` if too many are waiting.
    package func verify(
        _ password: String, against stored: String?, for client: PasswordClient = PasswordClient()
    ) async throws -> Bool {
        let stored = stored.flatMap(StoredHash.init)
        let slowest = state.withLock { state in
            state.slowest = max(state.slowest, stored?.cost ?? 0)
            return state.slowest
        }
        return try await run(for: client) {
            guard let stored else {
                _ = try self.derive(password, salt: [], cost: slowest, blockSize: Self.blockSize, parallelism: 1)
                return false
            }
            let hash = Self.hex(
                try self.derive(
                    password, salt: stored.salt, cost: stored.cost, blockSize: stored.blockSize,
                    parallelism: stored.parallelism))
            if stored.isEqual(hash) { return true }
            try self.spend(slowest - stored.cost)
            return false
        }
    }

    /// Whether a hash was created with another cost than new ones are.
    package func isOutdated(_ stored: String) -> Bool { StoredHash(stored).map { $0.cost != cost } ?? false }

    /// Takes as long as hashes whose costs add up to `rounds`.
    private func spend(_ rounds: Int) throws {
        for bit in 1..<31 where rounds > 0 && rounds & 1 << bit != 0 {
            _ = try derive("", salt: [], cost: 1 << bit, blockSize: Self.blockSize, parallelism: 1)
        }
    }

    private func run<T: Sendable>(
        for client: PasswordClient, _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let (isAdmitted, thread) = state.withLock { state -> (Bool, StoreThread?) in
                let lane: HashQueue<@Sendable () -> Void>.Lane =
                    client.knownUser.map { .knownDevice(of: $0) } ?? .address(client.address)
                guard state.queue.append({ continuation.resume(with: Result(catching: work)) }, to: lane) else {
                    return (false, nil)
                }
                return (true, state.idle.popLast())
            }
            if !isAdmitted {
                continuation.resume(
                    throwing: Problem(.rateLimited, "Too many sign-ins at the moment.", retryAfterSeconds: 5))
            }
            if let thread { thread.run { self.work(on: thread) } }
        }
    }

    /// Works until nothing is waiting.
    private func work(on thread: StoreThread) {
        while let next = takeNext(on: thread) { next() }
    }

    private func takeNext(on thread: StoreThread) -> (@Sendable () -> Void)? {
        state.withLock { state in
            let next = state.queue.next()
            if next == nil { state.idle.append(thread) }
            return next
        }
    }

    private func derive(
        _ password: String, salt: [UInt8], cost: Int, blockSize: Int, parallelism: Int
    ) throws -> [UInt8] {
        onDerive(cost)
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: Self.hashBytes, rounds: cost, blockSize: blockSize,
            parallelism: parallelism, maxMemory: 2 * 128 * blockSize * cost + (1 << 20))
        return key.withUnsafeBytes { Array($0) }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

}

/// Who waits for a password to be hashed or verified.
package struct PasswordClient: Sendable, Hashable {
    /// Identifies the address; `nil` for clients that can't be told apart.
    package var address: String?
    /// The user, if the client is a device that has signed in as this user before.
    package var knownUser: KnownUser?

    package init(address: String? = nil, knownUser: KnownUser? = nil) {
        self.address = address
        self.knownUser = knownUser
    }
}

/// The parts of a stored hash.
private struct StoredHash: Sendable {
    let cost: Int
    let blockSize: Int
    let parallelism: Int
    let salt: [UInt8]
    private let expected: String

    init?(_ stored: String) {
        let parts = stored.split(separator: "$")
        guard parts.count == 6, parts[0] == "scrypt", let cost = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Self.bytes(parts[4]), (2...1 << 24).contains(cost)
        else { return nil }
        (self.cost, self.blockSize, self.parallelism, self.salt) = (cost, blockSize, parallelism, salt)
        expected = String(parts[5])
    }

    /// Compares all bytes, so that the time does not depend on the first difference.
    func isEqual(_ hash: String) -> Bool {
        guard hash.utf8.count == expected.utf8.count else { return false }
        return zip(hash.utf8, expected.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
    }
}
