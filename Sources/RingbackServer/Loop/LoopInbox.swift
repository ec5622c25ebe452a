import NIOCore
import RingbackCore
import RingbackModel
import Synchronization

/// Who gets messages of other threads on an event loop: a connection.
protocol LoopRecipient: AnyObject {
    /// Takes a message. ``flushMessages()`` follows.
    func receive(_ message: LoopMessage)
    /// Sends what was written meanwhile.
    func flushMessages()
}

/// What another thread has for a connection.
enum LoopMessage: Sendable {
    /// There may be events.
    case wake
    /// The store has answered a change of a call.
    case answered(CallJob)
    /// The server ends the stream of events with this number (``EventPump/number``).
    case end(StreamEnd, UInt64)
}

/// The messages of other threads for the connections of one event loop, handed over together.
///
/// While the store tells of a commit, everything is collected, and the loop is called once, after the last answer. At other
/// times the first message calls the loop.
final class LoopInbox: Sendable {
    private struct State: Sendable {
        var messages: [LoopMessage] = []
        /// Of each message.
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

    fileprivate func put(_ message: LoopMessage, for address: LoopAddress) {
        let shouldCall = state.withLock { state in
            if state.messages.isEmpty {
                // There are more, as a rule.
                state.messages.reserveCapacity(64)
                state.addresses.reserveCapacity(64)
            }
            state.messages.append(message)
            state.addresses.append(address)
            // Read under the lock: whoever holds messages back looks here once more when it stops.
            guard !state.isCalled, !isHeld.value else { return false }
            state.isCalled = true
            return true
        }
        if shouldCall { call() }
    }

    fileprivate func callIfNeeded() {
        let shouldCall = state.withLock { state in
            guard !state.isCalled, !state.messages.isEmpty else { return false }
            state.isCalled = true
            return true
        }
        if shouldCall { call() }
    }

    private func call() { eventLoop.execute { self.deliver() } }

    private func deliver() {
        let (messages, addresses) = state.withLock { state in
            state.isCalled = false
            defer { (state.messages, state.addresses) = ([], []) }
            return (state.messages, state.addresses)
        }
        for index in messages.indices { addresses[index].recipient.value.receive(messages[index]) }
        // What was written for one connection leaves in one piece.
        for address in addresses { address.recipient.value.flushMessages() }
    }
}

/// Where other threads put messages for one connection. It holds the connection, which lets go of it at its end.
final class LoopAddress: Sendable {
    private let inbox: LoopInbox
    fileprivate let recipient: NIOLoopBound<any LoopRecipient>

    fileprivate init(_ inbox: LoopInbox, _ recipient: NIOLoopBound<any LoopRecipient>) {
        self.inbox = inbox
        self.recipient = recipient
    }

    /// May be called on any thread.
    func put(_ message: LoopMessage) { inbox.put(message, for: self) }
}

/// The inboxes of all event loops.
final class LoopInboxes: Sendable {
    private let isHeld = SharedFlag()
    private let inboxes = Mutex<[ObjectIdentifier: LoopInbox]>([:])

    private func inbox(of eventLoop: any EventLoop) -> LoopInbox {
        inboxes.withLock { inboxes in
            let key = ObjectIdentifier(eventLoop)
            let inbox = inboxes[key] ?? LoopInbox(eventLoop, isHeld: isHeld)
            inboxes[key] = inbox
            return inbox
        }
    }

    /// To be called on the event loop.
    func address(of recipient: any LoopRecipient, on eventLoop: any EventLoop) -> LoopAddress {
        LoopAddress(inbox(of: eventLoop), NIOLoopBound(recipient, eventLoop: eventLoop))
    }

    /// A commit is about to be told of: messages are held back until ``release()``.
    func hold() { isHeld.value = true }

    func release() {
        isHeld.value = false
        for inbox in inboxes.withLock({ Array($0.values) }) { inbox.callIfNeeded() }
    }
}

private final class SharedFlag: Sendable {
    private let flag = Atomic(false)

    var value: Bool {
        get { flag.load(ordering: .acquiring) }
        set { flag.store(newValue, ordering: .releasing) }
    }
}
