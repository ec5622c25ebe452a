import ArgumentParser
import Foundation
import RingbackClient
import RingbackModel

/// `ringback login`
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign in to a server and store the token for the other commands.",
        discussion: """
            Prompts for the password, or reads it from standard input if that is not a terminal. The token is stored in \
            $XDG_CONFIG_HOME/ringback (by default ~/.config/ringback), in a file that only you can read. Signing in again \
            with the same profile keeps the device.
            """)

    @Argument(help: "The server: https://ringback.example.org")
    var url: String

    @Argument(help: "Your user identifier.")
    var user: String

    @Flag(help: "Register the user first.")
    var register = false

    @Option(help: "With --register: the display name.")
    var displayName: String?

    @Option(
        help: "A PEM file of certificates to trust instead of the system's, stored for later commands.",
        completion: .file())
    var certificateAuthorities: String?

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await reporting {
            let (url, userId) = try arguments()
            // Later commands may run in another directory.
            let authorities = certificateAuthorities.map { URL(fileURLWithPath: $0).path }
            if let authorities, !FileManager.default.isReadableFile(atPath: authorities) {
                throw CommandError("The certificates \(authorities) can't be read.")
            }
            _ = try StoredLogin.path(options.profile)
            let client = try RingbackClient(
                baseURL: url, network: NetworkOptions(certificateAuthorities: authorities))
            // Before the user types a password.
            try await reach(client)
            guard let password = Terminal.password("Password of \(user): "), !password.isEmpty else {
                throw CommandError("Standard input contains no password.")
            }
            let session = try await signIn(client, userId, password)
            let path = try StoredLogin(url: url, session: session, certificateAuthorities: authorities)
                .save(options.profile)
            Terminal.say("Signed in as \(userId) until \(session.expiresAt); the token is in \(path.path)")
        }
    }

    private func arguments() throws -> (URL, UserID) {
        if !url.contains("://"), user.contains("://") {
            throw CommandError("The URL must be first: ringback login \(user) \(url)")
        }
        let parsed = try ServerURL.parse(url)
        guard let userId = UserID(user) else {
            throw CommandError("'\(user)' is not a user identifier: 1 to 64 letters, digits and . _ ~ @ -")
        }
        return (parsed, userId)
    }

    private func reach(_ client: RingbackClient) async throws {
        let url = client.baseURL
        do {
            _ = try await client.getHealth()
        } catch RingbackError.transport(let failure) {
            if let plain = await ServerURL.plain(url) {
                throw CommandError("The server has no TLS on this port. Write \(plain.absoluteString)")
            }
            throw CommandError(
                "\(url.absoluteString) can't be reached: \(failure.detail). \(ServerURL.advice(failure, url))")
        } catch let error as RingbackError {
            throw CommandError("What answers at \(url.absoluteString) is not Ringback: \(error)")
        }
    }

    private func signIn(_ client: RingbackClient, _ userId: UserID, _ password: String) async throws -> Session {
        do {
            if register { try await client.registerUser(userId, password: password, displayName: displayName) }
        } catch let error as RingbackError where error.code == .userExists {
            throw CommandError("The identifier \(userId) is taken. Sign in without --register, or choose another one.")
        } catch RingbackError.problem(let problem) where problem.code == .invalidRequest {
            let errors = problem.errors.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
            throw CommandError("The account can't be created: \(errors.isEmpty ? problem.detail : errors).")
        }
        let before = try? StoredLogin.load(options.profile)
        let isSame = before?.isAt(client.baseURL) == true && before?.session.userId == userId
        do {
            return try await client.createSession(
                userId, password: password,
                deviceName: "ringback on \(ProcessInfo.processInfo.hostName)".prefixed(100),
                deviceId: isSame ? before?.session.deviceId : nil,
                previousToken: isSame ? before?.session.token : nil)
        } catch let error as RingbackError where error.status == 401 {
            throw CommandError(
                "The password is wrong, or the user \(userId) does not exist (--register creates it).",
                code: .notSignedIn)
        }
    }
}

extension String {
    fileprivate func prefixed(_ count: Int) -> String { String(prefix(count)) }
}
