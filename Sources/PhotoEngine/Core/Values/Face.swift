/// A face in a picture, and whose it is.
public struct Face: Hashable, Sendable, Codable {
    /// In which words its file, or the sidecar beside it, told of it.
    public enum Source: String, Sendable, CaseIterable, Codable {
        /// The regions of the Metadata Working Group, as digiKam, Picasa and Lightroom write them.
        case mwg
        /// Microsoft's people tags, as Windows Photo Gallery and digiKam write them.
        case microsoft
    }

    /// Where it is in the picture as it is shown, in fractions of its width and height, to a millionth.
    public let box: PictureRegion
    /// The person's; nil where nobody said whose it is. Untrusted.
    public let name: String?
    public let source: Source

    public init(box: PictureRegion, name: String?, source: Source) {
        func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
        self.box = PictureRegion(
            x: rounded(box.x), y: rounded(box.y), width: rounded(box.width), height: rounded(box.height))
        (self.name, self.source) = (name, source)
    }

    /// Where it is once the picture is turned and mirrored as a viewer does that reads `orientation`.
    public func turned(_ orientation: Orientation) -> Face {
        orientation == .upright ? self : Face(box: box.before(orientation.inverse), name: name, source: source)
    }

    /// Which of the faces of others `own` lacks, in their order: a named one where nobody of that name is there yet, one without
    /// a name where it overlaps no face. All of them are told of the same picture, turned alike.
    public static func added(to own: [Face], from others: [Face]) -> [Face] {
        var names = Set(own.compactMap(\.nameKey))
        var boxes = own.map(\.box)
        return others.filter { face in
            let isNew = face.nameKey.map { names.insert($0).inserted } ?? !boxes.contains { $0.overlaps(face.box) }
            if isNew { boxes.append(face.box) }
            return isNew
        }
    }

    /// Equal for names that differ in nothing but case or Unicode normalisation.
    public var nameKey: String? { name.map(CollectionName.key) }

    /// `Ana, Ben, 2 without a name`; nil where there are none. Untrusted as the names are.
    public static func summary(_ faces: [Face]) -> String? {
        let names = faces.compactMap(\.name)
        let unnamed = faces.count - names.count
        let words = names + (unnamed == 0 ? [] : ["\(unnamed) without a name"])
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}

/// Whose face it is.
public struct Person: Hashable, Sendable {
    public let id: PersonID
    public let name: String

    public init(id: PersonID, name: String) {
        (self.id, self.name) = (id, name)
    }
}

extension PictureRegion {
    /// Whether two share at least half of the smaller one: programs draw their boxes around a face wider or narrower.
    public func overlaps(_ other: PictureRegion) -> Bool {
        let across = min(x + width, other.x + other.width) - max(x, other.x)
        let down = min(y + height, other.y + other.height) - max(y, other.y)
        guard across > 0, down > 0 else { return false }
        return across * down >= min(width * height, other.width * other.height) / 2
    }

    /// What of it lies in the picture; nil where nothing does, or a number is none.
    public var clamped: PictureRegion? {
        let numbers = [x, y, width, height]
        guard numbers.allSatisfy(\.isFinite) else { return nil }
        let (left, top) = (max(0, x), max(0, y))
        let (right, bottom) = (min(1, x + width), min(1, y + height))
        guard right > left, bottom > top else { return nil }
        return PictureRegion(x: left, y: top, width: right - left, height: bottom - top)
    }
}
