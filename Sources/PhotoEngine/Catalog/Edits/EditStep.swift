import Core
import Foundation

/// What an edit changed, with what was there before: the content of `edit_parts`.
enum EditStep: Codable {
    case marked(Marked)
    /// Put into the trash at a moment, some of them out of the archive.
    case trashed(PackedIDs, archived: PackedIDs, at: Int64)
    case tagged(TagRow, photos: PackedIDs)
    case untagged(TagRow, photos: PackedIDs)
    case joined(AlbumID, name: String, photos: PackedIDs)
    case left(AlbumID, name: String, photos: PackedIDs, positions: [Int64])
    case moved(AlbumID, name: String, photos: PackedIDs, before: [Int64], after: [Int64])
    case createdAlbum(AlbumRow)
    case deletedAlbum(AlbumRow)
    case changedAlbum(before: AlbumRow, after: AlbumRow)
    case renamedAlbums(before: [AlbumRow], after: [AlbumRow])
    case renamedTag(before: TagRow, after: TagRow)
    case refusedEvent(first: Int64, last: Int64)

    /// Photos that had one value of a mark, and were given another.
    struct Marked: Codable {
        let mark: Mark
        let before: Value
        let after: Value
        /// `photos.has_own_marks` before.
        let own: Int
        let photos: PackedIDs
    }

    enum Mark: String, Codable {
        case favourite, rating, caption, archived

        var column: String {
            switch self {
            case .favourite: "is_favourite"
            case .rating: "rating"
            case .caption: "caption"
            case .archived: "is_archived"
            }
        }

        /// What the photo has of its own once it is set; files tell nothing of being archived.
        var own: OwnMarks {
            switch self {
            case .rating: .rating
            case .caption: .caption
            case .favourite: .favourite
            case .archived: []
            }
        }
    }

    enum Value: Codable, Hashable {
        case none
        case number(Int64)
        case text(String)

        init(_ value: SQLValue) throws {
            switch value {
            case .null: self = .none
            case .integer(let number): self = .number(number)
            case .text(let text): self = .text(text)
            case .real, .bytes: throw EngineError(.internal, "a mark is neither a number nor text")
            }
        }

        var sql: SQLValue {
            switch self {
            case .none: .null
            case .number(let number): .integer(number)
            case .text(let text): .text(text)
            }
        }
    }

    /// The photos it is about.
    private var packed: PackedIDs? {
        switch self {
        case .marked(let marked): marked.photos
        case .trashed(let photos, _, _): photos
        case .tagged(_, let photos), .untagged(_, let photos), .joined(_, _, let photos): photos
        case .left(_, _, let photos, _), .moved(_, _, let photos, _, _): photos
        case .createdAlbum, .deletedAlbum, .changedAlbum, .renamedAlbums, .renamedTag, .refusedEvent: nil
        }
    }

    private var photoCount: Int { packed?.count ?? 0 }

    /// Those it changed.
    var photos: [PhotoID] { packed?.photos ?? [] }

    /// How many photos steps are about, each counted once.
    static func photoCount(_ steps: [EditStep]) -> Int {
        let packed = steps.compactMap(\.packed)
        return packed.count == 1 ? packed[0].count : Set(packed.flatMap(\.photos)).count
    }

    /// In order, put together and cut so that each part has about `EditRequest.mostPhotos` photos.
    static func parts(_ steps: [EditStep]) -> [[EditStep]] {
        var parts: [[EditStep]] = []
        var count = 0
        for step in steps.flatMap(\.cut) {
            if parts.isEmpty || count + step.photoCount > EditRequest.mostPhotos {
                parts.append([])
                count = 0
            }
            parts[parts.count - 1].append(step)
            // What is about no photo still takes its time.
            count += max(1, step.photoCount)
        }
        return parts
    }

    /// Only what takes all photos of a collection can be about more than one request has.
    private var cut: [EditStep] {
        func ranges(_ count: Int) -> [Range<Int>] {
            stride(from: 0, to: count, by: EditRequest.mostPhotos).map {
                $0..<min($0 + EditRequest.mostPhotos, count)
            }
        }
        guard photoCount > EditRequest.mostPhotos else { return [self] }
        switch self {
        case .tagged(let tag, let photos): return ranges(photos.count).map { .tagged(tag, photos: photos[$0]) }
        case .untagged(let tag, let photos): return ranges(photos.count).map { .untagged(tag, photos: photos[$0]) }
        case .left(let album, let name, let photos, let positions):
            return ranges(photos.count).map {
                .left(album, name: name, photos: photos[$0], positions: Array(positions[$0]))
            }
        default: return [self]
        }
    }

    static func decoded(_ text: String) throws -> [EditStep] {
        try SQLRow.present(try? JSONDecoder().decode([EditStep].self, from: Data(text.utf8)))
    }
}

/// Ids as one text, 16 bytes each.
struct PackedIDs: Codable {
    private let bytes: Data

    init(_ photos: [PhotoID]) { bytes = Data(photos.flatMap(\.bytes)) }
    private init(bytes: Data) { self.bytes = bytes }

    init(from decoder: any Decoder) throws { bytes = try decoder.singleValueContainer().decode(Data.self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }

    var count: Int { bytes.count / 16 }

    var photos: [PhotoID] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 16).compactMap {
            PhotoID(bytes: Array(bytes[$0..<min($0 + 16, bytes.endIndex)]))
        }
    }

    subscript(range: Range<Int>) -> PackedIDs {
        PackedIDs(bytes: bytes[(bytes.startIndex + range.lowerBound * 16)..<(bytes.startIndex + range.upperBound * 16)])
    }
}
