/// A server, and what the suite may do with it.
package struct ServerUnderTest: Sendable {
    package let address: ServerAddress
    /// For the cases that need ``ConformanceCase/Need/administrator``.
    package let administratorToken: String?
    /// Makes time pass on the server.
    package let advance: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - baseURL: `http://HOST:PORT`.
    ///   - advance: By default waits on the wall's clock. A server with a clock of its own moves that.
    package init(
        baseURL: String, administratorToken: String? = nil,
        advance: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) throws {
        address = try ServerAddress(baseURL: baseURL)
        self.administratorToken = administratorToken
        self.advance = advance
    }
}
