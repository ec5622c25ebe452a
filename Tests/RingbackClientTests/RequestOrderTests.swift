import Testing

@testable import RingbackClient

/// The transports of requests, without a network.
struct RequestOrderTests {
    /// An order whose actions can be used in expectations.
    private final class Order {
        private var order = RequestOrder()

        var isEmpty: Bool { order.isEmpty }
        var isFull: Bool { order.isFull }

        /// Creates an order with open sockets and waiting writes.
        init(_ ids: ClosedRange<Int>? = nil, sockets: [Int] = []) {
            for socket in sockets { _ = order.opened(socket) }
            for id in ids.map(Array.init) ?? [] { _ = add(id) }
        }

        func add(_ id: Int, isWrite: Bool = true, fitsSocket: Bool = true) -> [RequestOrder.Action] {
            order.add(id, isWrite: isWrite, fitsSocket: fitsSocket)
        }
        func remove(_ id: Int) -> [RequestOrder.Action] { order.remove(id) }
        func failed(_ id: Int) -> Bool { order.failed(id, over: .http) }
        func rested(_ id: Int) -> [RequestOrder.Action] { order.rested(id) }
        func opened(_ socket: Int) -> [RequestOrder.Action] { order.opened(socket) }
        func lost(_ socket: Int) -> [RequestOrder.Action] { order.lost(socket) }
        func next(on socket: Int) -> Int? { order.nextRequest(on: socket) }

        /// Everything that a socket can send.
        func drain(_ socket: Int) -> [Int] {
            var sent: [Int] = []
            while let id = next(on: socket) { sent.append(id) }
            return sent
        }
    }

    @Test func `without a socket, requests go over HTTP and do not wait for others`() {
        let order = Order()
        #expect(order.add(1) == [.sendOverHTTP(1)])
        #expect(order.add(2) == [.sendOverHTTP(2)])
        #expect(order.add(3, isWrite: false) == [.sendOverHTTP(3)])
        #expect(order.remove(2) == [])
    }

    @Test func `over a socket, requests go in order, with a limited number unanswered`() {
        let order = Order()
        #expect(order.opened(7) == [])
        #expect(order.add(1) == [.wake(7)])
        for id in 2...40 { _ = order.add(id) }
        #expect(order.drain(7) == Array(1...16))
        #expect(order.remove(3) == [.wake(7)])
        #expect(order.drain(7) == [17])
        #expect(order.drain(8) == [])
    }

    @Test func `requests that a lost socket left unanswered go over HTTP, one write after the other`() {
        let order = Order(1...3, sockets: [7])
        #expect(order.drain(7) == [1, 2, 3])
        #expect(order.remove(2) == [])
        #expect(order.lost(7) == [.sendOverHTTP(1)])
        // New ones wait after them, except for reads.
        #expect(order.add(4) == [])
        #expect(order.add(5, isWrite: false) == [.sendOverHTTP(5)])
        #expect(order.remove(1) == [.sendOverHTTP(3)])
        #expect(order.remove(3) == [.sendOverHTTP(4)])
        #expect(order.remove(4) == [])
        // From here on they no longer wait for others.
        #expect(order.add(6) == [.sendOverHTTP(6)])
        #expect(order.add(7) == [.sendOverHTTP(7)])
    }

    @Test func `requests that HTTP has not answered go over a socket that opens`() {
        let order = Order(1...2)
        #expect(order.opened(7) == [.stopHTTP(1), .stopHTTP(2), .wake(7)])
        _ = order.add(3)
        #expect(order.drain(7) == [1, 2, 3])
        // The failure of the stopped transfer has no effect.
        #expect(!order.failed(1))
    }

    @Test func `a second socket takes over from the first`() {
        let order = Order(1...2, sockets: [7, 8])
        #expect(order.drain(8) == [])
        #expect(order.drain(7) == [1, 2])
        #expect(order.lost(8) == [])
        #expect(order.opened(9) == [])
        #expect(order.lost(7) == [.wake(9)])
        #expect(order.drain(9) == [1, 2])
        #expect(order.lost(7) == [])
    }

