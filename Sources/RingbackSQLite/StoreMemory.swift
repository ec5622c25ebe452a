import GRDB
import Logging
import RingbackCore

/// What the store has in memory beside its tables: as it was last committed.
final class StoreMemory: Sendable {
    let heads: LogHeads
    let live: LiveTable
    let devices: LiveDevices
    let unindexed: UnindexedHistory
    let signIns = SignInCache()
    let time: any Timekeeper

    /// Reads it from a database that nobody writes to.
    init(_ db: Database, time: any Timekeeper, logger: Logger) throws {
        heads = try LogHeads(db)
        live = try LiveTable(db, at: time.moment, logger: logger)
        devices = LiveDevices(live.calls, time: time)
        unindexed = try UnindexedHistory(db)
        self.time = time
    }

    /// The clock of a call that begins now.
    var clock: SteadyClock { SteadyClock(reading: time.now, at: time.monotonic) }

    /// Takes what has been committed.
    ///
    /// - Returns: What the observer is to hear of.
    func commit(_ staged: CallBatch.Staged) -> Commit {
        var commit = staged.commit
        let calls = staged.calls.values
        // Before the live calls let go of those that have ended: a history may find one twice, but not miss it.
        unindexed.commit(calls, until: staged.historyUntil)
        live.commit(calls, newestEvent: staged.newestEvent, noting: &commit)
        heads.commit(staged)
        devices.commit(commit)
        return commit
    }
}
