import ArgumentParser

/// The command line. Each command is a file in `Commands/`.
@main
struct Ringback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringback",
        abstract: "Call signaling for chats: invitations, SDP and ICE candidates, kept on disk.",
        discussion: """
            `serve`, `key`, `vapid`, `migrate`, `check` and `restored` run a server. `webhooks` needs a server key or \
            the administrator's token, `doctor` nothing; the other commands are clients and need `ringback login` first. \
            Exit codes: 0 success, 1 failure, 2 a call was not answered, 3 not signed in, 4 `doctor` or `check` has found \
            a problem, 64 invalid arguments. \
            Completion scripts: ringback --generate-completion-script bash|zsh|fish
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Server:",
                subcommands: [
                    Serve.self, Key.self, Migrate.self, Check.self, Restored.self, Webhooks.self, VAPID.self,
                ]),
            CommandGroup(
                name: "Client:",
                subcommands: [
                    Login.self, Password.self, Sessions.self, CallCommand.self, Listen.self, Watch.self, Users.self,
                    History.self,
                    Doctor.self,
                ]),
        ],
        defaultSubcommand: nil)
}
