import ArgumentParser
import Foundation
import RingbackCore
import RingbackModel
import RingbackServer

/// Reads the webhook endpoints: one from options, more from a file.
struct WebhookSettings {
    private static let maximumBytes = 1 << 20

    /// - Throws: `ValidationError`.
    static func endpoint(
        url: String, types: [String], secrets: [String], addresses: String?
    ) throws -> WebhookEndpoint {
        try endpoint(name: "default", url: url, types: types, secrets: secrets, addresses: addresses)
    }

    /// Reads `{"endpoints": [{"name", "url", "types", "secretFile" or "secretVariable", "addresses"}]}`.
    ///
    /// - Throws: `ValidationError`.
    static func endpoints(
        path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> [WebhookEndpoint] {
        func refuse(_ reason: String) -> ValidationError { ValidationError("The webhooks file \(path) \(reason)") }
        let json: JSONSlice
        do {
            json = try JSONSlice(parsing: try read(path))
        } catch let error as JSONSyntaxError {
            throw refuse("is not JSON: \(error).")
        }
        guard let elements = json["endpoints"]?.elements else { throw refuse("must have a list of \"endpoints\".") }
        return try elements.map { json in
            let known = ["name", "url", "types", "secretFile", "secretVariable", "addresses"]
            if let other = json.members?.first(where: { !known.contains($0.0) }) {
                let keys = known.joined(separator: ", ")
                throw refuse("has an endpoint with the key \"\(other.0.prefix(64))\": known are \(keys).")
            }
            guard let name = json["name"]?.string, let url = json["url"]?.string else {
                throw refuse("has an endpoint without a name or a url.")
            }
            var types: [String] = []
            if let list = json["types"] {
                types = list.elements?.compactMap(\.string) ?? []
                guard !types.isEmpty, types.count == list.elements?.count else {
                    throw refuse("has an endpoint whose types are not a list of texts. Without types it gets all.")
                }
            }
            return try endpoint(
                name: name, url: url, types: types,
                secrets: try secrets(of: name, json, path, environment), addresses: json["addresses"]?.string)
        }
    }

    private static func secrets(
        of name: String, _ json: JSONSlice, _ path: String, _ environment: [String: String]
    ) throws -> [String] {
        if let file = json["secretFile"]?.string {
            // Beside the file that names it.
            let base = URL(fileURLWithPath: path).deletingLastPathComponent()
            let place = URL(fileURLWithPath: file, relativeTo: base).path
            return String(decoding: try read(place), as: UTF8.self).split(whereSeparator: \.isWhitespace)
                .map(String.init)
        }
        guard let variable = json["secretVariable"]?.string else { return [] }
        guard let text = environment[variable] else {
            throw ValidationError("The environment has no \(variable), the secret of the webhook \(name).")
        }
        return text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.read(upToCount: maximumBytes),
            bytes.count < maximumBytes
        else { throw ValidationError("The file \(path) can't be read, is empty, or has over a megabyte.") }
        return Array(bytes)
    }

    private static func endpoint(
        name: String, url: String, types: [String], secrets: [String], addresses: String?
    ) throws -> WebhookEndpoint {
        let all = WebhookType.allCases
        let known = try types.map { text in
            guard let type = WebhookType(rawValue: text) else {
                let names = all.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("The webhook \(name) has the type '\(text.prefix(64))': known are \(names).")
            }
            return type
        }
        let keys = try secrets.map { text in
            guard let secret = WebhookSigningKey(text) else {
                throw ValidationError(
                    """
                    A secret of the webhook \(name) is not whsec_ and 24 to 64 bytes in base64. `ringback webhooks secret` \
                    makes one.
                    """)
            }
            return secret
        }
        guard [nil, "public", "any"].contains(addresses) else {
            throw ValidationError("The addresses of the webhook \(name) must be public or any.")
        }
        do {
            return try WebhookEndpoint(
                name: name, url: url, types: types.isEmpty ? Set(all) : Set(known), secrets: keys,
                isPublic: addresses != "any")
        } catch {
            throw ValidationError(error.description)
        }
    }
}
