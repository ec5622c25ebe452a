import RingbackModel
import Testing

@testable import RingbackCore

struct HashQueueTests {
    /// Appends work to the lane of its first letter: a user with a known device if it is a capital, otherwise an
    /// address.
    private func append(_ work: [String], to queue: inout HashQueue<String>) -> Int {
        work.count { work in
            let name = String(work.prefix(1))
            return queue.append(
                work,
                to: work < "a" ? .knownDevice(of: KnownUser(userId: UserID(name)!, isProven: true)) : .address(name))
        }
    }

    private func rest(of queue: inout HashQueue<String>) -> [String] {
        var rest: [String] = []
        while let next = queue.next() { rest.append(next) }
        return rest
    }

    @Test(arguments: [
        (["a1", "a2", "a3", "b1", "c1", "c2"], ["a1", "b1", "c1", "a2", "c2", "a3"]),
        (["a1", "a2", "b1", "K1", "K2"], ["K1", "a1", "K2", "b1", "a2"]), (["K1", "K2"], ["K1", "K2"]), ([], []),
        (["K1", "K2", "K3", "L1", "a1"], ["K1", "a1", "L1", "K2", "K3"]),
    ])
    func `Users with known devices are served in turn, addresses in turn, and both in turn`(
        work: [String], order: [String]
    ) {
        var queue = HashQueue<String>()
        let admitted = append(work, to: &queue)
        let rest = rest(of: &queue)
        #expect(admitted == work.count && rest == order)
    }

    @Test func `An address that fills its part of the queue leaves room for others`() {
        var queue = HashQueue<String>()
        let admitted = append(Array(repeating: "a", count: 2000), to: &queue)
        #expect(admitted == HashQueue<String>.maximumOfAddress)
        let others = append(["b", "K"], to: &queue)
        let first = [queue.next(), queue.next(), queue.next()]
        #expect(others == 2 && first == ["K", "a", "b"])
    }

    /// One user with many devices took the whole lane.
    @Test func `A user who fills their part of the lane of known devices leaves room for others`() {
        var queue = HashQueue<String>()
        let admitted = append(Array(repeating: "K", count: 300), to: &queue)
        let other = append(["L"], to: &queue)
        let first = [queue.next(), queue.next()]
        #expect(admitted == HashQueue<String>.maximumOfUser && other == 1 && first == ["K", "L"])
    }

    /// The identifiers of devices are no secret.
    @Test func `Those who name a device of a user leave room for those who have proved to be one`() {
        var queue = HashQueue<String>()
        let named = KnownUser(userId: UserID("K")!, isProven: false)
        let proven = KnownUser(userId: UserID("K")!, isProven: true)
        var admitted = 0
        for _ in 0..<10 where queue.append("named", to: .knownDevice(of: named)) { admitted += 1 }
        let hasRoom = queue.append("proven", to: .knownDevice(of: proven))
        let first = [queue.next(), queue.next()]
        #expect(admitted == HashQueue<String>.maximumOfUser && hasRoom && first == ["named", "proven"])
    }

    @Test func `The whole queue is bounded`() {
        var queue = HashQueue<String>()
        var admitted = 0
        for number in 0..<2000 where queue.append("x", to: .address("\(number)")) { admitted += 1 }
        #expect(admitted == HashQueue<String>.maximum)
        let rest = rest(of: &queue)
        let more = append(["x"], to: &queue)
        #expect(rest.count == admitted && more == 1)
    }
}
