import NIOCore
import NIOPosix
import Synchronization

/// A bounded queue from an event loop to a single reading task.
///
/// Elements pushed before the end are read before the end. A full mailbox fails with ``WireError/tooMuch(_:)``.
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
        /// A wait that was cancelled before it began.
        var givenUp: (id: Int, reason: any Error)?

        /// The available element, or `nil` if `newcomer` must wait.
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

    /// Ends the mailbox. Only the first call has an effect.
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
    /// - Throws: ``WireError/timeout`` at the deadline; `CancellationError`; the error of ``finish(throwing:)``.
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