    @Test func `a failed write keeps its position while it waits`() {
        let order = Order(1...2, sockets: [7])
        #expect(order.drain(7) == [1, 2])
        _ = order.lost(7)
        #expect(order.failed(1))
        #expect(order.add(3) == [])
        #expect(order.rested(1) == [.sendOverHTTP(1)])
        #expect(order.failed(1))
        // A socket ends the rest.
        #expect(order.opened(8) == [.wake(8)])
        #expect(order.drain(8) == [1, 2, 3])
        #expect(order.rested(1) == [])
    }

    @Test func `a request that does not fit a socket goes over HTTP after all earlier ones, and later ones wait`() {
        let order = Order(1...1, sockets: [7])
        #expect(order.add(2, fitsSocket: false) == [.wake(7)])
        #expect(order.add(3) == [.wake(7)])
        #expect(order.add(4, isWrite: false) == [.wake(7)])
        #expect(order.add(5, isWrite: false, fitsSocket: false) == [.sendOverHTTP(5), .wake(7)])
        #expect(order.drain(7) == [1, 4])
        #expect(order.remove(1) == [.sendOverHTTP(2)])
        #expect(order.drain(7) == [])
        #expect(order.remove(2) == [.wake(7)])
        #expect(order.drain(7) == [3])
    }

    @Test func `too many waiting requests are refused`() {
        var order = Order()
        for id in 1...2000 { _ = order.add(id) }
        // These all went over HTTP.
        #expect(!order.isFull)
        order = Order(1...1015, sockets: [7])
        #expect(order.drain(7).count == 16 && !order.isFull)
        _ = order.add(1016)
        #expect(order.isFull)
    }

    /// Writes reach the server in the order in which they were made, and each is answered in the end.
    @Test func `in a thousand random runs no write overtakes another`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            let order = Order()
            // The newest write that the server has carried out.
            var done = 0
            var next = 1
            var live: Set<Int> = []
            var overHTTP: Set<Int> = []
            var socket: Int?
            var onSocket: [Int] = []
            // With a socket from the beginning, so that writes over HTTP are not concurrent.
            func note(_ actions: [RequestOrder.Action]) {
                for action in actions {
                    switch action {
                    case .sendOverHTTP(let id): overHTTP.insert(id)
                    case .stopHTTP(let id): overHTTP.remove(id)
                    case .wake: break
                    }
                }
            }
            /// The server carries out what has arrived; earlier writes are only repetitions.
            func serve(_ id: Int) {
                #expect(id <= done + 1, "\(id) overtook \(done + 1)")
                done = max(done, id)
            }
            note(order.opened(0))
            socket = 0
            for step in 1..<60 {
                switch Int.random(in: 0..<8, using: &random) {
                case 0...2 where next < 25:
                    live.insert(next)
                    note(order.add(next, fitsSocket: Int.random(in: 0..<6, using: &random) > 0))
                    next += 1
                case 3, 4:
                    guard let socket else { continue }
                    if let id = order.next(on: socket) {
                        onSocket.append(id)
                        serve(id)
                    }
                case 5:
                    if !onSocket.isEmpty {
                        let id = onSocket.removeFirst()
                        live.remove(id)
                        note(order.remove(id))
                    } else if let id = overHTTP.popFirst() {
                        serve(id)
                        live.remove(id)
                        note(order.remove(id))
                    }
                case 6:
                    if let id = overHTTP.popFirst(), order.failed(id) { note(order.rested(id)) }
                default:
                    if let lost = socket {
                        socket = nil
                        onSocket = []
                        note(order.lost(lost))
                    } else if order.isEmpty == false || Bool.random(using: &random) {
                        socket = step
                        note(order.opened(step))
                    }
                }
                if socket == nil, order.isEmpty {
                    socket = step + 1000
                    note(order.opened(step + 1000))
                }
            }
            if let socket { note(order.lost(socket)) }
            while let id = overHTTP.popFirst() {
                serve(id)
                live.remove(id)
                note(order.remove(id))
            }
            #expect(live.isEmpty && order.isEmpty)
        }
    }
}
