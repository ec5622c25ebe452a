import NIOCore
import RingbackCore
import RingbackModel
import Synchronization

/// Who reads along on an event loop.
protocol LoopRecipient: AnyObject {
    /// Takes what another thread has for it. ``sendCollected()`` is to follow.
    func take(_ letter: LoopOutbox.Letter)
    /// Sends what was written meanwhile.
    func sendCollected()
}

/// What other threads have for the readers of one event loop, handed over in one go.
///
/// While the store tells of a commit everything is collected, and the loop is called once, behind the last answer. At other
/// times the first to come calls the loop.
final class LoopOutbox: Sendable {
    enum Letter: Sendable {
        /// There may be events.
        case wake
        case answer(SocketRequest.Label, CallJob)
        /// Of the one request that waits.
        case done(CallJob)
        case end(StreamEnd)
    }

    private struct State: Sendable {
        var letters: [Letter] = []
        /// Of each letter.
        var addresses: [LoopAddress] = []
        /// The loop has been called and has not come yet.
        var isCalled = false
    }

    private let eventLoop: any EventLoop
    private let isHeld: SharedFlag
    private let state = Mutex(State())

    fileprivate init(_ eventLoop: any EventLoop, isHeld: SharedFlag) {
        self.eventLoop = eventLoop
        self.isHeld = isHeld
    }

    /// Takes something for a reader of this loop, on any thread.
    fileprivate func put(_ letter: Letter, for address: LoopAddress) {
        let shouldCall = state.withLock { state in
            if state.letters.isEmpty {
                // There are more, as a rule.
                state.letters.reserveCapacity(64)
                state.addresses.reserveCapacity(64)
            }
            state.letters.append(letter)
            state.addresses.append(address)
            // Looked at under the lock: whoever holds looks here once more when it lets go.
            guard !state.isCalled, !isHeld.value else { return false }
            state.isCalled = true
            return true
        }
        if shouldCall { call() }
    }

    fileprivate func callIfNeeded() {
        let shouldCall = state.withLock { state in
            guard !state.isCalled, !state.letters.isEmpty else { return false }
            state.isCalled = true
            return true
        }
        if shouldCall { call() }
    }

    private func call() { eventLoop.execute { self.deliver() } }

    private func deliver() {
        let (letters, addresses) = state.withLock { state in
            state.isCalled = false
            defer { (state.letters, state.addresses) = ([], []) }
            return (state.letters, state.addresses)
        }
        for index in letters.indices { addresses[index].recipient.value.take(letters[index]) }
        // What was written for one of them leaves in one piece.
        for address in addresses { address.recipient.value.sendCollected() }
    }
}

/// Where other threads put what they have for one reader. To be let go of by the reader, which it holds.
final class LoopAddress: Sendable {
    private let outbox: LoopOutbox
    fileprivate let recipient: NIOLoopBound<any LoopRecipient>

    fileprivate init(_ outbox: LoopOutbox, _ recipient: NIOLoopBound<any LoopRecipient>) {
        self.outbox = outbox
        self.recipient = recipient
    }

    func put(_ letter: LoopOutbox.Letter) { outbox.put(letter, for: self) }
}

/// The outboxes of all event loops.
final class LoopOutboxes: Sendable {
    private let isHeld = SharedFlag()
    private let outboxes = Mutex<[ObjectIdentifier: LoopOutbox]>([:])

    private func outbox(of eventLoop: any EventLoop) -> LoopOutbox {
        outboxes.withLock { outboxes in
            let key = ObjectIdentifier(eventLoop)
            let outbox = outboxes[key] ?? LoopOutbox(eventLoop, isHeld: isHeld)
            outboxes[key] = outbox
            return outbox
        }
    }

    /// - Parameter recipient: To be used on this event loop alone, where this is called.
    func address(of recipient: any LoopRecipient, on eventLoop: any EventLoop) -> LoopAddress {
        LoopAddress(outbox(of: eventLoop), NIOLoopBound(recipient, eventLoop: eventLoop))
    }

    /// A commit is about to be told of: what is put from now on waits for ``release()``.
    func hold() { isHeld.value = true }

    func release() {
        isHeld.value = false
        for outbox in outboxes.withLock({ Array($0.values) }) { outbox.callIfNeeded() }
    }
}

private final class SharedFlag: Sendable {
    private let flag = Atomic(false)

    var value: Bool {
        get { flag.load(ordering: .acquiring) }
        set { flag.store(newValue, ordering: .releasing) }
    }
}
