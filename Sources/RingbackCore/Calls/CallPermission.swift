package import RingbackModel

/// Asks the platform whether a user may call another one.
package struct CallPermission: Sendable {
    /// Must take the same time whether or not the callee has blocked the caller. Throws a ``Problem`` that can be
    /// retried if too many ask at the moment.
    package let ask: @Sendable (_ caller: UserID, _ callee: UserID, _ now: Timestamp) async throws -> Bool

    package init(
        ask: @escaping @Sendable (_ caller: UserID, _ callee: UserID, _ now: Timestamp) async throws -> Bool
    ) {
        self.ask = ask
    }

    static func refusal(_ callee: UserID) -> Problem {
        Problem(.callNotPermitted, "The user \(callee) does not receive calls from this user.")
    }
}
