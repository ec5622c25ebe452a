import RingbackTesting
import Testing

@Suite(
    .serialized,
    .enabled(if: TestDatabase.isThere, "RINGBACK_TEST_POSTGRESQL names no database; scripts/test starts one"))
struct StoreContractTests {
    @Test("The PostgreSQL store keeps the contract of stores", arguments: StoreContract.cases)
    func contract(storeCase: StoreCase) async throws { try await storeCase.run(on: .postgresql) }
}
