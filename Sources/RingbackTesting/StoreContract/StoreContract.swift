import Testing

/// The contract of every store, and the behaviour of the use cases on it. Each case opens stores of its own.
package enum StoreContract {
    package static let cases: [StoreCase] =
        AccountContract.cases
        + SignInContract.cases
        + CallContract.cases
        + LiveCallContract.cases
        + PresenceContract.cases
        + PayloadContract.cases
        + CallServiceContract.cases
        + CallTimeContract.cases
        + IdempotencyContract.cases
        + SnapshotContract.cases
        + ServerKeyContract.cases + PlatformUserContract.cases
        + OutboxContract.cases
        + PushContract.cases
        + QuietContract.cases
}

/// A statement of the contract.
package struct StoreCase: Sendable, CustomTestStringConvertible {
    package let name: String
    private let body: @Sendable (StoreFactory) async throws -> Void

    init(_ name: String, body: @escaping @Sendable (StoreFactory) async throws -> Void) {
        self.name = name
        self.body = body
    }

    package var testDescription: String { name }

    /// Records an issue, or throws, if the store violates the contract.
    package func run(on stores: StoreFactory) async throws { try await body(stores) }
}
