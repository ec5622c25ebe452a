import ArgumentParser
import Foundation
import RingbackClient
import RingbackModel

/// `ringback login`
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign in to a server, and keep the token for the other commands.",
        discussion: """
            The password is asked for, or read from standard input when that is not a terminal. The token is kept in \
            $XDG_CONFIG_HOME/ringback (by default ~/.config/ringback) in a file that only you can read. Signing in again \
            with the same profile is the same device.
            """)

    @Argument(help: "The server: https://ringback.example.org")
    var url: String

    @Argument(help: "Who you are there.")
    var user: String

    @Flag(help: "Make the account first.")
    var register = false

    @Option(help: "With --register: the name that others see.")
    var displayName: String?

    @Option(help: "A file of PEM certificates to trust instead of the system's, now and later.", completion: .file())
    var certificateAuthorities: String?

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await reporting {
            guard let url = URL(string: url), let userId = UserID(user) else {
                throw CommandError("\(url) is no URL, or \(user) is no user's name.")
            }
            guard ["http", "https"].contains(url.scheme?.lowercased()) else {
                throw CommandError("The URL of the server begins with https:// or http://, unlike \(url).")
            }
            // Later commands may run elsewhere.
            let authorities = certificateAuthorities.map { URL(fileURLWithPath: $0).path }
            let client = try RingbackClient(
                baseURL: url, network: NetworkOptions(certificateAuthorities: authorities))
            guard let password = Terminal.password("Password of \(user): "), !password.isEmpty else {
                throw CommandError("There is no password.")
            }
            if register { try await client.registerUser(userId, password: password, displayName: displayName) }
            let before = try? StoredLogin.load(options.profile)
            let isSame = before?.isAt(url) == true && before?.session.userId == userId
            let session: Session
            do {
                session = try await client.createSession(
                    userId, password: password,
                    deviceName: "ringback on \(ProcessInfo.processInfo.hostName)".prefixed(100),
                    deviceId: isSame ? before?.session.deviceId : nil)
            } catch let error as RingbackError where error.status == 401 {
                throw CommandError("The user or the password is wrong.", code: .notSignedIn)
            }
            let path = try StoredLogin(url: url, session: session, certificateAuthorities: authorities)
                .save(options.profile)
            Terminal.say("Signed in as \(userId) until \(session.expiresAt); the token is in \(path.path)")
        }
    }
}

extension String {
    fileprivate func prefixed(_ count: Int) -> String { String(prefix(count)) }
}
