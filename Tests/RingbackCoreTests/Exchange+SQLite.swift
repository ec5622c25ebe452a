import RingbackCore
import RingbackSQLite
import RingbackTesting

extension StoreFactory {
    static let sqlite = StoreFactory { try SQLiteStore(path: $0, time: $1, readTime: .seconds(60)) }
}

extension Exchange {
    init(
        _ database: TemporaryDatabase? = nil, time: ManualTime = ManualTime(), timing: CallTiming = CallTiming()
    ) throws {
        try self.init(in: .sqlite, database, time: time, timing: timing)
    }

    static func withCast(
        time: ManualTime = ManualTime(), timing: CallTiming = CallTiming()
    ) async throws -> Exchange {
        try await withCast(in: .sqlite, time: time, timing: timing)
    }
}
