import RingbackModel
import Synchronization
import Testing

@testable import RingbackServer

/// Who is closed when connections hold too much.
struct MemoryBudgetTests {
    private final class Closed: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }
        func close(_ name: String) -> @Sendable () -> Void { { self.names.withLock { $0.append(name) } } }
    }

    private static let mebibyte = 1 << 20

    private let budget = MemoryBudget(maximum: 20 * mebibyte)
    private let closed = Closed()
    private let vasya = UserID("vasya")
    private let petya = UserID("petya")

    private func hold(_ bytes: Int, _ memory: inout HeldMemory, of user: UserID?, _ name: String) {
        memory.set(bytes, of: user) { closed.close(name) }
    }

    @Test func `What is small is not counted, and what is held no more is given back`() {
        var memory = HeldMemory(budget)
        hold(16_383, &memory, of: vasya, "a")
        #expect(budget.total == 0)
        hold(40_000, &memory, of: vasya, "a")
        #expect(budget.total == 32_768)
        memory.clear()
        #expect(budget.total == 0 && closed.all.isEmpty)
    }

    @Test func `Of a user's connections the one that holds most is closed`() {
        var memories = (0..<10).map { _ in HeldMemory(budget) }
        for index in 0..<8 { hold((index == 3 ? 2 : 1) * 900_000, &memories[index], of: vasya, "vasya \(index)") }
        hold(Self.mebibyte, &memories[9], of: petya, "petya")
        #expect(closed.all.isEmpty)
        hold(700_000, &memories[8], of: vasya, "vasya 8")
        #expect(closed.all == ["vasya 3"])
        // Until it is gone it may hold what it likes, and is not closed again.
        hold(3_000_000, &memories[3], of: vasya, "vasya 3")
        memories[3].clear()
        #expect(closed.all == ["vasya 3"])
        for index in memories.indices { memories[index].clear() }
        #expect(budget.total == 0)
    }

    @Test func `Of all connections the one is closed that holds most of the user who holds most`() {
        var memories = (0..<40).map { _ in HeldMemory(budget) }
        for index in 0..<6 { hold(Self.mebibyte, &memories[index], of: vasya, "vasya") }
        var index = 6
        while closed.all.isEmpty, index < 40 {
            hold(Self.mebibyte, &memories[index], of: UserID("user-\(index)"), "user \(index)")
            index += 1
        }
        #expect(closed.all == ["vasya"] && index == 21)
    }

    @Test func `Those who have not said who they are count for all, not for one`() {
        var memories = (0..<12).map { _ in HeldMemory(budget) }
        for index in memories.indices { hold(Self.mebibyte, &memories[index], of: nil, "\(index)") }
        #expect(closed.all.isEmpty && budget.total == 12 * Self.mebibyte)
    }
}
