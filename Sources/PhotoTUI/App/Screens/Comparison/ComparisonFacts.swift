import Core

/// What is known of photos beside each other, what differs first; all foreign text escaped.
struct ComparisonFacts {
    struct Row: Equatable {
        let label: String
        /// One for each photo.
        let values: [String]
        /// Whether each is another than the keeper's.
        let differs: [Bool]
    }

    let rows: [Row]

    /// Columns from which on values are told in full.
    static let fullWidth = 24

    /// Of the photos that show, against the keeper, which need not be among them; shorter where a column is narrow, with the
    /// names, for which their captions have no room then.
    init(_ photos: [ReviewedPhoto], keeper: ReviewedPhoto, isNarrow: Bool, isPair: Bool) {
        var rows: [Row] = []
        func add(_ label: String, _ value: (ReviewedPhoto) -> String?) {
            let values = photos.map { value($0) ?? "" }
            let kept = value(keeper) ?? ""
            guard !kept.isEmpty || values.contains(where: { !$0.isEmpty }) else { return }
            rows.append(Row(label: label, values: values, differs: values.map { $0 != kept }))
        }
        add("Problem") { $0.photo.isMissing ? "file is missing" : escaped($0.photo.problem) }
        add("Size") {
            $0.pixelSize.map { "\($0.width)×\($0.height)" + (isNarrow ? "" : ", \(megapixels($0))") }
        }
        add("File") { "\($0.photo.byteCount) \(formatName($0.photo.mediaType))" }
        add("Taken") { isNarrow ? compactTime($0.photo.captureTime) : takenText($0.photo.captureTime) }
        add("Dated by") { $0.photo.captureTime.source.words }
        add("Camera") { photo in
            let metadata = photo.photo.metadata
            return escaped((metadata.cameraModel ?? metadata.cameraMake))
        }
        add("Lens") { escaped($0.photo.metadata.lens) }
        add("Exposure") { exposureText($0.photo.metadata.exposure) }
        add("Position") { $0.photo.metadata.position.map(positionText) }
        add("Place") { escaped($0.photo.metadata.place) }
        add("Rating") { $0.photo.metadata.rating.map { "\($0) of 5" } }
        add("Favourite") { $0.photo.isFavourite ? "yes" : nil }
        add("Caption") { escaped($0.photo.metadata.caption) }
        add("Keywords") { escaped($0.photo.metadata.keywords.joined(separator: ", ")) }
        add("Albums") { escaped($0.marks().text(of: .albums)) }
        add("Tags") { escaped($0.marks().text(of: .tags)) }
        add("Faces") { escaped(Face.summary($0.faces)) }
        add("Folder") { $0.paths.first.map { displayEscaped(bytes: folder($0)) } }
        add("Files") { $0.paths.count > 1 ? "\($0.paths.count) with the same bytes" : nil }
        let likeness = Row(
            label: "Alike", values: photos.map { likenessText($0, keeper: keeper, isPair: isPair) },
            differs: photos.map { _ in false })
        let different = rows.filter { $0.differs.contains(true) }
        let names = Row(
            label: "Name", values: photos.map { displayEscaped($0.photo.filename) }, differs: photos.map { _ in false })
        self.rows = (isNarrow ? [names] : []) + [likeness] + different + rows.filter { !$0.differs.contains(true) }
    }
}

private func escaped(_ text: String?) -> String? { text.map { displayEscaped($0) } }

private func folder(_ path: [UInt8]) -> ArraySlice<UInt8> {
    let end = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
    return end == 0 ? path.prefix(1) : path[..<end]
}

/// `JPEG`.
func formatName(_ type: MediaType) -> String {
    switch type {
    case .webp: "WebP"
    case .jxl: "JPEG XL"
    default: type == .raw ? "RAW" : String(type.rawValue.dropFirst("image/".count)).uppercased()
    }
}

/// `2015-02-13 13:04`.
private func compactTime(_ time: CaptureTime) -> String {
    let part = time.fields
    let date = "\(part.year)-\(twoDigits(part.month))-\(twoDigits(part.day))"
    return "\(date) \(twoDigits(part.hour)):\(twoDigits(part.minute))"
}

/// How far a photo is from the one to keep, and of two, how alike they were found.
private func likenessText(_ photo: ReviewedPhoto, keeper: ReviewedPhoto, isPair: Bool) -> String {
    guard photo.photo.id != keeper.photo.id else { return "-" }
    var parts: [String] = []
    let distance = photo.member.distance(to: keeper.member)
    parts.append(distance == 1 ? "1 bit" : "\(distance) bits")
    // Of two, one was found beside the other; of more, which one a photo was found beside isn't known.
    if isPair, let similarity = (photo.member.evidence ?? keeper.member.evidence)?.similarity {
        parts.append(LikenessEvidence.text(similarity: similarity))
    }
    if photo.isTurned || keeper.isTurned { parts.append("turned") }
    return parts.isEmpty ? "-" : parts.joined(separator: ", ")
}

extension CaptureTimeSource {
    fileprivate var words: String {
        switch self {
        case .exif: "camera"
        case .gps: "GPS"
        case .xmp: "XMP"
        case .iptc: "IPTC"
        case .sidecar: "sidecar"
        case .filename: "file name"
        case .modified: "file's time"
        }
    }
}
