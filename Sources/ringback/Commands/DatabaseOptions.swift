import ArgumentParser

/// Where the settings come from: the command line before the environment before the configuration file.
struct DatabaseOptions: ParsableArguments {
    @Option(help: "The SQLite database; made if it isn't there. [RINGBACK_DATABASE] (default: ringback.sqlite)")
    var database: String?

    @Option(help: "A JSON file whose keys are these options' names.", completion: .file(extensions: ["json"]))
    var config: String?

    func source() async throws -> SettingsSource { try await SettingsSource(file: config) }

    func path(_ source: SettingsSource) -> String { source.string("database", database) ?? "ringback.sqlite" }
}
