import Foundation
import RingbackTesting
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A TCP proxy that simulates network faults.
final class FaultyProxy: Sendable {
    /// The fault of a connection.
    enum Fault: Sendable, CaseIterable {
        case none, cut, reset, slice, delay, silence
    }

    /// The faults that have occurred, so that a test can check that there were some.
    let met = Mutex<[Fault: Int]>([:])
    private let listener: Mutex<Listener?>
    private let random: Mutex<SeededGenerator>

    var url: URL { listener.withLock { $0!.url } }

    /// - Parameter faults: Chosen with equal probability.
    init(before port: Int, faults: [Fault], seed: UInt64) throws {
        random = Mutex(SeededGenerator(seed: seed))
        listener = Mutex(nil)
        let listener = try Listener { [weak self] client in
            guard let self, let server = Connection.connect(port: port) else { return }
            let (fault, bytes) = self.random.withLock { random in
                (faults.randomElement(using: &random) ?? .none, Int.random(in: 100...12_000, using: &random))
            }
            self.met.withLock { $0[fault, default: 0] += 1 }
            let budget = Budget(fault, bytes)
            let upward = Thread { Self.pump(from: client, to: server, budget) }
            upward.stackSize = 256 << 10
            upward.start()
            Self.pump(from: server, to: client, budget)
            budget.ends.wait()
            budget.ends.wait()
        }
        self.listener.withLock { $0 = listener }
    }

    func stop() { listener.withLock { $0?.stop() } }

    /// The number of bytes until the fault, in both directions together.
    private final class Budget: Sendable {
        let fault: Fault
        let left: Mutex<Int>
        /// Signalled by each direction when it has ended.
        let ends = DispatchSemaphore(value: 0)

        init(_ fault: Fault, _ bytes: Int) {
            self.fault = fault
            left = Mutex(bytes)
        }

        /// How many of `count` bytes may pass.
        func take(_ count: Int) -> Int {
            left.withLock { left in
                let taken = min(left, count)
                left -= taken
                return taken
            }
        }
    }

    private static func pump(from source: Connection, to sink: Connection, _ budget: Budget) {
        defer {
            source.end()
            sink.end()
            budget.ends.signal()
        }
        while let bytes = source.read() {
            switch budget.fault {
            case .none: guard sink.write(bytes) else { return }
            case .delay:
                usleep(30_000)
                guard sink.write(bytes) else { return }
            case .slice:
                var rest = bytes[...]
                while !rest.isEmpty {
                    guard sink.write(rest.prefix(97)) else { return }
                    rest = rest.dropFirst(97)
                    usleep(200)
                }
            case .cut, .reset, .silence:
                let passed = bytes.prefix(budget.take(bytes.count))
                guard sink.write(passed) else { return }
                guard passed.count == bytes.count else {
                    guard budget.fault == .silence else {
                        source.end(isReset: budget.fault == .reset)
                        sink.end(isReset: budget.fault == .reset)
                        return
                    }
                    // Discards everything until one side times out.
                    while source.read() != nil {}
                    return
                }
            }
        }
    }
}
