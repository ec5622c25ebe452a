import Foundation
import RingbackClient

/// Measures the SDK with a running server, which `scripts/bench --sdk` starts.
///
///     sdk-benchmark URL requests|delivery|parked|parked-curl
@main
struct Main {
    static func main() async throws {
        raiseFileLimit()
        guard CommandLine.arguments.count == 3, let url = URL(string: CommandLine.arguments[1]) else {
            print("usage: sdk-benchmark URL requests|delivery|parked|parked-curl")
            exit(64)
        }
        let setting = try await Setting(url)
        switch CommandLine.arguments[2] {
        case "requests": try await Requests(setting).run()
        case "delivery": try await Delivery(setting).run()
        case "parked": try await Parked(setting).run()
        case "parked-curl": try await Parked(setting).runPlain()
        default: exit(64)
        }
    }

    private static func raiseFileLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Two new users in a call, so that the caller's candidates are events for the callee.
struct Setting {
    let url: URL
    let caller: RingbackClient
    let callee: RingbackClient
    let callId: CallID

    init(_ url: URL) async throws {
        self.url = url
        let names = (0..<2).map { _ in "bench-\(UInt32.random(in: 0...UInt32.max))" }
        (caller, callee) = (try await Self.client(url, names[0]), try await Self.client(url, names[1]))
        callId = try await caller.invite(names[1]).id
        try await callee.accept(callId)
    }

    private static func client(_ url: URL, _ name: String) async throws -> RingbackClient {
        guard let userId = UserID(name) else { fatalError(name) }
        let client = try RingbackClient(baseURL: url)
        try await client.registerUser(userId, password: "correct horse")
        try await client.signIn(name, password: "correct horse")
        return client
    }

    static func token(_ client: RingbackClient) -> String { client.session?.token ?? "" }

    /// Sends the callee one event.
    func makeCandidateRequest() -> PlainCurl {
        PlainCurl("\(url)/v1/calls/\(callId)/candidates", token: Self.token(caller), method: "POST")
    }

    static let candidate =
        #"{"candidates":[{"candidate":"candidate:1 1 udp 2122260223 192.0.2.1 49152 typ host","sdpMid":"0"}]}"#
}
