import RingbackCore
import RingbackModel

/// A call in a transaction: an object that is changed in place.
final class CallDraft {
    let id: CallID
    var entry: LiveTable.Entry
    /// Whether the transaction has changed the call.
    var isStaged: Bool

    init(_ entry: LiveTable.Entry, isStaged: Bool) {
        id = entry.call.id
        self.entry = entry
        self.isStaged = isStaged
    }
}
