import RingbackModel
import Synchronization

/// Lets each user do something once at a time, so that one with many connections delays the others by no more than
/// that.
final class UserTurns: Sendable {
    /// Who waits behind those that have a turn.
    private let turns = Mutex<[UserID: [CheckedContinuation<Void, Never>]]>([:])

    /// Waits until nobody else has the user's turn. It must be passed on with ``pass(_:)``.
    func take(_ user: UserID) async {
        if turns.withLock({ $0.begin(user) }) { return }
        await withCheckedContinuation { continuation in
            let isFree = turns.withLock { turns in
                if turns.begin(user) { return true }
                turns[user]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// Ends the user's turn and lets the next one have it.
    func pass(_ user: UserID) {
        let next = turns.withLock { turns -> CheckedContinuation<Void, Never>? in
            guard turns[user]?.isEmpty == false else {
                turns[user] = nil
                return nil
            }
            return turns[user]?.removeFirst()
        }
        next?.resume()
    }
}

extension [UserID: [CheckedContinuation<Void, Never>]] {
    /// - Returns: Whether nobody had the turn.
    fileprivate mutating func begin(_ user: UserID) -> Bool {
        guard self[user] == nil else { return false }
        self[user] = []
        return true
    }
}
