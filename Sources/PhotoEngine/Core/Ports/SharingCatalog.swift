/// What left the library: files that were written out of it, and pages that were shared.
public protocol SharingCatalog: Sendable {
    /// Remembers files that were written; one at the same path as before takes its place. Unknown photos are left out.
    func noteExports(_ exports: [ExportedPhoto]) async throws
    /// What was written of each of these photos, in their order, each in order of its path.
    func exports(of photos: [PhotoID]) async throws -> [[ExportedPhoto]]

    /// Remembers a share whose pictures are about to be copied. Throws `.invalidInput` for more than `Share.mostPhotos`.
    func beginShare(_ share: Share, of photos: [PhotoID]) async throws
    /// From now on it is shared, and the journal tells of it. False where it has ended meanwhile.
    func finishShare(_ id: ShareID) async throws -> Bool
    /// It is over, and the journal tells why; false where it was already.
    func endShare(_ id: ShareID, as state: Share.State, actor: String, reason: String) async throws -> Bool
    /// Newest first, of ids whose canonical text begins with `prefix`, or all where it is nil, at most `limit`; only those that
    /// haven't ended, where that is asked for.
    func shares(idPrefix prefix: String?, isOpen: Bool, limit: Int) async throws -> [Share]
}
