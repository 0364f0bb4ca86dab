/// All owners of a database, for who administers it: in Postgres the role that owns the schema, and no other.
public protocol OwnerAdministration: Sendable {
    /// What each owner has, in order of name.
    func owners() async throws -> [OwnerUsage]
    /// Sets an owner's quota from now on; what is there already stays. The owner's journal says who did so, and why. Returns what
    /// the owner has of it. Throws `.notFound` for an unknown owner, `.invalidInput` for a quota below zero, and
    /// `.permissionDenied` for who may not.
    func setQuota(_ quota: Quota, of owner: String, actor: String, reason: String) async throws -> OwnerUsage
    func close() async throws
}
