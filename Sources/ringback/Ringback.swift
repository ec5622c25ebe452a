import ArgumentParser

/// The command line. Each command is a file in `Commands/`.
@main
struct Ringback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringback",
        abstract: "Call signaling for chats: invitations, SDP and ICE candidates, kept on disk.",
        version: "0.1.0",
        subcommands: [Serve.self, Migrate.self, Restored.self],
        defaultSubcommand: nil)
}
