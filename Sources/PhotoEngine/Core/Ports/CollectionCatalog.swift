/// Albums and tags. Names are found whatever their case and Unicode normalisation.
public protocol CollectionCatalog: Sendable {
    /// In order of name.
    func albums(_ query: CollectionQuery) async throws -> [Album]
    func album(named name: CollectionName) async throws -> Album?
    func album(_ id: AlbumID) async throws -> Album?
    func tags(_ query: CollectionQuery) async throws -> [Tag]
    func tag(named name: CollectionName) async throws -> Tag?
    /// The keywords that are the name of no tag, with `text` in theirs whatever its case; in the order of their folded text, behind
    /// the keyword `after`.
    func keywords(containing text: String, after: String?, limit: Int) async throws -> [Keyword]
    /// In the album's order, or by capture time, newest first, behind `after`; archived ones too, without those in the trash.
    func photos(in collection: PhotoCollection, after: CollectionPosition?, limit: Int) async throws -> [CollectedPhoto]
    /// As `photos(in:after:limit:)`, with what a wall shows of them.
    func entries(in collection: PhotoCollection, after: CollectionPosition?, limit: Int) async throws
        -> [CollectedEntry]
    /// What each of these photos is in, in their order.
    func collections(of photos: [PhotoID]) async throws -> [PhotoCollections]
}

/// Which albums or tags are asked for.
public struct CollectionQuery: Hashable, Sendable {
    /// Part of the name, whatever its case; empty for any.
    public var text: String
    /// Only names that follow this one in order.
    public var after: CollectionName?
    /// Those with the most photos first, in place of by name; goes without `after`.
    public var isByPhotoCount: Bool
    public var limit: Int

    public init(text: String = "", after: CollectionName? = nil, isByPhotoCount: Bool = false, limit: Int) {
        self.text = text
        self.after = after
        self.isByPhotoCount = isByPhotoCount
        self.limit = limit
    }
}

/// What people change of photos, albums and tags, each change with its way back.
public protocol EditCatalog: Sendable {
    /// Makes a change of at most `EditRequest.mostPhotos` photos, with what it takes to undo it, and tells the journal. nil,
    /// and nothing is written, where all is so already. Throws `.invalidInput` for a value that can't be, `.notFound` for an
    /// unknown album, tag, or edit to continue, `.conflict` for a name that another has.
    func edit(_ request: EditRequest) async throws -> Edit?
    /// Newest first, behind `after`.
    func edits(after: EditID?, limit: Int) async throws -> [Edit]
    /// Newest first, of ids whose canonical text begins with `prefix`.
    func edits(idPrefix prefix: String, limit: Int) async throws -> [Edit]
    /// Reads what was taken away by all edits: for whoever brings much at once.
    func removals() async throws -> Removals
    /// Takes an edit back, whenever, its last part first; of one of many photos a bounded part, so that it is asked for until it
    /// is complete. What was changed since stays as it is and is told. Throws `.notFound`, or `.conflict` when all was taken
    /// back before.
    func undoPart(of edit: EditID, actor: String, reason: String) async throws -> UndoneEdit
}
