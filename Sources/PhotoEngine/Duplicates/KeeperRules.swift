public import Core
public import SystemPackage

/// Which photo of a cluster to keep, as data: what counts, and in which order.
public struct KeeperRules: Codable, Equatable, Sendable {
    /// One after the other, each leaves those that are best by it; a rule left out doesn't count.
    public var order = KeeperRule.allCases
    /// Photos with a file in one of these folders, or below, are kept, all of them. Absolute paths.
    public var referenceFolders: [String] = []
    /// Best first; formats left out count least.
    public var formats: [MediaType] = [.raw, .tiff, .png, .heic, .avif, .jxl, .jpeg, .webp, .gif]
    public var namePatterns = NamePattern.standard
    /// Pictures whose pixels differ by less than this share are equally large.
    public var sizeTolerance = 0.05

    public init() {}
}

/// What one photo may have before another.
public enum KeeperRule: String, Codable, CaseIterable, Sendable {
    /// A file in a folder that is always kept.
    case referenceFolder
    /// As the camera made it: neither edited nor saved again without the camera's data.
    case original
    /// More frames, pages or bits a channel, or a film behind the picture.
    case extent
    /// More pixels.
    case resolution
    case format
    /// More of what the camera tells: position, camera, lens, exposure.
    case metadata
    /// A better source of the date, or the earlier date of two equally good ones.
    case captureDate
    /// A name that no copying program gives.
    case fileName
    case albums
    /// More bytes: less lost in compression.
    case bytes

    /// Whether it speaks of the picture itself rather than of where it lies.
    var isWeighty: Bool {
        switch self {
        case .referenceFolder, .original, .extent, .resolution, .metadata: true
        case .format, .captureDate, .fileName, .albums, .bytes: false
        }
    }

    /// After "has".
    var advantage: String {
        switch self {
        case .referenceFolder: "its place in a folder that is always kept"
        case .original: "more of the original"
        default: words
        }
    }

    /// What the keeper has, for a person.
    var words: String {
        switch self {
        case .referenceFolder: "in a folder that is always kept"
        case .original: "nearer to the original"
        case .extent: "more frames, pages or bits, or a film"
        case .resolution: "more pixels"
        case .format: "the better format"
        case .metadata: "more camera data"
        case .captureDate: "the surer or earlier capture date"
        case .fileName: "the plainer name"
        case .albums: "in more albums"
        case .bytes: "the larger file"
        }
    }
}

/// A photo of a cluster and what else the rules weigh.
public struct KeeperCandidate: Sendable {
    public var photo: Photo
    /// Where files with its bytes are.
    public var paths: [FilePath]
    public var albumCount: Int

    public init(photo: Photo, paths: [FilePath], albumCount: Int) {
        self.photo = photo
        self.paths = paths
        self.albumCount = albumCount
    }
}

/// What to keep of a cluster, and why.
public struct KeeperProposal: Equatable, Sendable {
    public let keeper: PhotoID
    /// Those that a reference folder keeps, the keeper among them or not.
    public let alwaysKept: Set<PhotoID>
    /// For a person, safe to show: `4032x3024 HEIC original (more pixels); the other is a 1600 px WhatsApp copy`.
    public let choice: String
    /// Why it isn't certain, for a person: something weighty speaks for another photo, or nothing does for the keeper. Nil
    /// where it is certain, as it always is for equal bytes.
    public let doubt: String?
    /// Whether something weighty speaks for another photo.
    public let isOpposed: Bool
}

extension KeeperRules {
    /// The keeper of a cluster's photos, of which there is at least one. The order they are given in doesn't matter.
    public func proposal(among candidates: [KeeperCandidate]) -> KeeperProposal {
        precondition(!candidates.isEmpty)
        let scale = WeighedPhoto.Scale(self)
        let weighed = candidates.sorted { $0.photo.id < $1.photo.id }.map { WeighedPhoto($0, scale) }
        // A damaged file is kept beside, never before, a sound one: no rule outweighs what it has lost.
        let sound = weighed.indices.filter { !weighed[$0].isDamaged }
        var left = sound.isEmpty ? Array(weighed.indices) : sound
        var decisive: KeeperRule?
        for rule in order where left.count > 1 {
            let best = left.dropFirst().reduce(left[0]) {
                weighed[$1].isBetter(than: weighed[$0], by: rule, self) ? $1 : $0
            }
            let stays = left.filter { !weighed[best].isBetter(than: weighed[$0], by: rule, self) }
            if stays.count < left.count, decisive == nil { decisive = rule }
            left = stays
        }
        let keeper = weighed[left[0]]
        let others = weighed.filter { $0.photo.id != keeper.photo.id }
        return KeeperProposal(
            keeper: keeper.photo.id,
            alwaysKept: Set(weighed.filter(\.isInReferenceFolder).map(\.photo.id)),
            choice: choice(keeper, others, others.contains(where: \.isDamaged) ? nil : decisive),
            doubt: others.lazy.compactMap { doubt(of: keeper, beside: $0) }.first,
            isOpposed: others.contains { objection(to: keeper, beside: $0) != nil })
    }

    private func doubt(of keeper: WeighedPhoto, beside other: WeighedPhoto) -> String? {
        if let objection = objection(to: keeper, beside: other) { return objection }
        let isTold = order.contains { $0.isWeighty && keeper.isBetter(than: other, by: $0, self) }
        if keeper.photo.sha256 == other.photo.sha256 || other.isDamaged || isTold { return nil }
        return "little tells it from \(displayEscaped(other.photo.filename))"
    }

    /// What weighty there is for the other photo.
    private func objection(to keeper: WeighedPhoto, beside other: WeighedPhoto) -> String? {
        if keeper.photo.sha256 == other.photo.sha256 { return nil }
        if keeper.isDamaged { return "\(displayEscaped(keeper.photo.filename)) is damaged" }
        let weighty = order.filter(\.isWeighty)
        let name = displayEscaped(other.photo.filename)
        if let loss = other.extent.loss(keeping: keeper.extent) { return "\(name) \(loss)" }
        if let rule = weighty.first(where: { other.isBetter(than: keeper, by: $0, self) }) {
            return "\(name) has \(rule.advantage)"
        }
        return keeper.isEnlarged(from: other, self) ? "\(name) has more bytes for fewer pixels" : nil
    }

    private func choice(_ keeper: WeighedPhoto, _ others: [WeighedPhoto], _ rule: KeeperRule?) -> String {
        var sentence = "\(keeper.size) \(keeper.format) \(keeper.kind)" + (keeper.isDamaged ? ", damaged" : "")
        // "4032x3024 HEIC original (nearer to the original)" would say it twice.
        if let rule, rule != .original || keeper.kind != "original" { sentence += " (\(rule.words))" }
        let words = others.prefix(3).map { other in
            let kept = (other.isDamaged ? ", damaged" : "") + (other.isInReferenceFolder ? ", kept too" : "")
            let text =
                "\(other.longestEdge) \(other.differs(from: keeper) ? other.format + " " : "")\(other.kind)\(kept)"
            // Eight, eighteen hundred, unread.
            return (text.hasPrefix("8") || text.hasPrefix("18") || text.hasPrefix("u") ? "an " : "a ") + text
        }
        switch others.count {
        case 0: return sentence
        case 1: return sentence + "; the other is " + words[0]
        case 2, 3: return sentence + "; the others are " + words.joined(separator: ", ")
        default: return sentence + "; the others are " + words.joined(separator: ", ") + " and \(others.count - 3) more"
        }
    }
}
