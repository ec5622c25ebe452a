import CLibpq

/// Where the database is, as libpq takes it: `postgresql://user@host1,host2/name?sslmode=verify-full`.
package struct PostgresURL: Sendable {
    /// A URL that libpq does not understand.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    /// libpq's names of the settings, and their values.
    let settings: [(name: String, value: String)]

    package static func isOne(_ text: String) -> Bool {
        text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
    }

    /// - Throws: ``Malformed``.
    package init(_ text: String) throws {
        var error: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &error) else {
            let message = error.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(error)
            throw Malformed(
                description: message.split(separator: "\n").joined(separator: " "))
        }
        defer { PQconninfoFree(options) }
        var settings: [(String, String)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        self.settings = settings
    }

    /// Whether the password is in the URL, where a list of processes shows it.
    package var hasPassword: Bool { settings.contains { $0.name == "password" } }

    /// The hosts and the database's name: nothing secret.
    package var description: String {
        let host = self["host"] ?? self["hostaddr"] ?? "localhost"
        return "postgresql://\(host)/\(self["dbname"] ?? self["user"] ?? "")"
    }

    subscript(name: String) -> String? { settings.last { $0.name == name }?.value }

    /// The settings with others for what the URL leaves open.
    func settings(else defaults: [(name: String, value: String)]) -> [(name: String, value: String)] {
        settings + defaults.filter { self[$0.name] == nil }
    }
}
