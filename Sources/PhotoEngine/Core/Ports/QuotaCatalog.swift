/// What the owner may have.
public protocol QuotaCatalog: Sendable {
    /// What the owner has, and their quota.
    func usage() async throws -> OwnerUsage
}
