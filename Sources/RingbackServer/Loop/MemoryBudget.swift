import RingbackModel
import Synchronization

/// The bytes that connections hold: what their clients have sent and was not answered, and what they don't read.
///
/// A connection's own queues have bounds. Beyond those, where a user's connections or all of them hold too much, the
/// one that holds most is closed.
final class MemoryBudget: Sendable {
    /// Bytes for the connections of one user.
    static let bytesPerUser = 8 << 20

    private struct Entry {
        var bytes: Int
        let close: @Sendable () -> Void
    }

    private struct State {
        /// Of those who hold anything, by user; without one for those who have not said who they are.
        var entries: [UserID?: [UInt64: Entry]] = [:]
        var totals: [UserID?: Int] = [:]
        var total = 0
        /// Told to close: what they hold until they have does not count.
        var closing: Set<UInt64> = []

        mutating func set(_ entry: Entry?, of user: UserID?, _ number: UInt64) {
            let change = (entry?.bytes ?? 0) - (entries[user]?[number]?.bytes ?? 0)
            entries[user, default: [:]][number] = entry
            if entries[user]?.isEmpty == true { entries[user] = nil }
            total += change
            let ofUser = (totals[user] ?? 0) + change
            totals[user] = ofUser == 0 ? nil : ofUser
        }

        mutating func close(_ user: UserID?, _ number: UInt64) -> (@Sendable () -> Void)? {
            guard let entry = entries[user]?[number] else { return nil }
            set(nil, of: user, number)
            closing.insert(number)
            return entry.close
        }

        func largest(of user: UserID?) -> UInt64? { entries[user]?.max { $0.value.bytes < $1.value.bytes }?.key }
    }

    private let maximum: Int
    private let numbers = Atomic<UInt64>(0)
    private let state = Mutex(State())

    /// - Parameter maximum: Bytes for all connections.
    init(maximum: Int) { self.maximum = maximum }

    /// Bytes that are held, of connections that hold 16 KiB or more.
    var total: Int { state.withLock(\.total) }

    fileprivate func number() -> UInt64 { numbers.add(1, ordering: .relaxed).newValue }

    fileprivate func set(_ bytes: Int, of user: UserID?, _ number: UInt64, close: @escaping @Sendable () -> Void) {
        let closed = state.withLock { state -> [@Sendable () -> Void] in
            if state.closing.contains(number) {
                if bytes == 0 { state.closing.remove(number) }
                return []
            }
            state.set(bytes == 0 ? nil : Entry(bytes: bytes, close: close), of: user, number)
            var closed: [(@Sendable () -> Void)?] = []
            // Those who have not said who they are have nothing in common.
            while user != nil, state.totals[user] ?? 0 > Self.bytesPerUser, let largest = state.largest(of: user) {
                closed.append(state.close(user, largest))
            }
            while state.total > maximum, let user = state.totals.max(by: { $0.value < $1.value })?.key,
                let largest = state.largest(of: user)
            {
                closed.append(state.close(user, largest))
            }
            return closed.compactMap(\.self)
        }
        for close in closed { close() }
    }
}

/// What one connection holds. Used on its event loop.
struct HeldMemory {
    /// What is less is not counted: most connections never hold so much.
    private static let step = 16 * 1024

    private let budget: MemoryBudget
    private var number: UInt64?
    private var user: UserID?
    private var steps = 0

    init(_ budget: MemoryBudget) { self.budget = budget }

    /// - Parameter close: Returns what closes the connection, on any thread, when too much is held.
    mutating func set(_ bytes: Int, of user: @autoclosure () -> UserID?, close: () -> @Sendable () -> Void) {
        let steps = bytes / Self.step
        guard steps != self.steps else { return }
        let number = number ?? budget.number()
        self.number = number
        // The one under whom it is counted stays until nothing is held.
        if self.steps == 0 { self.user = user() }
        self.steps = steps
        budget.set(steps * Self.step, of: self.user, number, close: close())
    }

    /// The connection is closed.
    mutating func clear() { set(0, of: nil) { {} } }
}
