import RingbackCore
import RingbackModel

/// A call in the hands of a transaction: one object, changed in place.
final class CallDraft {
    /// The order of the histories; a new call has one that is beyond all others until it is written.
    let number: Int64
    /// Of the row, as it was read; 0 for a call that has none yet.
    let version: Int64
    let storedDeadline: Timestamp?
    /// As it was before this transaction; `nil` for a new call.
    let before: CallState?
    var call: CallState
    /// Events with an offer, an answer or candidates that it has told.
    var payloads: Int
    var deadline: Timestamp?
    /// What the row does not have.
    var timeline: [TimelineEntry] = []
    var isChanged = false

    init(_ call: CallState, number: Int64, version: Int64, payloads: Int, deadline: Timestamp?) {
        (self.call, before) = (call, call)
        (self.number, self.version, self.payloads) = (number, version, payloads)
        (self.deadline, storedDeadline) = (deadline, deadline)
    }

    init(new call: CallState, number: Int64) {
        (self.call, before) = (call, nil)
        (self.number, version, payloads) = (number, 0, 0)
        storedDeadline = nil
    }

    var isNew: Bool { before == nil }

    /// The keys that are to find the call from now on.
    var newInvitations: [(InvitationKey, Timestamp)] {
        guard isNew || before?.mergeKey != call.mergeKey else { return [] }
        let time = call.mergeKey == nil ? call.createdAt : call.acceptedAt ?? call.createdAt
        return call.invitationKeys.map { (InvitationKey($0.key, of: $0.device), time) }
    }
}
