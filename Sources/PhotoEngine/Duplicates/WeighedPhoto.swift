internal import Core
internal import SystemPackage

/// A photo with what the keeper rules ask of it.
struct WeighedPhoto {
    let photo: Photo
    let isInReferenceFolder: Bool
    let origin: PhotoOrigin
    let extent: PictureExtent
    private let namePattern: NamePattern?
    private let albumCount: Int

    /// Rules made ready for many photos.
    struct Scale {
        fileprivate let folders: [FilePath]
        fileprivate let patterns: [NamePattern.Matcher]

        init(_ rules: KeeperRules) {
            folders = rules.referenceFolders.map { FilePath($0).lexicallyNormalized() }.filter { !$0.isEmpty }
            patterns = rules.namePatterns.map(NamePattern.Matcher.init)
        }
    }

    init(_ candidate: KeeperCandidate, _ scale: Scale) {
        photo = candidate.photo
        albumCount = candidate.albumCount
        isInReferenceFolder =
            !scale.folders.isEmpty
            && candidate.paths.contains { path in
                let path = path.lexicallyNormalized()
                return scale.folders.contains { path.starts(with: $0) }
            }
        let name = NamePattern.characters(photo.filename)
        namePattern = scale.patterns.first { $0.matches(name) }?.pattern
        origin = PhotoOrigin(of: photo, namePattern)
        extent = PictureExtent(of: photo)
    }

    func isBetter(than other: WeighedPhoto, by rule: KeeperRule, _ rules: KeeperRules) -> Bool {
        switch rule {
        case .referenceFolder: isInReferenceFolder && !other.isInReferenceFolder
        case .original: origin > other.origin
        case .extent: extent.excess(over: other.extent) != nil && other.extent.excess(over: extent) == nil
        case .resolution: Double(pixels) > Double(other.pixels) * (1 + rules.sizeTolerance)
        case .format: place(in: rules.formats) < other.place(in: rules.formats)
        // One field more or less says little; a position does.
        case .metadata: metadataScore > other.metadataScore + 1
        // When a file was written says less of the picture than its size does.
        case .captureDate where photo.captureTime.source == .modified && other.photo.captureTime.source == .modified:
            false
        case .captureDate: captureDateRank.lexicographicallyPrecedes(other.captureDateRank)
        case .fileName: namePattern == nil && other.namePattern != nil
        case .albums: albumCount > other.albumCount
        case .bytes: photo.byteCount > other.photo.byteCount
        }
    }

    /// Whether it may be no more than the other made larger, or compressed to nothing: no camera says otherwise.
    func isEnlarged(from other: WeighedPhoto, _ rules: KeeperRules) -> Bool {
        origin != .original && photo.mediaType == other.photo.mediaType && isBetter(than: other, by: .resolution, rules)
            && photo.byteCount < other.photo.byteCount
    }

    /// Whether a part of the picture could not be decoded.
    var isDamaged: Bool { photo.problem != nil }

    private var pixels: Int { photo.pixelSize?.pixels ?? 0 }

    private func place(in formats: [MediaType]) -> Int { formats.firstIndex(of: photo.mediaType) ?? formats.count }

    private var metadataScore: Int {
        let metadata = photo.metadata
        let has = [
            metadata.cameraMake != nil, metadata.cameraModel != nil, metadata.lens != nil,
            metadata.exposure.seconds != nil, metadata.exposure.aperture != nil, metadata.exposure.iso != nil,
            metadata.exposure.focalLength != nil, metadata.captureTime != nil,
        ]
        return has.count { $0 } + (metadata.position == nil ? 0 : 2)
    }

    private var captureDateRank: [Int64] {
        let source = CaptureTimeSource.allCases.firstIndex(of: photo.captureTime.source) ?? 0
        return [Int64(source), photo.captureTime.wallMicroseconds]
    }

    // MARK: For a person

    /// Upright: `4032x3024`.
    var size: String {
        guard let stored = photo.pixelSize else { return "unread" }
        let size = photo.metadata.orientation.upright(stored)
        return "\(size.width)x\(size.height)"
    }

    var longestEdge: String { photo.pixelSize.map { "\(max($0.width, $0.height)) px" } ?? "unread" }

    var format: String {
        switch photo.mediaType {
        case .jpeg: "JPEG"
        case .tiff: "TIFF"
        case .webp: "WebP"
        default: photo.mediaType.fileExtension.uppercased()
        }
    }

    /// What it is: the pattern's words where its name tells, which the owner may have written.
    var kind: String {
        if let namePattern { return displayEscaped(namePattern.meaning) }
        return origin.words
    }

    /// Whether the format is worth naming beside the keeper's.
    func differs(from keeper: WeighedPhoto) -> Bool { format != keeper.format && namePattern == nil }
}

/// How a photo's file came to be, least worth first.
enum PhotoOrigin: Int, Comparable {
    /// Saved without the camera's data: sent, downloaded, exported.
    case export
    case edited
    case original

    init(of photo: Photo, _ namePattern: NamePattern?) {
        if photo.isEdited || namePattern?.isEdited == true {
            self = .edited
        } else if namePattern == nil || photo.metadata.exposure.seconds != nil, photo.isFromCamera {
            self = .original
        } else {
            self = .export
        }
    }

    var words: String {
        switch self {
        case .export: "export"
        case .edited: "edited version"
        case .original: "original"
        }
    }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Photo {
    /// Whether the file has what a camera writes.
    var isFromCamera: Bool {
        mediaType == .raw || metadata.cameraModel != nil && (metadata.exposure.seconds != nil || metadata.lens != nil)
    }

    /// Whether an editing program says that it wrote the file. Phones and cameras name their firmware in the same tag.
    var isEdited: Bool {
        let written = Self.programTags.compactMap { metadata.tags[$0]?.lowercased() }
        if written.contains(where: { text in Self.editors.contains { text.contains($0) } }) { return true }
        return metadata.tags.keys.contains(where: Self.isOfEditing)
    }

    private static let editors = [
        "photoshop", "lightroom", "gimp", "darktable", "rawtherapee", "capture one", "affinity", "snapseed", "picasa",
        "vsco",
        "pixelmator", "luminar", "dxo", "paint.net", "digikam", "imagemagick", "acdsee", "on1", "photoscape",
    ]
}
