public import Core

/// A field of a search, as `camera:`: its names, and what its value may be.
public struct SearchField: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case name(SearchQuery.Name)
        case number(SearchQuery.Number)
        case date, state, lack, has, media, near
    }

    /// The first is the one that is proposed.
    public let names: [String]
    public let value: Value
    public let example: String

    public var name: String { names[0] }

    public static let all = [
        SearchField(names: ["camera"], value: .name(.camera), example: "camera:x100"),
        SearchField(names: ["lens"], value: .name(.lens), example: "lens:35"),
        SearchField(names: ["tag", "keyword"], value: .name(.tag), example: "tag:work"),
        SearchField(names: ["album"], value: .name(.album), example: "album:\"Trips\""),
        SearchField(names: ["in", "place"], value: .name(.place), example: "in:lisbon"),
        SearchField(names: ["date", "taken"], value: .date, example: "date:2019..2021"),
        SearchField(names: ["iso"], value: .number(.iso), example: "iso:>800"),
        SearchField(names: ["f", "aperture"], value: .number(.aperture), example: "f:<2"),
        SearchField(names: ["shutter", "exposure"], value: .number(.shutter), example: "shutter:<1/250"),
        SearchField(names: ["focal"], value: .number(.focalLength), example: "focal:>=200"),
        SearchField(names: ["rating"], value: .number(.rating), example: "rating:>=4"),
        SearchField(names: ["is"], value: .state, example: "is:favourite"),
        SearchField(names: ["no"], value: .lack, example: "no:gps"),
        SearchField(names: ["has"], value: .has, example: "has:gps"),
        SearchField(names: ["type"], value: .media, example: "type:raw"),
        SearchField(names: ["near"], value: .near, example: "near:38.7,-9.1,5km"),
        SearchField(names: ["size"], value: .number(.byteCount), example: "size:>10MB"),
        SearchField(names: ["width"], value: .number(.width), example: "width:>4000"),
        SearchField(names: ["height"], value: .number(.height), example: "height:>4000"),
    ]

    public static func named(_ name: String) -> SearchField? {
        let name = name.lowercased()
        return all.first { $0.names.contains(name) }
    }

    static let states: [String: SearchQuery.State] = [
        "favourite": .favourite, "favorite": .favourite, "archived": .archived, "trashed": .trashed, "trash": .trashed,
        "missing": .missing, "unreadable": .unreadable,
    ]

    static let lacks: [String: SearchQuery.Lack] = [
        "gps": .position, "position": .position, "location": .position, "date": .date, "place": .place, "tag": .tag,
        "tags": .tag, "album": .album, "caption": .caption, "rating": .rating, "camera": .camera, "lens": .lens,
    ]

    static let media: [String: MediaType] = {
        var names: [String: MediaType] = ["jpg": .jpeg, "heif": .heic, "tif": .tiff]
        for type in MediaType.allCases { names["\(type)"] = type }
        return names
    }()

    /// The words that can be its value, as they are proposed; empty where it is free.
    public var choices: [String] {
        switch value {
        case .state: SearchQuery.State.allCases.map(\.rawValue)
        case .lack, .has: ["gps", "date", "place", "tag", "album", "caption", "rating", "camera", "lens"]
        case .media: MediaType.allCases.map { "\($0)" } + ["video"]
        case .name, .number, .date, .near: []
        }
    }
}
