import RingbackTesting
import Testing

struct StoreContractTests {
    @Test("The SQLite store keeps the contract of stores", arguments: StoreContract.cases)
    func contract(storeCase: StoreCase) async throws { try await storeCase.run(on: .sqlite) }
}
