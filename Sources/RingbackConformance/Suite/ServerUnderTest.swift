/// A server, and what the suite may do with it.
package struct ServerUnderTest: Sendable {
    package let address: ServerAddress
    /// For the cases that need ``ConformanceCase/Need/administrator``.
    package let administratorToken: String?
    /// Lets time pass on the server.
    package let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - baseURL: `http://HOST:PORT`.
    ///   - advance: By default waits in real time. For a server with a manual clock, advances the clock.
    package init(
        baseURL: String, administratorToken: String? = nil,
        advance: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) throws {
        address = try ServerAddress(baseURL: baseURL)
        self.administratorToken = administratorToken
        self.advance = advance
    }
}
