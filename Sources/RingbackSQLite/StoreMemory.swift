import GRDB
import Logging
import RingbackCore

/// The part of the store that is in memory, in its last committed state.
final class StoreMemory: Sendable {
    let heads: LogHeads
    let live: LiveTable
    let devices: LiveDevices
    let unindexed: UnindexedHistory
    let signIns = SignInCache()
    let time: any Timekeeper

    /// Reads the state from a database that nobody is writing to.
    init(_ db: Database, time: any Timekeeper, logger: Logger) throws {
        heads = try LogHeads(db)
        live = try LiveTable(db, at: time.moment, logger: logger)
        devices = LiveDevices(live.calls, time: time)
        unindexed = try UnindexedHistory(db)
        self.time = time
    }

    /// A clock for a new call.
    var clock: SteadyClock { SteadyClock(reading: time.now, at: time.monotonic) }

    /// Applies a committed transaction.
    ///
    /// - Returns: The commit for the observer.
    func commit(_ staged: CallBatch.Staged) -> Commit {
        var commit = staged.commit
        let calls = staged.calls.values
        // Before the live calls remove ended ones, so that a history may find a call twice but does not miss it.
        unindexed.commit(calls, until: staged.historyUntil)
        live.commit(calls, newestEvent: staged.newestEvent, noting: &commit)
        heads.commit(staged)
        devices.commit(commit)
        return commit
    }
}
