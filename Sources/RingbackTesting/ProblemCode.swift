package import RingbackModel

/// - Returns: The code of the problem that the work throws; `nil` if it throws nothing or another error.
package func problemCode<Value>(_ work: () async throws -> Value) async -> Problem.Code? {
    do {
        _ = try await work()
        return nil
    } catch {
        return (error as? Problem)?.code
    }
}
