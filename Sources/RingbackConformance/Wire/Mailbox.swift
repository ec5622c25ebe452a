import NIOCore
import NIOPosix
import Synchronization

/// A bounded queue from an event loop to the one task that reads it.
///
/// What was pushed before the end is read before the end. A full mailbox ends with ``WireError/tooMuch(_:)``.
final class Mailbox<Element: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Element?, any Error>
    }

    private struct State {
        var elements = CircularBuffer<Element>()
        var end: Result<Element?, any Error>?
        var waiter: Waiter?
        var lastID = 0
        /// A wait that was given up before it began.
        var givenUp: (id: Int, reason: any Error)?

        /// What there is, or `nil` when the newcomer waits.
        mutating func readyOrWait(_ newcomer: Waiter) -> Result<Element?, any Error>? {
            if let element = elements.popFirst() { return .success(element) }
            if let end { return end }
            if let givenUp, givenUp.id == newcomer.id { return .failure(givenUp.reason) }
            if waiter != nil { return .failure(WireError.unexpected("two tasks read from one mailbox")) }
            waiter = newcomer
            return nil
        }
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    func push(_ element: Element) {
        let waiter: Waiter? = state.withLock { state in
            guard state.end == nil else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            if state.elements.count < capacity {
                state.elements.append(element)
            } else {
                state.end = .failure(WireError.tooMuch("\(capacity) messages that nobody read"))
            }
            return nil
        }
        waiter?.continuation.resume(returning: element)
    }

    /// Nothing more will come. Only the first call counts.
    func finish(throwing error: (any Error)? = nil) {
        let end: Result<Element?, any Error> = error.map { .failure($0) } ?? .success(nil)
        let waiter: Waiter? = state.withLock { state in
            guard state.end == nil else { return nil }
            state.end = end
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(with: end)
    }

    /// The next element, or `nil` after ``finish(throwing:)`` without an error.
    ///
    /// - Throws: ``WireError/timeout`` at the deadline, `CancellationError`, or what the mailbox was finished with.
    func next(before deadline: NIODeadline) async throws -> Element? {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let timer = loop.scheduleTask(deadline: deadline) { self.giveUp(id, because: WireError.timeout) }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let ready = state.withLock { $0.readyOrWait(Waiter(id: id, continuation: continuation)) }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            giveUp(id, because: CancellationError())
        }
    }

    private func giveUp(_ id: Int, because reason: any Error) {
        let waiter: Waiter? = state.withLock { state in
            guard state.waiter?.id == id else {
                state.givenUp = (id, reason)
                return nil
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume(throwing: reason)
    }
}
