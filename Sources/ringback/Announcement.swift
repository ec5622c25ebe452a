import Foundation
import RingbackServer

/// Prints where the server listens, and who may register.
struct Announcement: Sendable {
    private let settings: ServerSettings

    init(_ settings: ServerSettings) { self.settings = settings }

    func show(_ port: Int) {
        // These addresses cannot be opened in a browser; and on localhost, pages may use the camera.
        let isOfAll = ["0.0.0.0", "::"].contains(settings.hostname)
        let reachable = Self.url(isOfAll ? "localhost" : settings.hostname, port)
        say("listening on \(Self.url(settings.hostname, port))")
        if settings.hasDemo { say("demo: \(reachable)/") }
        if settings.hasDocs { say("documentation: \(reachable)/docs") }
        switch settings.registration {
        case .open: say("registration: open to everybody who can reach the server")
        case .closed: say("registration: closed; create users with a server key, or see --registration")
        }
    }

    func showManagement(_ port: Int) { say("management: \(Self.url(settings.managementHostname, port))") }

    private static func url(_ host: String, _ port: Int) -> String {
        "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private func say(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
