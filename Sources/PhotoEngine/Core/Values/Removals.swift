/// What edits took away and nobody took back, so that an import which tells of it again can leave it so.
public struct Removals: Hashable, Sendable {
    /// Photos that were taken out of albums.
    public var left: [AlbumID: Set<PhotoID>] = [:]
    /// Albums that an import began or filled, by the key of the name it had for them: they may be called otherwise now, or be gone.
    public var gathered: [String: AlbumID] = [:]
    /// Photos that lost a tag, by the key of its name then.
    public var untagged: [String: Set<PhotoID>] = [:]
    /// What tags are called now, by the keys of names they had.
    public var renamed: [String: String] = [:]

    public init() {}
}
