import Foundation
import GRDB
import RingbackCore
import RingbackModel
import RingbackSQLite
import RingbackTesting
import Testing

/// The events of a commit are stored in few rows, and read one by one.
struct LogRowTests {
    private let database: TemporaryDatabase
    private let store: SQLiteStore
    private let vasya = Cast.vasya.userId
    private let petya = Cast.petya.userId

    init() async throws {
        database = try TemporaryDatabase()
        store = try SQLiteStore(path: database.path)
        try await store.write { store in
            for user in [Cast.vasya.userId, Cast.petya.userId] { _ = try store.insert(Exchange.account(user)) }
        }
    }

    private static func event(_ number: Int, length: Int = 10) -> EventBody {
        EventBody(type: .callRinging, time: ManualTime.start, callId: Cast.callID(number), callSeq: 1, actor: nil) {
            json in
            json.field("text", String(repeating: "\(number % 10)", count: length))
        }
    }

    private func log(of user: UserID, in store: SQLiteStore) async throws -> [StoredEvent] {
        guard case .events(let events) = try await store.read({ try $0.events(of: user, after: 0, limit: 1000) }) else {
            throw Gone()
        }
        return events
    }

    private struct Gone: Error {}

    private func rows() async throws -> Int {
        try await DatabaseQueue(path: database.path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM log") ?? 0 }
    }

    @Test func `A commit is one row, a large one several, and each event is read back unchanged`() async throws {
        let small = (0..<40).map { Self.event($0) }
        try await store.change { [vasya, petya] store in
            for event in small {
                try store.append(event, to: [.init(user: vasya), .init(user: petya, only: Cast.petya.deviceId)])
            }
        }
        #expect(try await rows() == 1)
        let large = (0..<40).map { Self.event($0, length: 4000) }
        try await store.change { [vasya] store in
            for event in large { try store.append(event, to: [.init(user: vasya)]) }
        }
        #expect(try await (14...21).contains(rows()))
        for store in [store, try reopened()] {
            #expect(try await log(of: vasya, in: store).map(\.body.members) == (small + large).map(\.members))
            let petyas = try await log(of: petya, in: store)
            #expect(petyas.map(\.body.members) == small.map(\.members))
            #expect(petyas.allSatisfy { $0.only == Cast.petya.deviceId && $0.except == nil })
        }
    }

    /// A second connection to the same file.
    private func reopened() throws -> SQLiteStore {
        let copy = database.path + ".copy"
        try DatabaseQueue(path: database.path).backup(to: DatabaseQueue(path: copy))
        return try SQLiteStore(path: copy)
    }

    @Test func `A decision that throws leaves no gap`() async throws {
        struct TestError: Error {}
        for _ in 0..<2 {
            try await store.change { [vasya] in try $0.append(Self.event(1), to: [.init(user: vasya)]) }
            await #expect(throws: TestError.self) {
                try await store.change { [vasya, petya] store in
                    for number in 0..<20 {
                        try store.append(
                            Self.event(number, length: 4000), to: [.init(user: vasya), .init(user: petya)])
                    }
                    throw TestError()
                }
            }
        }
        for store in [store, try reopened()] {
            #expect(try await log(of: vasya, in: store).map(\.position) == [1, 2])
            #expect(try await log(of: petya, in: store).isEmpty)
        }
    }

    @Test func `Erasing a user removes the events that nobody else has`() async throws {
        try await store.change { [vasya, petya] store in
            try store.append(Self.event(1, length: 3), to: [.init(user: vasya), .init(user: petya)])
            try store.append(Self.event(2, length: 3), to: [.init(user: vasya)])
            try store.append(Self.event(3, length: 3), to: [.init(user: petya)])
        }
        try await store.write { [vasya] in _ = try $0.erase(vasya, at: ManualTime.start, limit: .max) }
        let left = try await DatabaseQueue(path: database.path).read { db in
            try Data.fetchAll(db, sql: "SELECT entries || bodies FROM log").map { String(decoding: $0, as: UTF8.self) }
                .joined()
        }
        #expect(!left.contains("vasya") && !left.contains("222"))
        #expect(left.contains("111") && left.contains("333"))
        for store in [store, try reopened()] {
            #expect(try await log(of: petya, in: store).map(\.position) == [1, 2])
            #expect(((try? await log(of: vasya, in: store)) ?? []).isEmpty)
        }
    }

    @Test(arguments: 0..<200) func `A damaged row is an error and never terminates the process`(_ seed: Int)
        async throws
    {
        try await store.change { [vasya, petya] store in
            for number in 0..<3 { try store.append(Self.event(number), to: [.init(user: vasya), .init(user: petya)]) }
        }
        try await DatabaseQueue(path: database.path).write { db in
            var random = SeededGenerator(seed: UInt64(seed))
            let column = Bool.random(using: &random) ? "entries" : "bodies"
            var bytes = Array(try Data.fetchOne(db, sql: "SELECT \(column) FROM log") ?? Data())
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes.removeLast(.random(in: 1...bytes.count, using: &random))
            case 1: bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            default:
                bytes.insert(contentsOf: repeatElement(0xFF, count: 12), at: .random(in: bytes.indices, using: &random))
            }
            try db.execute(sql: "UPDATE log SET \(column) = ?", arguments: [Data(bytes)])
        }
        // The row may be read or rejected.
        _ = try? await log(of: petya, in: store)
        _ = try? reopened()
    }
}
