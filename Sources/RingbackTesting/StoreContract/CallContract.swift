import RingbackCore
import RingbackModel
import Testing

/// The contract for calls.
struct CallContract {
    static let cases = [
        StoreCase("Every call is read back as it was saved, also by the writer") { stores in
            for argument in 0..<4 as Range<UInt64> {
                try await CallContract(stores).`Every call is read back as it was saved, also by the writer`(
                    lane: argument)
            }
        },
        StoreCase("Saved calls are the same in another process") { stores in
            try await CallContract(stores).`Saved calls are the same in another process`()
        },
        StoreCase("Custom JSON and a message are read back byte for byte") { stores in
            try await CallContract(stores).`Custom JSON and a message are read back byte for byte`()
        },
        StoreCase("The history is the user's, newest first, filtered and paged") { stores in
            for argument in [
                (.init(user: vasya, limit: 100), [102, 101, 100] + (0..<10).reversed()),
                (.init(user: petya, limit: 100), [102] + (0..<10).reversed()),
                (.init(user: stranger, limit: 100), [100]),
                (.init(user: vasya, limit: 3), [102, 101, 100]),
                (.init(user: vasya, before: Cast.callID(100), limit: 4), [9, 8, 7, 6]),
                (.init(user: vasya, before: Cast.callID(0), limit: 4), []),
                (.init(user: vasya, filter: .live, limit: 100), [102, 101, 100, 9, 7, 5, 3, 1]),
                (.init(user: petya, filter: .live, limit: 2), [102, 9]),
                (.init(user: petya, filter: .state(.ended), limit: 100), [8, 6, 4, 2, 0]),
                (.init(user: petya, filter: .state(.ended), before: Cast.callID(4), limit: 1), [2]),
                (.init(user: petya, filter: .state(.active), limit: 100), []),
                (.init(user: vasya, with: stranger, limit: 100), [100]),
                (.init(user: stranger, with: petya, limit: 100), []),
                (.init(user: petya, filter: .live, with: vasya, before: Cast.callID(102), limit: 3), [9, 7, 5]),
            ] as [(HistoryQuery, [Int])] {
                try await CallContract(stores).history(query: argument.0, expected: argument.1)
            }
        },
        StoreCase("All pages together are the complete history") { stores in
            try await CallContract(stores).`All pages together are the complete history`()
        },
        StoreCase("Live calls are those that have not ended, oldest first, without the concealed") { stores in
            try await CallContract(stores)
                .`Live calls are those that have not ended, oldest first, without the concealed`()
        },
        StoreCase("Calls whose deadline has passed are due, the most overdue first") { stores in
            try await CallContract(stores).`Calls whose deadline has passed are due, the most overdue first`()
        },
        StoreCase("Without deadlines, no call is due") { stores in
            try await CallContract(stores).`Without deadlines, no call is due`()
        },
    ]

    private let stores: StoreFactory

    private let exchange: Exchange
    private var store: any Store { exchange.store }

    init(_ stores: StoreFactory) async throws {
        self.stores = stores
        exchange = try await Exchange.withCast(in: stores)
    }

    func `Every call is read back as it was saved, also by the writer`(lane: UInt64) async throws {
        for seed in lane * 40..<(lane + 1) * 40 {
            var random = RandomCall(seed: seed, id: Cast.callID(Int(seed)))
            for _ in 0..<15 {
                random.step()
                let (call, deadline) = (random.call, random.call.deadline(timing: random.timing))
                try await store.change { try $0.save(call, deadline: deadline) }
                try #require(try await store.read { try $0.call(call.id) } == call, "seed \(seed)")
                try #require(try await store.change { try $0.call(call.id) } == call, "seed \(seed)")
            }
        }
        let number = lane
        #expect(try await store.read { try $0.call(Cast.callID(Int(number * 40))) } != nil)
        #expect(try await store.read { try $0.call(Cast.callID(999_999)) } == nil)
    }

    func `Saved calls are the same in another process`() async throws {
        var calls: [CallState] = []
        for seed in 0..<30 as Range<UInt64> {
            var random = RandomCall(seed: seed, id: Cast.callID(Int(seed)))
            for _ in 0..<8 { random.step() }
            calls.append(random.call)
        }
        let saved = calls
        let database = try TemporaryDatabase()
        do {
            let exchange = try Exchange(in: stores, database)
            try await exchange.register(Cast.devices)
            try await exchange.store.change { store in for call in saved { try store.save(call, deadline: nil) } }
        }
        let exchange = try Exchange(in: stores, database)
        #expect(try await exchange.store.read { store in try saved.map { try store.call($0.id) } } == saved)
    }

