package import RingbackModel

/// Asks the platform whether a user may call another one.
package struct CallPermission: Sendable {
    /// Must take the same time whether or not the callee has blocked the caller.
    package let ask: @Sendable (_ caller: UserID, _ callee: UserID, _ now: Timestamp) async -> Bool

    package init(ask: @escaping @Sendable (_ caller: UserID, _ callee: UserID, _ now: Timestamp) async -> Bool) {
        self.ask = ask
    }

    /// - Throws: ``Problem`` `call_not_permitted`.
    package func check(_ caller: UserID, toCall callee: UserID, at now: Timestamp) async throws {
        guard await ask(caller, callee, now) else { throw Self.refusal(callee) }
    }

    static func refusal(_ callee: UserID) -> Problem {
        Problem(.callNotPermitted, "The user \(callee) does not receive calls from this user.")
    }
}
