import CLibpq

/// Where the database is, as libpq takes it: `postgresql://user@host1,host2/name?sslmode=verify-full`.
package struct PostgresURL: Sendable, CustomStringConvertible {
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
            // The message may repeat the URL, with its password.
            throw Malformed(
                description: message.split(separator: "\n").joined(separator: " ").replacing(text, with: "the URL"))
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

    private init(settings: [(name: String, value: String)]) { self.settings = settings }

    /// The same database with a password.
    package func with(password: String) -> PostgresURL {
        PostgresURL(settings: settings.filter { $0.name != "password" } + [("password", password)])
    }

    /// One URL for each of the hosts. Each is connected to whatever it is: a primary or a standby.
    var hosts: [PostgresURL] {
        func parts(_ name: String) -> [String] {
            self[name]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
        }
        let (names, addresses, ports) = (parts("host"), parts("hostaddr"), parts("port"))
        let others = settings.filter { !["host", "hostaddr", "port", "target_session_attrs"].contains($0.name) }
        return (0..<max(names.count, addresses.count, 1)).map { index in
            var settings = others + [("target_session_attrs", "any")]
            for (name, values) in [("host", names), ("hostaddr", addresses), ("port", ports)] {
                // One port is for all.
                if let value = values.indices.contains(index) ? values[index] : values.count == 1 ? values[0] : nil {
                    settings.append((name, value))
                }
            }
            return PostgresURL(settings: settings)
        }
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
