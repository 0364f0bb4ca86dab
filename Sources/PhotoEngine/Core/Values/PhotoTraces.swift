/// What was done with a photo, as far as it is remembered beside the photo itself, its files and its jobs. Each in order of time.
public struct PhotoTraces: Hashable, Sendable {
    /// What a person answered of it and another photo.
    public struct Answer: Hashable, Sendable {
        public let other: PhotoID
        /// Whether they show the same picture.
        public let isSame: Bool
        /// Unix microseconds.
        public let at: Int64

        public init(other: PhotoID, isSame: Bool, at: Int64) {
            (self.other, self.isSame, self.at) = (other, isSame, at)
        }
    }

    public var uploads: [Upload]
    /// Those that changed it, or made it the cover of an album.
    public var edits: [Edit]
    /// Decisions on it and photos like it.
    public var resolutions: [Resolution]
    public var answers: [Answer]
    /// What the journal says of it by its name, and of promotions of the library that it came with.
    public var journal: [JournalEntry]
    /// Files that were written of it, and pages that show it.
    public var exports: [ExportedPhoto]
    public var shares: [Share]
    /// What lies beside its files, and the city of its position: no moment is known of these.
    public var sidecars: [Sidecar]
    public var city: City?
    /// Where its original was before the library was promoted.
    public var earlierOriginal: OriginalLocation?

    public init(
        uploads: [Upload] = [], edits: [Edit] = [], resolutions: [Resolution] = [], answers: [Answer] = [],
        journal: [JournalEntry] = [], exports: [ExportedPhoto] = [],
        shares: [Share] = [], sidecars: [Sidecar] = [], city: City? = nil,
        earlierOriginal: OriginalLocation? = nil
    ) {
        (self.uploads, self.edits, self.resolutions) = (uploads, edits, resolutions)
        (self.answers, self.journal) = (answers, journal)
        (self.exports, self.shares) = (exports, shares)
        (self.sidecars, self.city, self.earlierOriginal) = (sidecars, city, earlierOriginal)
    }
}
