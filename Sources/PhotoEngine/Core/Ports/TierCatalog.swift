/// In which tier of the storage the owner's originals are. What lies in files, or in the trash, is moved nowhere.
public protocol TierCatalog: Sendable {
    /// Originals in the object store by where they are and are to be. Nothing is ever due in a warmer tier than it is in.
    func tiers(_ limits: TierLimits) async throws -> [TierShare]
    /// What is to be moved, in order of id, behind `after`.
    func tierMoves(_ limits: TierLimits, after: PhotoID?, limit: Int) async throws -> [TierMove]
    /// Remembers where an original is, as long as it is still under this key; false where it is not.
    func setTier(_ tier: StorageTier, of photo: PhotoID, at key: ObjectKey) async throws -> Bool
}
