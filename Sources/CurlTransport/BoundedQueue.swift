import Synchronization

/// A bounded queue from one thread to one task.
///
/// The producer must call ``hasRoom()`` before each element and stop reading from the network when it returns `false`;
/// `onRoom` is called when it may continue.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private struct State {
        var items: [(element: Element, cost: Int)] = []
        var first = 0
        var cost = 0
        var isHeld = false
        var waiter: CheckedContinuation<Element?, any Error>?
        var end: Result<Void, any Error>?

        mutating func take() -> Element? {
            guard first < items.count else { return nil }
            let item = items[first]
            first += 1
            cost -= item.cost
            if first == items.count || first >= 64 {
                items.removeFirst(first)
                first = 0
            }
            return item.element
        }
    }

    /// The cost of an element in addition to its bytes, so that empty elements are not free.
    private static var ownCost: Int { 64 }

    private let state = Mutex(State())
    private let capacity: Int
    private let onRoom: @Sendable () -> Void

    package init(capacity: Int, onRoom: @escaping @Sendable () -> Void) {
        self.capacity = capacity
        self.onRoom = onRoom
    }

    /// Whether more elements may be added. After `false`, `onRoom` is called once when there is room.
    package func hasRoom() -> Bool {
        state.withLock { state in
            state.isHeld = state.cost >= capacity
            return !state.isHeld
        }
    }

    package func push(_ element: Element, cost: Int) {
        let cost = cost + Self.ownCost
        let waiter = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
            guard state.end == nil else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.items.append((element, cost))
            state.cost += cost
            return nil
        }
        waiter?.resume(returning: element)
    }

    /// Ends the queue. Elements in it can still be taken. Only the first call has an effect.
    package func finish(throwing error: (any Error)? = nil) {
        let waiter = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
            guard state.end == nil else { return nil }
            state.end = error.map { .failure($0) } ?? .success(())
            defer { state.waiter = nil }
            return state.waiter
        }
        if let error { waiter?.resume(throwing: error) } else { waiter?.resume(returning: nil) }
    }

    /// The next element; `nil` at the end. Only for one task at a time.
    package func next() async throws -> Element? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                var roomAgain = false
                let result = state.withLock { state -> Result<Element?, any Error>? in
                    if let element = state.take() {
                        roomAgain = state.isHeld && state.cost < capacity
                        if roomAgain { state.isHeld = false }
                        return .success(element)
                    }
                    switch state.end {
                    case .success: return .success(nil)
                    case .failure(let error): return .failure(error)
                    case nil:
                        state.waiter = continuation
                        return nil
                    }
                }
                if roomAgain { onRoom() }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            finish(throwing: CancellationError())
        }
    }
}
