import RingbackCore
import RingbackModel

/// The live calls as the writer last saved them, so that it needs no read for each command.
///
/// Only the writer changes calls, so what is here is what is in the database, or what the transaction under way is about to
/// put there. A piece of work that is rolled back takes the calls it has touched with it.
struct CallCache: Sendable {
    struct Entry: Sendable {
        /// The row's key.
        let key: Int64
        var call: CallState
        var deadline: Timestamp?
    }

    private static let capacity = 50_000

    private var entries: [CallID: Entry] = [:]
    private var touched: Set<CallID> = []

    subscript(id: CallID) -> Entry? {
        get { entries[id] }
        set {
            touched.insert(id)
            entries[id] = newValue
        }
    }

    /// Begins a piece of work.
    mutating func begin() { touched.removeAll(keepingCapacity: true) }

    /// Forgets what a piece of work has touched.
    mutating func rollBack() {
        for id in touched { entries[id] = nil }
        begin()
    }

    /// Lets go of calls that have ended, when their transaction is over.
    mutating func settle(_ calls: [CallState]) {
        for call in calls where !call.isLive { entries[call.id] = nil }
        if entries.count > Self.capacity { entries = [:] }
        begin()
    }
}
