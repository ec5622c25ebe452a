import ArgumentParser
import Foundation
import RingbackClient

/// Whose device a command is.
struct ClientOptions: ParsableArguments {
    @Option(help: "Which sign-in to use, for those who have several.")
    var profile = "default"

    func client() throws -> RingbackClient { try StoredLogin.load(profile).client() }
}

extension AsyncParsableCommand {
    /// Runs `work`, and ends with a sentence and a code when it fails.
    func reporting(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as CommandError {
            Terminal.complain(error.description)
            throw ExitCode(error.code.rawValue)
        } catch let error as RingbackError {
            Terminal.complain(Terminal.clean("\(error)"))
            let isSignedOut = error == .notSignedIn || error.status == 401
            if isSignedOut { Terminal.complain("Sign in: ringback login URL USER") }
            throw ExitCode((isSignedOut ? CommandCode.notSignedIn : .failed).rawValue)
        }
    }
}
