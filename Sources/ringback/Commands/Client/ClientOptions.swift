import ArgumentParser
import Foundation
import RingbackClient

/// Options for the commands of a signed-in device.
struct ClientOptions: ParsableArguments {
    @Option(help: "The name of the stored sign-in to use.")
    var profile = "default"

    func client() throws -> RingbackClient { try StoredLogin.load(profile).client() }
}

extension AsyncParsableCommand {
    /// Performs `work`. If it fails, prints the error and exits with its code.
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
