public import Core
public import Grid

/// A cluster's photos beside each other, and what a person wants of them.
public struct ComparisonState: Sendable {
    public enum Mode: Hashable, Sendable {
        case sideBySide
        /// The two photos in the same place, one after the other.
        case blink(showsOther: Bool)
        case difference
    }

    public let cluster: ClusterID
    public var details: ClusterDetails?
    /// Why there is nothing to show.
    public var failure: EngineError?
    /// Index of the photo the keyboard is on.
    public var selected = 0
    /// The first photo shown.
    public var firstPane = 0
    public var keeper: PhotoID?
    /// Kept beside the keeper.
    public var alsoKept: Set<PhotoID> = []
    /// Whether a person pressed a key that chooses, whatever came of it.
    var hasChosen = false
    public var mode = Mode.sideBySide
    public var zoom = PictureZoom()
    /// Whether facts have the room that pictures have else.
    public var showsFacts = false
    public var pictures: [PhotoID: Picture] = [:]
    public var difference: Difference?
    /// Whether the catalogue has changed since.
    var isStale = false
    var detailsRequest: RequestID?
    var blinkTimer: RequestID?

    /// What shows of one photo.
    public struct Picture: Sendable {
        public var shown: Grid?
        public var failure: String?
        var request: (id: RequestID, wanted: PictureRequest)?
        var isSharp = false
    }

    /// What shows of the difference between two.
    public struct Difference: Sendable {
        public var shown: DifferencePicture?
        public var failure: String?
        let request: DifferenceRequest
        let id: RequestID
    }

    /// Seconds each photo shows while they alternate by themselves.
    static let blinkSeconds = 0.7
    /// How long the key that accepts must not come, once a decision brought up the next cluster: longer than between two
    /// repeats of a key that is held, shorter than between two strokes.
    static let restSeconds = 0.22
    /// Photos shown at once, at most.
    static let mostPanes = 4

    init(_ cluster: ClusterID) { self.cluster = cluster }

    public var photos: [ReviewedPhoto] { details?.photos ?? [] }

    public var selectedPhoto: ReviewedPhoto? { photos.indices.contains(selected) ? photos[selected] : nil }

    public var keeperPhoto: ReviewedPhoto? { photos.first { $0.photo.id == keeper } }

    /// The keeper and the photo it is compared with: the selected one, or that behind it.
    public var pair: (keeper: ReviewedPhoto, other: ReviewedPhoto)? {
        guard let kept = keeperPhoto, let selected = selectedPhoto, photos.count > 1 else { return nil }
        if selected.photo.id != kept.photo.id { return (kept, selected) }
        let next = self.selected + 1 < photos.count ? self.selected + 1 : self.selected - 1
        return (kept, photos[next])
    }

    var isBlinking: Bool {
        if case .blink = mode { return true }
        return false
    }

    func isKept(_ photo: PhotoID) -> Bool { photo == keeper || alsoKept.contains(photo) }

    /// What would go.
    public var trashed: [ReviewedPhoto] { photos.filter { !isKept($0.photo.id) } }

    /// What becomes of a photo: until a person chooses, none of a stack goes.
    func fate(of photo: PhotoID) -> String {
        if !hasChosen, details?.stacks.contains(where: { $0.photos.contains(photo) }) == true { return "stack" }
        return photo == keeper ? "KEEP" : isKept(photo) ? "KEEP TOO" : "trash"
    }

    /// Whether a person chose other than what is proposed.
    var isOwnChoice: Bool { details.map { $0.keeper != keeper || $0.alsoKept != alsoKept } ?? false }

    mutating func loaded(_ loaded: ClusterDetails) {
        let before = details
        (details, failure) = (loaded, nil)
        let ids = Set(loaded.photos.map(\.photo.id))
        guard let before, Set(before.photos.map(\.photo.id)) == ids else {
            (keeper, alsoKept, selected, firstPane) = (loaded.keeper, loaded.alsoKept, 0, 0)
            hasChosen = false
            pictures = pictures.filter { ids.contains($0.key) }
            return
        }
        // The same photos, perhaps in another order: what was chosen holds.
        if let id = before.photos.indices.contains(selected) ? before.photos[selected].photo.id : nil,
            let index = loaded.photos.firstIndex(where: { $0.photo.id == id })
        {
            selected = index
        }
    }
}

/// Where the parts of a comparison are on the screen.
struct ComparisonLayout {
    struct Pane {
        /// Index of the photo.
        let index: Int
        let picture: Rect
        let caption: Rect
        let facts: Rect
    }

    let heading: Rect
    let advice: Rect
    /// Empty unless photos stand side by side.
    let panes: [Pane]
    /// What each line of facts is; empty where there is no room for it.
    let labels: Rect
    /// Where one picture shows alone, with a line below it.
    let picture: Rect
    let caption: Rect

    init(_ body: Rect, _ comparison: ComparisonState, aspect: Double) {
        var rest: Rect
        (heading, rest) = body.splitTop(1)
        (advice, rest) = rest.splitTop(body.rows >= 14 ? 2 : body.rows >= 6 ? 1 : 0)
        (caption, picture) = rest.splitBottom(1)
        let gutter = body.columns >= 60 ? 11 : 0
        guard comparison.mode == .sideBySide, !comparison.photos.isEmpty else {
            (panes, labels) = ([], rest.splitLeft(0).left)
            return
        }
        let count = Self.paneCount(columns: body.columns, of: comparison.photos.count)
        let width = (body.columns - gutter + 1) / count
        let first = min(max(comparison.firstPane, 0), comparison.photos.count - count)
        // Pictures get the rows they fill; facts have the others.
        let room = GridSize(columns: width - 1, rows: rest.rows - 1 - max(1, min(8, rest.rows * 2 / 5)))
        let filled = comparison.photos[first..<first + count].map { photo in
            PictureZoom.fitted(photo.shownSize ?? PixelSize(width: 4, height: 3), in: room, aspect: aspect).rows
        }
        let most = comparison.showsFacts ? 4 : rest.rows
        let (pictures, below) = rest.splitTop(max(min(2, rest.rows), min(filled.max() ?? 0, most)))
        let (captions, facts) = below.splitTop(1)
        labels = facts.splitLeft(gutter).left
        panes = (0..<count).map { number in
            func part(_ area: Rect) -> Rect {
                Rect(row: area.row, column: area.column + gutter + number * width, rows: area.rows, columns: width - 1)
            }
            return Pane(index: first + number, picture: part(pictures), caption: part(captions), facts: part(facts))
        }
    }

    /// Photos side by side on a screen that wide, at least 17 columns each.
    static func paneCount(columns: Int, of photos: Int) -> Int {
        let gutter = columns >= 60 ? 10 : 0
        return max(1, min(photos, ComparisonState.mostPanes, (columns - gutter + 1) / 17))
    }
}
