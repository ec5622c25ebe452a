import Testing

@testable import RingbackCore

struct HashQueueTests {
    /// Appends work to the lane of its first letter, `k` for known devices.
    private func append(_ work: [String], to queue: inout HashQueue<String>) -> Int {
        work.count { work in
            queue.append(work, to: work.hasPrefix("k") ? .knownDevice : .address(String(work.prefix(1))))
        }
    }

    private func rest(of queue: inout HashQueue<String>) -> [String] {
        var rest: [String] = []
        while let next = queue.next() { rest.append(next) }
        return rest
    }

    @Test(arguments: [
        (["a1", "a2", "a3", "b1", "c1", "c2"], ["a1", "b1", "c1", "a2", "c2", "a3"]),
        (["a1", "a2", "b1", "k1", "k2"], ["k1", "a1", "k2", "b1", "a2"]), (["k1", "k2"], ["k1", "k2"]), ([], []),
    ])
    func `Addresses are served in turn, and known devices in turn with all others`(work: [String], order: [String]) {
        var queue = HashQueue<String>()
        let admitted = append(work, to: &queue)
        let rest = rest(of: &queue)
        #expect(admitted == work.count && rest == order)
    }

    @Test func `An address that fills its part of the queue leaves room for others`() {
        var queue = HashQueue<String>()
        let admitted = append(Array(repeating: "a", count: 2000), to: &queue)
        #expect(admitted == HashQueue<String>.maximumOfAddress)
        let others = append(["b", "k"], to: &queue)
        let first = [queue.next(), queue.next(), queue.next()]
        #expect(others == 2 && first == ["k", "a", "b"])
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
