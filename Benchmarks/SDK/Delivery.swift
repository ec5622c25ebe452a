import Foundation
import RingbackClient
import Synchronization

/// The latency of an event to the waiting sequence, over each transport.
struct Delivery {
    private static let count = 500
    private static let pause: useconds_t = 5_000

    private let setting: Setting

    init(_ setting: Setting) { self.setting = setting }

    func run() async throws {
        table("transport", "write sent to event: p50 ms", "p99", "write acknowledged to event: p50 ms", "p99")
        for transport in Transport.allCases { try await measure(transport) }
    }

    private func measure(_ transport: Transport) async throws {
        let log = Log()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for try await event in setting.callee.events(over: .only(transport)) {
                switch event.kind {
                case .snapshot: group.addTask { await onThread { write(log) } }
                case .candidates: log.arrived()
                default: break
                }
                if log.arrivals.withLock({ $0.count }) == Self.count { break }
            }
            try await group.waitForAll()
        }
        let (sent, arrivals) = (log.sent.withLock { $0 }, log.arrivals.withLock { $0 })
        let pairs = zip(sent, arrivals)
        let fromSent = pairs.map { ($1 - $0.begin).microseconds / 1000 }
        let fromEnd = pairs.map { ($1 - $0.end).microseconds / 1000 }
        row(
            transport.rawValue, number(fromSent.median), number(fromSent.quantile(0.99)), number(fromEnd.median),
            number(fromEnd.quantile(0.99)))
    }

    /// Sends candidates one after the other, each once the previous one has arrived and the reader waits again.
    private func write(_ log: Log) {
        let curl = setting.makeCandidateRequest()
        for _ in 0..<Self.count {
            usleep(Self.pause)
            let begin = ContinuousClock.now
            curl.perform(Setting.candidate)
            log.sent.withLock { $0.append((begin, .now)) }
            guard log.semaphore.wait(timeout: .now() + 5) == .success else { fatalError("an event has not arrived") }
        }
    }
}

private final class Log: Sendable {
    let sent = Mutex<[(begin: ContinuousClock.Instant, end: ContinuousClock.Instant)]>([])
    let arrivals = Mutex<[ContinuousClock.Instant]>([])
    let semaphore = DispatchSemaphore(value: 0)

    func arrived() {
        arrivals.withLock { $0.append(.now) }
        semaphore.signal()
    }
}
