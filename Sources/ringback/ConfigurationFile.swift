import ArgumentParser
import Foundation
import RingbackModel

/// A JSON object whose keys are the names of options.
struct ConfigurationFile {
    /// The type of the value of a key.
    enum Kind: String {
        case string = "a string"
        case integer = "an integer"
        case list = "a list of strings"

        fileprivate func fits(_ value: JSONSlice) -> Bool {
            switch self {
            case .string: value.kind == .string
            case .integer: value.integer != nil
            case .list: value.elements?.allSatisfy { $0.kind == .string } ?? false
            }
        }
    }

    /// The options of `ringback serve`, except for `--config`.
    static let kinds: [String: Kind] = [
        "address-calls": .integer, "address-connections": .integer, "address-invites": .integer,
        "address-write-kilobytes": .integer,
        "address-registrations": .integer, "address-sign-ins": .integer, "address-writes": .integer,
        "apns-host": .string, "apns-key": .string, "apns-key-id": .string, "apns-team-id": .string,
        "apns-topic": .string,
        "admin-token": .string, "admin-token-file": .string, "allowed-origins": .list, "audit-days": .integer,
        "base-path": .string,
        "client-address": .string, "connection-megabytes": .integer, "call-policy": .string,
        "call-webhook-cache-seconds": .integer, "call-webhook-failure": .string,
        "call-webhook-secret": .string, "call-webhook-secret-file": .string, "call-webhook-seconds": .integer,
        "call-webhook-url": .string,
        "database": .string, "database-password-file": .string,
        "device-connections": .integer,
        "detail-hours": .integer, "device-writes": .integer, "directory": .string, "drain-seconds": .integer,
        "event-hours": .integer, "fcm-host": .string, "fcm-key": .string,
        "history-days": .integer, "hostname": .string,
        "jwt-audience": .string, "jwt-issuer": .string, "jwt-jwks": .string, "jwt-keys": .string, "jwt-secret": .string,
        "jwt-secret-file": .string,
        "demo": .string, "docs": .string, "key-requests": .integer, "log-level": .string,
        "management-hostname": .string, "management-port": .integer,
        "max-connections": .integer, "max-database-size": .integer, "node-name": .string,
        "password-cost": .integer,
        "pair-calls": .integer, "payload-hours": .integer,
        "port": .integer, "push-addresses": .string,
        "push-certificate-authorities": .string, "registration": .string, "stun-urls": .list,
        "token-days": .integer, "turn-seconds": .integer, "turn-secret": .string,
        "turn-secret-file": .string, "turn-secrets-file": .string,
        "trusted-proxies": .list, "turn-secrets": .list, "turn-urls": .list, "unreachable-seconds": .integer,
        "user-calls": .integer, "user-connections": .integer, "user-devices": .integer, "user-invites": .integer,
        "user-reads": .integer, "vapid-contact": .string, "vapid-key": .string,
        "vapid-key-file": .string, "webhook-addresses": .string,
        "webhook-hours": .integer, "webhook-secrets": .list, "webhook-secrets-file": .string,
        "webhook-types": .list, "webhook-url": .string,
        "webhooks": .string,
        "user-write-kilobytes": .integer,
    ]
    private static let maximumBytes = 1 << 20

    private let object: JSONSlice

    subscript(name: String) -> JSONSlice? { object[name] }

    /// - Throws: `ValidationError` if the file can't be read or is not a JSON object, a key is not an option, or a
    ///   value has the wrong type.
    init(path: String) throws {
        func refuse(_ reason: String) -> ValidationError { ValidationError("The configuration file \(path) \(reason)") }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw refuse("does not exist.")
        }
        guard !isFolder.boolValue else { throw refuse("is a folder.") }
        guard let file = FileHandle(forReadingAtPath: path),
            let bytes = try? file.read(upToCount: Self.maximumBytes + 1)
        else {
            throw refuse(FileManager.default.isReadableFile(atPath: path) ? "is empty." : "can't be read by this user.")
        }
        guard bytes.count <= Self.maximumBytes else { throw refuse("has over \(Self.maximumBytes) bytes.") }
        do {
            object = try JSONSlice(parsing: Array(bytes))
        } catch {
            throw refuse("is not JSON: \(error).")
        }
        guard let members = object.members else {
            throw refuse("must be a JSON object, such as {\"port\": 9000}.")
        }
        for (name, value) in members {
            guard let kind = Self.kinds[name] else {
                let guess = Self.nearest(to: name).map { " Did you mean \"\($0)\"?" }
                throw refuse(
                    "has the key \"\(name.prefix(100))\", which is not an option.\(guess ?? " See ringback serve --help.")"
                )
            }
            guard kind.fits(value) else { throw refuse("has a \"\(name)\" that is not \(kind.rawValue).") }
        }
    }

    /// The option whose name is most similar to `name`.
    static func nearest(to name: String) -> String? {
        let wanted = Array(name.lowercased().replacing("_", with: "-").prefix(100))
        let distances = kinds.keys.sorted().map { ($0, distance(wanted, Array($0))) }
        guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(1, best.0.count / 3) else { return nil }
        return best.0
    }

    /// The number of characters to change, insert, delete or transpose.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var rows = [Array(0...b.count)]
        for (i, character) in a.enumerated() {
            var row = [i + 1]
            for (j, other) in b.enumerated() {
                var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (character == other ? 0 : 1))
                if i > 0, j > 0, character == b[j - 1], a[i - 1] == other { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
