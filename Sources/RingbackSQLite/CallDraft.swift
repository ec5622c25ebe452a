/// A call in the hands of a transaction: one object, changed in place.
final class CallDraft {
    var entry: LiveTable.Entry
    /// The transaction has changed it.
    var isStaged: Bool

    init(_ entry: LiveTable.Entry, isStaged: Bool) {
        self.entry = entry
        self.isStaged = isStaged
    }
}
