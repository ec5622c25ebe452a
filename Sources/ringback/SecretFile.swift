import Foundation

/// Reads a secret from a file: its first line, or all of it.
enum SecretFile {
    private static let maximumBytes = 10_000
    private static let maximumBytesOfContents = 64 << 10

    /// - Parameters:
    ///   - setting: The setting that names the file.
    ///   - maximumBytes: The maximum length of the secret.
    /// - Throws: ``CommandError``.
    static func firstLine(of path: String, _ setting: String, maximumBytes: Int = maximumBytes) throws -> String {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.read(upToCount: maximumBytes + 1)
        else { throw CommandError("The file \(path) of \(setting) is empty or can't be read by this user.") }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let secret = String(bytes: line, encoding: .utf8), !secret.isEmpty, line.count <= maximumBytes,
            !secret.contains("\0")
        else {
            throw CommandError(
                "The first line of \(path) (\(setting)) must be a secret of at most \(maximumBytes) bytes.")
        }
        return secret
    }

    /// The whole file.
    ///
    /// - Throws: ``CommandError``.
    static func contents(of path: String, _ setting: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path),
            let bytes = try? file.read(upToCount: maximumBytesOfContents + 1)
        else { throw CommandError("The file \(path) of \(setting) is empty or can't be read by this user.") }
        guard bytes.count <= maximumBytesOfContents else {
            throw CommandError("The file \(path) of \(setting) has over \(maximumBytesOfContents) bytes.")
        }
        return Array(bytes)
    }
}
