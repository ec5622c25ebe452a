import CryptoExtras
import Dispatch
import Foundation
import RingbackModel
import Synchronization

/// Hashes passwords with scrypt (RFC 7914), one at a time, which bounds the CPU time and memory for sign-ins.
package final class PasswordHasher: Sendable {
    /// The maximum number of waiting sign-ins.
    private static let maximumWaiting = 256
    private static let blockSize = 8
    private static let saltBytes = 16
    private static let hashBytes = 32

    /// The cost N of new hashes, a power of two. Memory is 128 · 8 · N bytes.
    private let cost: Int
    private let queue = DispatchQueue(label: "ringback.passwords")
    private let waiting = Mutex(0)

    /// - Parameter costExponent: log2 N, from 4 to 20. RFC 7914 suggests 14 for interactive use in 2016; 15 takes about
    ///   70 ms and 32 MiB.
    package init(costExponent: Int) { cost = 1 << min(max(costExponent, 4), 20) }

    /// Creates a hash in the form `scrypt$N$r$p$salt$hash`, with decimal numbers and hexadecimal bytes.
    package func hash(_ password: String) async throws -> String {
        let salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: .min ... .max) }
        let cost = cost
        return try await run {
            let hash = try Self.derive(password, salt: salt, cost: cost, blockSize: Self.blockSize, parallelism: 1)
            return "scrypt$\(cost)$\(Self.blockSize)$1$\(Self.hex(salt))$\(Self.hex(hash))"
        }
    }

    /// Whether `password` matches the stored hash. Takes the same time without a hash, so that the time does not
    /// disclose which users exist.
    package func verify(_ password: String, against stored: String?) async throws -> Bool {
        let fallback = "scrypt$\(cost)$\(Self.blockSize)$1$\(String(repeating: "0", count: 32))$-"
        let parts = (stored.flatMap { $0 == Account.noPassword ? nil : $0 } ?? fallback).split(separator: "$")
        guard parts.count == 6, parts[0] == "scrypt", let cost = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Self.bytes(parts[4])
        else { return false }
        let expected = String(parts[5])
        return try await run {
            let hash = Self.hex(
                try Self.derive(password, salt: salt, cost: cost, blockSize: blockSize, parallelism: parallelism))
            // Compares all bytes, so that the time does not depend on the first difference.
            guard hash.utf8.count == expected.utf8.count else { return false }
            return zip(hash.utf8, expected.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
        }
    }

    private func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        let isAdmitted = waiting.withLock { waiting in
            guard waiting < Self.maximumWaiting else { return false }
            waiting += 1
            return true
        }
        guard isAdmitted else {
            throw Problem(.rateLimited, "Too many sign-ins at the moment.", retryAfterSeconds: 5)
        }
        defer { waiting.withLock { $0 -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private static func derive(
        _ password: String, salt: [UInt8], cost: Int, blockSize: Int, parallelism: Int
    ) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: hashBytes, rounds: cost, blockSize: blockSize,
            parallelism: parallelism, maxMemory: 2 * 128 * blockSize * cost + (1 << 20))
        return key.withUnsafeBytes { Array($0) }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
    }
}
