import Contracts
import Core
import Jobs
import Testing

@Suite("Every delivery keeps its contract")
struct DeliveryContractTests {
    @Test("Inline", arguments: DeliveryContract.cases)
    func inline(_ contract: ContractCase<any Delivery>) async throws {
        try await contract.run(InlineDelivery(visibility: DeliveryContract.visibility))
    }
}
