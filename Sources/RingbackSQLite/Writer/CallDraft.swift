import RingbackCore
import RingbackModel

/// A call in the hands of a transaction: one object, changed in place.
final class CallDraft {
    let id: CallID
    var entry: LiveTable.Entry
    /// The transaction has changed it.
    var isStaged: Bool

    init(_ entry: LiveTable.Entry, isStaged: Bool) {
        id = entry.call.id
        self.entry = entry
        self.isStaged = isStaged
    }
}
