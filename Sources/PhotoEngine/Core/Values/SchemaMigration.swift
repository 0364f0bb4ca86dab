/// What became of bringing a server's database to this version.
public struct SchemaMigration: Hashable, Sendable {
    public let schemaVersion: Int
    /// What the server could not have, why, and what to do; one sentence each.
    public let remarks: [String]

    public init(schemaVersion: Int, remarks: [String]) {
        self.schemaVersion = schemaVersion
        self.remarks = remarks
    }
}
