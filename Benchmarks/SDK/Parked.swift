import CLibcurl
import Foundation
import RingbackClient
import Synchronization

/// The memory of clients that each wait in a long poll, and of as many plain libcurl handles.
struct Parked {
    private static let count = 1000

    let setting: Setting

    init(_ setting: Setting) { self.setting = setting }

    func run() async throws {
        let session = setting.callee.session
        let before = Self.residentBytes
        let woken = Tally(Self.count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.count {
                let client = try RingbackClient(baseURL: setting.url, session: session)
                group.addTask {
                    for try await event in client.events(over: .only(.longPoll)) {
                        if case .candidates = event.kind { return woken.add() }
                    }
                }
            }
            while try await parkedPolls() < Self.count { try await Task.sleep(for: .milliseconds(100)) }
            let after = try await Self.settledBytes()
            let writer = setting.makeCandidateRequest()
            let began = ContinuousClock.now
            await onThread { writer.perform(Setting.candidate) }
            await woken.isFull()
            Self.report("SDK", before, after, "\(number((.now - began).microseconds / 1000, 0)) ms")
            try await group.waitForAll()
        }
    }

    /// The clients have made no request before, so memory kept after the first polls counts as the SDK's.
    func runPlain() async throws {
        let before = Self.residentBytes
        guard let multi = curl_multi_init() else { fatalError("curl_multi_init") }
        let cursor = try await setting.callee.pollEvents(waitSeconds: 0).cursor
        let url = "\(setting.url)/v1/events?waitSeconds=60&cursor=\(cursor)"
        let handles = (0..<Self.count).map { _ in PlainCurl(url, token: Setting.token(setting.callee)) }
        for handle in handles { handle.add(to: multi) }
        var running: Int32 = 0
        while try await parkedPolls() < Self.count {
            curl_multi_perform(multi, &running)
            curl_multi_poll(multi, nil, 0, 100, nil)
        }
        let after = try await Self.settledBytes()
        withExtendedLifetime(handles) { Self.report("libcurl", before, after, "") }
    }

    private static func report(_ name: String, _ before: Int, _ after: Int, _ woken: String) {
        table("\(count) parked long polls", "before, KiB", "parked, KiB", "each, KiB", "all woken by one event after")
        row(
            name, "\(before / 1024)", "\(after / 1024)", number(Double(after - before) / 1024 / Double(count), 1), woken
        )
    }

    /// The number of waiting long polls, according to the server.
    private func parkedPolls() async throws -> Int {
        let lines = try await setting.caller.getMetrics().split(separator: "\n")
        let line = lines.first { $0.hasPrefix("ringback_streams ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0
    }

    /// Measured once it no longer grows.
    private static func settledBytes() async throws -> Int {
        var last = 0
        while true {
            try await Task.sleep(for: .seconds(1))
            let now = residentBytes
            if now == last { return now }
            last = now
        }
    }

    /// Of this process.
    private static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// Waits until something has happened so many times.
private final class Tally: Sendable {
    private let left: Mutex<Int>
    private let full = AsyncStream.makeStream(of: Void.self)

    init(_ count: Int) { left = Mutex(count) }

    func add() {
        let isFull = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isFull { full.continuation.finish() }
    }

    func isFull() async { for await _ in full.stream {} }
}
