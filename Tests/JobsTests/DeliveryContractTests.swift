import Contracts
import Core
import Jobs
import Testing

@Suite("Every delivery keeps its contract")
struct DeliveryContractTests {
    @Test("Inline", arguments: DeliveryContract.cases)
    func inline(_ contract: ContractCase<any Delivery>) async throws {
        try await contract.run(InlineDelivery(visibility: DeliveryContract.longVisibility))
    }

    @Test(
        "Celery's protocol on Redis", .enabled(if: RedisService.isUsable, "\(RedisService.reason)"),
        arguments: DeliveryContract.cases)
    func celery(_ contract: ContractCase<any Delivery>) async throws {
        try await contract.run(CeleryDelivery(RedisService.address(), visibility: DeliveryContract.longVisibility))
    }

    @Test("Inline, when visibility ends", arguments: DeliveryContract.visibilityCases)
    func inlineVisibility(_ contract: ContractCase<any Delivery>) async throws {
        try await contract.run(InlineDelivery(visibility: DeliveryContract.visibility))
    }

    @Test(
        "Celery's protocol on Redis, when visibility ends",
        .enabled(if: RedisService.isUsable, "\(RedisService.reason)"),
        arguments: DeliveryContract.visibilityCases)
    func celeryVisibility(_ contract: ContractCase<any Delivery>) async throws {
        try await contract.run(CeleryDelivery(RedisService.address(), visibility: DeliveryContract.visibility))
    }
}
