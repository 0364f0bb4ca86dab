public import Core
internal import Foundation

/// What Google Photos says of a photo or of an album, in the JSON beside it. Text is untrusted.
public struct TakeoutNote: Hashable, Sendable {
    /// The photo's file name as it was uploaded, or the album's name.
    public var title: String
    public var caption: String?
    /// Unix seconds of the years 1 to 9999; nil for an album, and where the note tells another.
    public var takenAt: Int64?
    public var position: GeoPosition?
    public var people: [String] = []
    public var isFavourite = false
    public var isArchived = false
    public var isTrashed = false
    /// Whether it is of an album rather than of a photo.
    public var isAlbum: Bool

    /// More than any note has.
    static let mostBytes = 1 << 20

    /// nil where it is something else, as Takeout's other products write.
    public init?(json: [UInt8]) {
        guard json.count <= Self.mostBytes, let content = try? JSONDecoder().decode(Content.self, from: Data(json))
        else { return nil }
        // Older exports wrap what is said of an album.
        let album = content.albumData
        takenAt = content.photoTakenTime?.seconds ?? content.creationTime?.seconds
        isAlbum = album != nil || content.photoTakenTime == nil && content.url == nil && content.geoData == nil
        guard let title = album?.title ?? content.title, isAlbum || takenAt != nil || content.photoTakenTime != nil
        else { return nil }
        self.title = Self.plain(title)
        let text = Self.plain(album?.description ?? content.description ?? "")
        caption = text.isEmpty ? nil : String(text.prefix(4000))
        if isAlbum { takenAt = nil }
        position = content.geoData?.position ?? content.geoDataExif?.position
        people = (content.people ?? []).compactMap(\.name).map(Self.plain).filter { !$0.isEmpty }
        isFavourite = content.favorited ?? false
        isArchived = content.archived ?? false
        isTrashed = content.trashed ?? false
    }

    /// What the catalogue takes up of it, below what the file itself says; `offsetMinutes` is that of the clocks where the photo
    /// was taken.
    public func marks(offsetMinutes: Int) -> WrittenMarks {
        var marks = WrittenMarks()
        marks.onlyFills = true
        marks.isFavourite = isFavourite
        marks.caption = caption
        marks.position = position
        // As digiKam names people among its tags: Google tells who is on a photo, not where.
        marks.keywords = people.map { "People/" + $0.replacing("/", with: "∕") }
        if let takenAt {
            marks.captureTime = CaptureTime(
                wallMicroseconds: (takenAt + Int64(offsetMinutes) * 60) * 1_000_000, offsetMinutes: offsetMinutes,
                source: .sidecar)
        }
        return marks
    }

    /// Without the entities of HTML that exports of some years have in names and texts.
    private static func plain(_ text: String) -> String {
        guard text.contains("&") else { return text }
        return [("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")].reduce(text) {
            $0.replacing($1.0, with: $1.1)
        }
    }

    private struct Content: Decodable {
        struct Moment: Decodable {
            let timestamp: String?

            var seconds: Int64? {
                timestamp.flatMap { Int64($0) }.flatMap { (-62_135_596_800...253_402_300_799).contains($0) ? $0 : nil }
            }
        }
        struct Place: Decodable {
            let latitude: Double?
            let longitude: Double?
            let altitude: Double?

            /// Google writes 0, 0 for an unknown place.
            var position: GeoPosition? {
                guard let latitude, let longitude, latitude != 0 || longitude != 0, abs(latitude) <= 90,
                    abs(longitude) <= 180
                else { return nil }
                return GeoPosition(
                    latitude: latitude, longitude: longitude, altitude: altitude.flatMap { $0 == 0 ? nil : $0 })
            }
        }
        struct Person: Decodable { let name: String? }
        struct Album: Decodable {
            let title: String?
            let description: String?
        }

        let title: String?
        let description: String?
        let url: String?
        let photoTakenTime: Moment?
        let creationTime: Moment?
        let geoData: Place?
        let geoDataExif: Place?
        let people: [Person]?
        let favorited: Bool?
        let archived: Bool?
        let trashed: Bool?
        let albumData: Album?
    }
}
