import Contracts
import Core
import Objects
import SystemPackage
import Testing

@Suite("Every object store keeps its contract")
struct ObjectStoreContractTests {
    @Test("On disk", arguments: ObjectStoreContract.cases)
    func disk(_ contract: ContractCase<any ObjectStore>) async throws {
        let folder = try TemporaryFolder()
        try await contract.run(DiskObjectStore(folder.path.appending("store")))
        #expect(try folder.contents("store/+incoming").isEmpty, "no temporary file may stay")
    }

    @Test("In memory", arguments: ObjectStoreContract.cases)
    func memory(_ contract: ContractCase<any ObjectStore>) async throws {
        try await contract.run(MemoryObjectStore())
    }
}
