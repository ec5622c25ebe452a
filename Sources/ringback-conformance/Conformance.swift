import ArgumentParser
import RingbackConformance

/// Holds any server of the protocol against the call conformance suite.
@main
struct Conformance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringback-conformance",
        abstract: "Run the call conformance suite against a server, from outside.",
        discussion: """
            Every case registers users of its own. Cases that wait for timers really wait: up to two minutes each, many at \
            a time. The exit status is 0 when every case passed.
            """)

    @Argument(help: "Where the server is: http://HOST:PORT")
    var url: String

    @Option(help: "The administrator's token, for the cases that end a call in its name.")
    var adminToken: String?

    @Flag(help: "Also the cases that wait for timers.")
    var slow = false

    @Option(help: "How many cases at a time.")
    var width = 8

    @Option(help: "Only cases whose sentence has this in it.")
    var filter: String?

    func run() async throws {
        guard width > 0 else { throw ValidationError("width must be positive.") }
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
