import ArgumentParser
import RingbackClient

/// `ringback password`
struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change your password and sign out your other devices.",
        discussion: """
            Prompts for the old password and twice for the new one, or reads them from standard input, one per line, if that \
            is not a terminal.
            """)

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await reporting {
            let client = try options.client()
            let old = try ask("Old password: ")
            let new = try ask("New password: ")
            if Terminal.isInteractive, try ask("New password again: ") != new {
                throw CommandError("The two new passwords differ. Nothing was changed.")
            }
            do {
                let count = try await client.changePassword(from: old, to: new)
                Terminal.say("The password was changed. Other devices signed out: \(count)")
            } catch RingbackError.problem(let problem) where problem.code == .wrongPassword {
                throw CommandError(problem.detail)
            } catch RingbackError.problem(let problem) where problem.code == .invalidRequest {
                throw CommandError("The password can't be changed: \(problem.detail)")
            }
        }
    }

    private func ask(_ prompt: String) throws -> String {
        guard let password = Terminal.password(prompt), !password.isEmpty else {
            throw CommandError("Standard input contains no password.")
        }
        return password
    }
}
