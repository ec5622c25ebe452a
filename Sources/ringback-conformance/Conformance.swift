import ArgumentParser
import RingbackConformance

/// Runs the call conformance suite against any server that implements the protocol.
@main
struct Conformance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringback-conformance",
        abstract: "Run the call conformance suite against a server, from outside.",
        discussion: """
            Every case registers users of its own. Cases that wait for timers take up to two minutes each, and many of them \
            run at the same time. The exit code is 0 if every case has passed.
            """)

    @Argument(help: "The URL of the server: http://HOST:PORT")
    var url: String

    @Option(help: "The administrator's token, for the cases that end calls as an administrator.")
    var adminToken: String?

    @Flag(help: "Also run the cases that wait for timers, in real time.")
    var slow = false

    @Option(help: "The number of concurrent cases.")
    var width = 8

    @Option(help: "Only run cases whose name contains this text.")
    var filter: String?

    func run() async throws {
        guard width > 0 else { throw ValidationError("width must be at least 1.") }
        let server = try ServerUnderTest(baseURL: url, administratorToken: adminToken)
        var needs: Set<ConformanceCase.Need> = slow ? [.time] : []
        if adminToken != nil { needs.insert(.administrator) }
        let runs = ConformanceSuite.runs(offering: needs).filter { run in
            filter.map { run.description.contains($0) } ?? true
        }
        let results = await ConformanceSuite.perform(runs, against: server, width: width) { result in
            print(result)
        }
        let passed = results.count(where: \.hasPassed)
        print("\(passed) passed, \(results.count - passed) failed")
        if passed < results.count { throw ExitCode.failure }
    }
}
