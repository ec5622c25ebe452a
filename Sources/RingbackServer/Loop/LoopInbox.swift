import NIOCore
import RingbackCore
import RingbackModel
import Synchronization

/// Receives messages from other threads on an event loop. Implemented by connections.
protocol LoopRecipient: AnyObject {
    /// Takes a message. ``flushMessages()`` follows.
    func receive(_ message: LoopMessage)
    /// Sends what ``receive(_:)`` has written.
    func flushMessages()
}

/// A message from another thread for a connection.
enum LoopMessage: Sendable {
    /// There may be events.
    case wake
    /// The store has answered a change of a call.
    case answered(CallJob)
    /// The connection holds too much memory.
    case overBudget
    /// The server ends the stream of events with this number (``EventPump/number``).
    case end(StreamEnd, UInt64)
}

/// The messages of other threads for the connections of one event loop, delivered in batches.
///
/// While the store reports a commit, messages are collected, and the loop is called once, after the last answer.
/// Otherwise the first message calls the loop.
final class LoopInbox: Sendable {
    private struct State: Sendable {
        var messages: [LoopMessage] = []
        /// The address for each message.
        var addresses: [LoopAddress] = []
        /// Whether the loop has been called and has not run yet.
        var isCalled = false
    }

    private let eventLoop: any EventLoop
    private let isHeld: SharedFlag
    fileprivate let buffers: NIOLoopBound<WriteBuffers>
    private let state = Mutex(State())

    fileprivate init(_ eventLoop: any EventLoop, isHeld: SharedFlag) {
        self.eventLoop = eventLoop
        self.isHeld = isHeld
        buffers = NIOLoopBound(WriteBuffers(), eventLoop: eventLoop)
    }

    fileprivate func put(_ message: LoopMessage, for address: LoopAddress) {
        let shouldCall = state.withLock { state in
            if state.messages.isEmpty {
                // There are usually more messages.
                state.messages.reserveCapacity(64)
                state.addresses.reserveCapacity(64)
            }
            state.messages.append(message)
            state.addresses.append(address)
            // Read under the lock: the thread that ends the holding back checks the messages again under the same lock.
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
        // Sends everything written for a connection at once.
        for address in addresses { address.recipient.value.flushMessages() }
    }
}

/// Where other threads put messages for one connection. Holds a reference to the connection until the connection ends.
final class LoopAddress: Sendable {
    private let inbox: LoopInbox
    fileprivate let recipient: NIOLoopBound<any LoopRecipient>

    fileprivate init(_ inbox: LoopInbox, _ recipient: NIOLoopBound<any LoopRecipient>) {
        self.inbox = inbox
        self.recipient = recipient
    }

    /// May be called on any thread.
    func put(_ message: LoopMessage) { inbox.put(message, for: self) }

    /// The buffers of the event loop, on which this must be called.
    var buffers: WriteBuffers { inbox.buffers.value }
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

    /// Must be called on the event loop.
    func address(of recipient: any LoopRecipient, on eventLoop: any EventLoop) -> LoopAddress {
        LoopAddress(inbox(of: eventLoop), NIOLoopBound(recipient, eventLoop: eventLoop))
    }

    /// Holds messages back until ``release()``, while a commit is reported.
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
