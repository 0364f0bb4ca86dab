/// What people and their programs wrote about a photo, as a file tells of it: the original, or a sidecar beside it. Text is
/// untrusted.
public struct WrittenMarks: Hashable, Sendable, Codable {
    /// Accepted, in digiKam's words (`digiKam:PickLabel` 3).
    public var isFavourite = false
    /// 0 to 5; nil when unrated.
    public var rating: Int?
    public var caption: String?
    public var position: GeoPosition?
    /// Words, and paths of them: `Places/Portugal/Lisbon`.
    public var keywords: [String] = []
    public var faces: [FaceRegion] = []
    /// nil where the file doesn't tell, or is the original, whose metadata do.
    public var captureTime: CaptureTime?
    /// Whether they say something only where the original says nothing. nil is false: an older phototui wrote none.
    public var onlyFills: Bool?

    public init() {}

    /// What an original says.
    public init(_ metadata: PhotoMetadata, isFavourite: Bool, faces: [FaceRegion]) {
        (self.isFavourite, rating, caption) = (isFavourite, metadata.rating, metadata.caption)
        (position, keywords, self.faces) = (
            metadata.position, metadata.keywords, faces.prefix(FaceRegion.most).filter { $0.box.clamped != nil }
        )
    }

    /// With what sidecars say, the first before the others: whoever can't write into an original writes beside it. Their values
    /// go before one's own, their keywords are added, and of the same face theirs counts. Of those that only fill, what is still
    /// unknown is taken.
    public func merging(_ all: [WrittenMarks]) -> WrittenMarks {
        var merged = self
        let sidecars = all.filter { $0.onlyFills != true }
        for sidecar in sidecars.reversed() {
            merged.isFavourite = merged.isFavourite || sidecar.isFavourite
            merged.rating = sidecar.rating ?? merged.rating
            merged.caption = sidecar.caption ?? merged.caption
            merged.position = sidecar.position ?? merged.position
        }
        for keyword in sidecars.flatMap(\.keywords) where !merged.keywords.contains(keyword) {
            merged.keywords.append(keyword)
        }
        merged.faces = sidecars.flatMap(\.faces) + faces
        for filling in all where filling.onlyFills == true {
            merged.isFavourite = merged.isFavourite || filling.isFavourite
            merged.rating = merged.rating ?? filling.rating
            merged.caption = merged.caption ?? filling.caption
            merged.position = merged.position ?? filling.position
            merged.captureTime = merged.captureTime ?? filling.captureTime
            for keyword in filling.keywords where !merged.keywords.contains(keyword) { merged.keywords.append(keyword) }
        }
        return merged
    }
}

/// What of a photo's marks is as somebody edited it here, whatever its files tell: only that may go before what another program
/// wrote into a sidecar.
public struct EditedMarks: Hashable, Sendable, Codable {
    public var marks: Set<PhotoMark>
    /// Tags that were taken away from it, or are called something else now.
    public var words: [String]

    public init(marks: Set<PhotoMark> = [], words: [String] = []) { (self.marks, self.words) = (marks, words) }
}
