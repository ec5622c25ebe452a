import ArgumentParser

/// The command line. Each command is a file in `Commands/`.
@main
struct Ringback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringback",
        abstract: "Call signaling for chats: invitations, SDP and ICE candidates, kept on disk.",
        discussion: """
            `serve`, `migrate` and `restored` run a server; the others are a client of one, and need `ringback login` first. \
            They end with 0 when all went well, 1 on failure, 2 when a call was not answered, 3 when not signed in, and 64 \
            for arguments that don't fit. Completion scripts: ringback --generate-completion-script bash|zsh|fish
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Server:", subcommands: [Serve.self, Migrate.self, Restored.self]),
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
