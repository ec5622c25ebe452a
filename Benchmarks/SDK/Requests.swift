import Foundation
import RingbackClient

/// The same requests through the SDK and the easy interface, alternating against the same server.
struct Requests {
    private static let rounds = 9
    private static let patch = #"{"displayName":"Vasya"}"#

    private let client: RingbackClient
    private let url: String

    init(_ setting: Setting) {
        client = setting.caller
        url = "\(setting.url)/v1/users/me"
    }

    func run() async throws {
        table("request", "SDK, CPU µs", "curl_easy, CPU µs", "× CPU", "SDK, wall µs", "curl_easy, wall µs", "× wall")
        for (name, method, count) in [("GET /v1/users/me", "GET", 1600), ("PATCH /v1/users/me", "PATCH", 480)] {
            for atOnce in [1, 32] {
                try await compare(
                    "\(name), \(atOnce == 1 ? "one after the other" : "\(atOnce) at once")",
                    method, count: count, atOnce: atOnce)
            }
        }
    }

    private func compare(_ name: String, _ method: String, count: Int, atOnce: Int) async throws {
        let handles = (0..<atOnce).map { _ in PlainCurl(url, token: Setting.token(client), method: method) }
        let each = count / atOnce
        // Connections are established before the measurement.
        try await sdk(method, each: 20, atOnce: atOnce)
        await plain(handles, method, each: 20)
        var (sdkCosts, plainCosts): ([Cost], [Cost]) = ([], [])
        for round in 0..<Self.rounds {
            // The order changes with each round.
            for turn in 0..<2 {
                if (round + turn) % 2 == 0 {
                    sdkCosts.append(try await Cost.of { try await sdk(method, each: each, atOnce: atOnce) })
                } else {
                    plainCosts.append(await Cost.of { await plain(handles, method, each: each) })
                }
            }
        }
        func column(_ costs: [Cost], _ what: KeyPath<Cost, Duration>) -> [Double] {
            costs.map { $0[keyPath: what].microseconds / Double(each * atOnce) }
        }
        func ratio(_ what: KeyPath<Cost, Duration>) -> String {
            zip(column(sdkCosts, what), column(plainCosts, what)).map { $0 / $1 }.text(2)
        }
        row(
            name, column(sdkCosts, \.cpu).text(0), column(plainCosts, \.cpu).text(0), ratio(\.cpu),
            column(sdkCosts, \.wall).text(0), column(plainCosts, \.wall).text(0), ratio(\.wall))
    }

    private func sdk(_ method: String, each: Int, atOnce: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<atOnce {
                group.addTask {
                    for _ in 0..<each {
                        _ = method == "GET" ? try await client.getMe() : try await client.updateMe(displayName: "Vasya")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// One thread per handle, as in a C program.
    private func plain(_ handles: [PlainCurl], _ method: String, each: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for handle in handles {
                group.addTask {
                    await onThread { for _ in 0..<each { handle.perform(method == "GET" ? nil : Self.patch) } }
                }
            }
        }
    }
}

/// Performs blocking work on a thread of its own.
func onThread(_ work: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
        Thread {
            work()
            continuation.resume()
        }
        .start()
    }
}
