import ArgumentParser
import Foundation
import RingbackCore
import RingbackModel

/// `ringback key`
struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create, list and revoke server keys, with which a platform's back end uses the API.",
        discussion: "The server may be running: a key can be used at once, and no longer once it is revoked.",
        subcommands: [KeyCreate.self, KeyList.self, KeyRevoke.self])
}

/// `ringback key create`
struct KeyCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a key and print it. It is shown only now.",
        discussion: """
            Scopes: \(ServerKey.Scope.allCases.map(\.rawValue).joined(separator: ", ")). Send the key as \
            `Authorization: Bearer KEY`.
            """)

    @Argument(help: "The name of the key in the audit log: 1 to 64 characters of [A-Za-z0-9._-].")
    var name: String

    @Option(help: "What the key permits: one or more scopes, separated by commas.")
    var scopes: String

    @Option(help: "Days that the key is valid.")
    var days = 365

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        guard let name = ServerKey.Name(name) else {
            throw ValidationError("The name must be 1 to 64 characters of [A-Za-z0-9._-], and not 'administrator'.")
        }
        guard (1...3650).contains(days) else { throw ValidationError("days must be from 1 to 3650, not \(days).") }
        let names = scopes.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let scopes = try names.map { text in
            guard let scope = ServerKey.Scope(rawValue: text) else {
                let known = ServerKey.Scope.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("'\(text)' is not a scope. The scopes are \(known).")
            }
            return scope
        }
        guard !scopes.isEmpty else { throw ValidationError("scopes must not be empty.") }
        let database = try storage.location(storage.source())
        let (key, text) = ServerKey.create(
            name, scopes: Set(scopes), at: SystemTime().now, lifetime: .seconds(Int64(days) * 86_400))
        guard try database.keys({ try $0.insert(key) }) else {
            throw CommandError("There is, or was, a key named \(name). Choose another name.")
        }
        print(text)
        try FileHandle.standardError.write(
            contentsOf: Data("\(name): \(key.scopeNames.joined(separator: ", ")), until \(key.expiresAt)\n".utf8))
    }
}

/// `ringback key list`
struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all keys, also those that were revoked or have expired.")

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let now = SystemTime().now
        for key in try storage.location(storage.source()).keys({ try $0.serverKeys() }) {
            let state =
                key.revokedAt.map { "revoked \($0)" }
                ?? (key.expiresAt > now ? "until \(key.expiresAt)" : "expired \(key.expiresAt)")
            print("\(key.name)\t\(key.scopeNames.joined(separator: ","))\tcreated \(key.createdAt)\t\(state)")
        }
    }
}

/// `ringback key revoke`
struct KeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a key. This can't be undone.")

    @Argument(help: "The name of the key.")
    var name: String

    @OptionGroup var storage: DatabaseOptions

    func run() async throws {
        FileDescriptors.makePrivate()
        let now = SystemTime().now
        guard let key = ServerKey.Name(name),
            try storage.location(storage.source()).keys({ try $0.revoke(key, at: now) })
        else { throw CommandError("There is no valid key named \(name). `ringback key list` lists them.") }
        print("\(name) is revoked.")
    }
}
