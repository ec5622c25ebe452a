import ArgumentParser
import RingbackClient
import RingbackModel
import UnixSignals

/// `ringback watch`
struct Watch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print your events as they happen.", discussion: "Stop with Ctrl-C.")

    @Argument(help: "Users whose presence to watch.")
    var users: [String] = []

    @Flag(help: "Print JSON objects, one per line.")
    var json = false

    @Option(
        help: "websocket, sse or longpoll; by default the best one that works.",
        completion: .list(Transport.allCases.map(\.rawValue)),
        transform: { text in
            guard let transport = Transport(rawValue: text) else {
                throw ValidationError("transport must be websocket, sse or longpoll, not '\(text)'.")
            }
            return transport
        })
    var transport: Transport?

    @OptionGroup var options: ClientOptions

    func validate() throws {
        for user in users where UserID(user) == nil {
            throw ValidationError("'\(user)' is not a valid user identifier.")
        }
    }

    func run() async throws {
        try await reporting {
            let client = try options.client()
            if !users.isEmpty { try await client.setWatching(users.compactMap { UserID($0) }) }
            let events = client.events(over: transport.map { .only($0) } ?? .automatic)
            try await untilInterrupted {
                for try await event in events {
                    Terminal.say(json ? EventLine.json(event) : EventLine.words(event))
                }
            }
        }
    }
}

/// Performs `work` until it is done or SIGINT or SIGTERM arrives, which cancels it.
///
/// - Returns: Whether it was interrupted.
@discardableResult
func untilInterrupted(_ work: @escaping @Sendable () async throws -> Void) async throws -> Bool {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            try await work()
            return false
        }
        group.addTask {
            for await _ in signals { return true }
            throw CancellationError()
        }
        defer { group.cancelAll() }
        return try await group.next() ?? false
    }
}