    func `Custom JSON and a message are read back byte for byte`() async throws {
        var (call, _) = CallState.invite(
            Cast.invitation(custom: Cast.json(#"{ "a" : 1.0 , "é\u0000": [ ] }"#)), id: Cast.callID(), devices: [],
            reception: .rings, at: ManualTime.start)
        _ = try call.apply(.decline(message: String(repeating: "é", count: 200)), by: Cast.petya, at: ManualTime.start)
        let saved = call
        try await store.change { try $0.save(saved, deadline: nil) }
        #expect(try await store.read { try $0.call(saved.id) } == saved)
    }

    /// Calls 0, 1, 2, … of Vasya to Petya, the even ones ended; 100 to a stranger, 101 concealed, 102 from Petya.
    private func makeHistory() async throws {
        try await store.change { store in
            for number in 0..<10 {
                var call = Cast.invitedCall(id: Cast.callID(number), at: ManualTime.start + .seconds(number))
                if number.isMultiple(of: 2) { _ = call.endByAdministrator(at: ManualTime.start + .seconds(60)) }
                try store.save(call, deadline: call.isLive ? ManualTime.start + .seconds(100 - number) : nil)
            }
            let others: [(Int, Participant, UserID, CallState.Reception)] = [
                (100, Cast.vasya, Cast.stranger.userId, .rings), (101, Cast.vasya, Cast.petya.userId, .concealed),
                (102, Cast.petya, Cast.vasya.userId, .rings),
            ]
            for (number, caller, callee, reception) in others {
                let (call, _) = CallState.invite(
                    Cast.invitation(from: caller, to: callee), id: Cast.callID(number), devices: [],
                    reception: reception,
                    at: ManualTime.start)
                try store.save(call, deadline: nil)
            }
        }
    }

    private func numbers(_ calls: [CallState]) -> [Int] {
        calls.map { Int($0.id.rawValue.dropFirst("call-".count)).map { $0 - 1_000_000 } ?? -1 }
    }

    private static let vasya = Cast.vasya.userId
    private static let petya = Cast.petya.userId
    private static let stranger = Cast.stranger.userId

    func history(query: HistoryQuery, expected: [Int]) async throws {
        try await makeHistory()
        #expect(numbers(try await store.read { try $0.history(query) }) == expected)
    }

    func `All pages together are the complete history`() async throws {
        try await makeHistory()
        var found: [Int] = []
        var before: CallID?
        repeat {
            let query = HistoryQuery(user: Self.vasya, before: before, limit: 3)
            let page = try await store.read { try $0.history(query) }
            found += numbers(page)
            before = page.last?.id
        } while before != nil
        #expect(found == [102, 101, 100] + (0..<10).reversed())
    }

    func `Live calls are those that have not ended, oldest first, without the concealed`() async throws {
        try await makeHistory()
        #expect(numbers(try await store.read { try $0.liveCalls(of: Self.vasya) }) == [1, 3, 5, 7, 9, 100, 101, 102])
        #expect(numbers(try await store.read { try $0.liveCalls(of: Self.petya) }) == [1, 3, 5, 7, 9, 102])
        #expect(numbers(try await store.read { try $0.liveCalls() }) == [1, 3, 5, 7, 9, 100, 101, 102])
    }

    func `Calls whose deadline has passed are due, the most overdue first`() async throws {
        try await makeHistory()
        #expect(try await store.nextDeadline() == ManualTime.monotonicStart + .seconds(91))
        let due: (Int, Int) async throws -> [CallID] = { seconds, limit in
            exchange.time.advance(by: ManualTime.start + .seconds(seconds) - exchange.time.now)
            return try await store.takeDueCalls(limit: limit)
        }
        #expect(try await due(90, 10) == [])
        #expect(try await due(91, 10) == [Cast.callID(9)])
        #expect(try await due(95, 10) == [9, 7, 5].map(Cast.callID))
        #expect(try await due(1000, 10) == [9, 7, 5, 3, 1].map(Cast.callID))
        #expect(try await due(1000, 2) == [9, 7].map(Cast.callID))
        try await store.change { try $0.save(Cast.invitedCall(id: Cast.callID(9)), deadline: nil) }
        #expect(try await store.nextDeadline() == ManualTime.monotonicStart + .seconds(93))
    }

    func `Without deadlines, no call is due`() async throws {
        exchange.time.advance(by: .seconds(86_400 * 365))
        #expect(try await store.nextDeadline() == nil)
        #expect(try await store.takeDueCalls(limit: 1) == [])
    }
}
