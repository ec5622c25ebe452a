import Foundation
import RingbackClient
import RingbackModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A stored sign-in: a file readable only by its user, `$XDG_CONFIG_HOME/ringback/<profile>.json` (by default in
/// `~/.config`).
struct StoredLogin: Codable {
    var url: URL
    var session: Session
    /// The path of a PEM file with the certificates to trust instead of the system's.
    var certificateAuthorities: String?

    static func path(_ profile: String) throws -> URL {
        guard !profile.isEmpty, profile.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw CommandError("The name of a profile may only have letters, digits and -.")
        }
        let environment = ProcessInfo.processInfo.environment
        let base: URL
        if let directory = environment["XDG_CONFIG_HOME"], directory.hasPrefix("/") {
            base = URL(fileURLWithPath: directory)
        } else {
            base = FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".config")
        }
        return base.appendingPathComponent("ringback/\(profile).json")
    }

    static func load(_ profile: String) throws -> StoredLogin {
        let path = try path(profile)
        let bytes: Data
        do {
            bytes = try Data(contentsOf: path)
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
            throw CommandError("Not signed in. Run: ringback login URL USER", code: .notSignedIn)
        } catch {
            throw CommandError("\(path.path) can't be read.")
        }
        do {
            return try JSONDecoder().decode(StoredLogin.self, from: bytes)
        } catch {
            throw CommandError("\(path.path) is damaged; run ringback login again.", code: .notSignedIn)
        }
    }

    /// Writes a temporary file with mode 600 and renames it, so that other users can never read it.
    func save(_ profile: String) throws -> URL {
        let path = try Self.path(profile)
        let directory = path.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError("\(directory.path) can't be created.")
        }
        let temporary = directory.appendingPathComponent(".\(UUID().uuidString)")
        let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw CommandError("\(directory.path) can't be written to.") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: JSONEncoder().encode(self))
            try file.synchronize()
        } catch {
            unlink(temporary.path)
            throw CommandError("\(directory.path) can't be written to.")
        }
        guard rename(temporary.path, path.path) == 0 else {
            unlink(temporary.path)
            throw CommandError("\(path.path) can't be written.")
        }
        return path
    }

    /// Whether `other` is the same server, ignoring a trailing slash.
    func isAt(_ other: URL) -> Bool { Self.withoutSlash(url) == Self.withoutSlash(other) }

    private static func withoutSlash(_ url: URL) -> Substring {
        var text = url.absoluteString[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        return text
    }

    func client() throws -> RingbackClient {
        try RingbackClient(
            baseURL: url, session: session, network: NetworkOptions(certificateAuthorities: certificateAuthorities))
    }
}

/// The exit codes of the commands.
enum CommandCode: Int32 {
    case failed = 1
    /// The call was not answered.
    case notAnswered = 2
    case notSignedIn = 3
    /// The doctor has found a problem.
    case unhealthy = 4
}

/// An error of a command, as a sentence.
struct CommandError: Error, CustomStringConvertible {
    var description: String
    var code: CommandCode

    init(_ description: String, code: CommandCode = .failed) {
        self.description = description
        self.code = code
    }
}
