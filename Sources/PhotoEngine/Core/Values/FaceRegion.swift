/// A face as a file or the sidecar beside it tells of it: in the picture as it is stored, before it is turned upright.
public struct FaceRegion: Hashable, Sendable, Codable {
    /// In fractions of the stored picture's width and height.
    public let box: PictureRegion
    /// Untrusted; nil where nobody said whose it is.
    public let name: String?
    public let source: Face.Source
    /// The size of the picture that whoever wrote it had before them, where it tells.
    public let dimensions: PixelSize?

    /// More faces than these are no group photo, but an attack.
    public static let most = 1000

    public init(box: PictureRegion, name: String?, source: Face.Source, dimensions: PixelSize?) {
        (self.box, self.name, self.source, self.dimensions) = (box, name, source, dimensions)
    }

    /// Where it is in the picture as it is shown; nil where that is outside of it. Regions are told of the stored picture
    /// (Metadata Working Group, Guidelines for Handling Image Metadata 2.0, 5.9), but some programs tell them of the shown one:
    /// those whose dimensions lie as the upright picture does, where that makes a difference.
    public func face(_ orientation: Orientation, stored: PixelSize) -> Face? {
        let isOfShown = dimensions.map { size in
            orientation.swapsAxes && (size.width - size.height).signum() == (stored.height - stored.width).signum()
                && size.width != size.height
        }
        guard let box = box.clamped else { return nil }
        let face = Face(box: box, name: name, source: source)
        return isOfShown == true ? face : face.turned(orientation)
    }

    /// The faces that regions tell of, each once: those told first go before those told after, but a name before none at the
    /// same place.
    public static func faces(_ regions: [FaceRegion], _ orientation: Orientation, stored: PixelSize) -> [Face] {
        let told = regions.prefix(most).compactMap { $0.face(orientation, stored: stored) }
        let once = Face.added(to: [], from: told)
        return once.filter { face in
            face.name != nil || !once.contains { $0.name != nil && $0.box.overlaps(face.box) }
        }
    }
}
