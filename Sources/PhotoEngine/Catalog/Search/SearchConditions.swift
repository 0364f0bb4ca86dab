import Core
import Foundation

/// The conditions of a search on a row of `photos`. Each is true or false of any photo, never unknown, so that it can be turned round.
enum SearchConditions {
    /// Ends a subquery that is to be asked of each photo, one after the other: Postgres would else read it whole and join it.
    private static let unmoved = "LIMIT 1 OFFSET 0"

    static func text(_ dialect: SQLDialect, _ pattern: SQLValue) -> Timeline.Condition {
        Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM photo_texts
                    WHERE photo_texts.photo = photos.id AND \(dialect.includes("photo_texts.content")) \(unmoved))
                """, values: [pattern])
    }

    static func tagged(_ dialect: SQLDialect, _ pattern: SQLValue) -> Timeline.Condition {
        Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM photo_tags CROSS JOIN tags
                    WHERE photo_tags.photo = photos.id AND tags.id = photo_tags.tag AND \(dialect.includes("tags.folded")) \(unmoved))
                """, values: [pattern])
    }

    static func inAlbum(_ dialect: SQLDialect, _ pattern: SQLValue) -> Timeline.Condition {
        Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM album_photos CROSS JOIN albums
                    WHERE album_photos.photo = photos.id AND albums.id = album_photos.album
                        AND \(dialect.includes("albums.folded")) \(unmoved))
                """, values: [pattern])
    }

    /// One of these terms is the photo's.
    static func terms(_ numbers: [Int64]) -> Timeline.Condition {
        let lists = KeyList.lists(numbers.map { .integer($0) })
        let among = lists.map { "photo_terms.term IN \($0.marks)" }.joined(separator: " OR ")
        return Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM photo_terms WHERE (\(among)) AND photo_terms.taken_at = photos.taken_at
                    AND photo_terms.photo = photos.id \(unmoved))
                """, values: lists.flatMap(\.keys))
    }

    /// One of these keywords is the photo's. Its text has the words in any case: few photos have their terms looked up.
    static func keywords(_ numbers: [Int64], _ dialect: SQLDialect, _ pattern: SQLValue) -> Timeline.Condition {
        var condition = text(dialect, pattern)
        let terms = terms(numbers)
        condition.and(terms.sql, terms.values)
        return Timeline.Condition(sql: "(\(condition.sql))", values: condition.values)
    }

    static func number(_ number: SearchQuery.Number, _ bounds: SearchBounds) -> Timeline.Condition {
        let upright = { (upright: String, turned: String) in
            "CASE WHEN photos.orientation >= 5 THEN photos.\(turned) ELSE photos.\(upright) END"
        }
        let (column, isWhole): (String, Bool) =
            switch number {
            case .iso: ("photos.iso", true)
            case .aperture: ("photos.aperture", false)
            case .shutter: ("photos.exposure_seconds", false)
            case .focalLength: ("photos.focal_length", false)
            case .rating: ("photos.rating", true)
            case .byteCount: ("photos.byte_count", true)
            case .width: (upright("width", "height"), true)
            case .height: (upright("height", "width"), true)
            }
        var condition = Timeline.Condition(sql: "\(column) IS NOT NULL", values: [])
        if let lower = bounds.lower {
            condition.and(
                isWhole || lower.isIncluded ? "\(column) >= ?" : "\(column) > ?",
                [isWhole ? .integer(whole(lower, isLower: true)) : .real(lower.value)])
        }
        if let upper = bounds.upper {
            condition.and(
                isWhole || upper.isIncluded ? "\(column) <= ?" : "\(column) < ?",
                [isWhole ? .integer(whole(upper, isLower: false)) : .real(upper.value)])
        }
        return Timeline.Condition(sql: "(\(condition.sql))", values: condition.values)
    }

    /// The first or last whole number within a bound.
    private static func whole(_ bound: SearchBounds.Bound, isLower: Bool) -> Int64 {
        let value = bound.value.rounded(isLower ? .up : .down)
        let edge = !bound.isIncluded && value == bound.value ? value + (isLower ? 1 : -1) : value
        return Int64(max(-1e15, min(1e15, edge)))
    }

    static func state(_ state: SearchQuery.State) -> Timeline.Condition {
        let sql =
            switch state {
            case .favourite: "photos.is_favourite = 1"
            case .archived: "(photos.is_archived = 1 AND photos.trashed_at IS NULL)"
            case .trashed: "photos.trashed_at IS NOT NULL"
            case .missing: "photos.is_missing = 1"
            case .unreadable: "photos.status = 'unreadable'"
            }
        return Timeline.Condition(sql: sql, values: [])
    }

    static func lacks(_ lack: SearchQuery.Lack) -> Timeline.Condition {
        let sql =
            switch lack {
            case .position: "photos.latitude IS NULL"
            case .date: "photos.taken_at_source = 'modified'"
            case .place: "photos.place IS NULL"
            case .tag:
                """
                NOT EXISTS (SELECT 1 FROM photo_tags WHERE photo_tags.photo = photos.id \(unmoved))
                AND NOT EXISTS (SELECT 1 FROM photo_metadata
                    WHERE photo_metadata.photo = photos.id AND photo_metadata.keywords <> '[]' \(unmoved))
                """
            case .album: "NOT EXISTS (SELECT 1 FROM album_photos WHERE album_photos.photo = photos.id \(unmoved))"
            case .caption: "photos.caption IS NULL"
            case .rating: "photos.rating IS NULL"
            case .camera: "(photos.camera_make IS NULL AND photos.camera_model IS NULL)"
            case .lens: "photos.lens IS NULL"
            }
        return Timeline.Condition(sql: sql, values: [])
    }

    /// Metres of a degree of latitude: a sphere's of 6,371 km.
    private static let degree = 111_194.926_6
    private static let mostCells = 1024

    /// On a flat map with the scale of the middle, which is within a percent over the distances one walks or drives.
    static func near(_ latitude: Double, _ longitude: Double, _ metres: Double) -> Timeline.Condition {
        let narrowing = cos(latitude * .pi / 180)
        let east = """
            (CASE WHEN abs(photos.longitude - ?) > 180 THEN 360 - abs(photos.longitude - ?)
                ELSE abs(photos.longitude - ?) END * ?)
            """
        return Timeline.Condition(
            sql: """
                (photos.latitude IS NOT NULL AND photos.longitude IS NOT NULL
                    AND photos.latitude >= ? AND photos.latitude <= ?
                    AND (photos.latitude - ?) * (photos.latitude - ?) + \(east) * \(east) <= ?)
                """,
            values: [
                .real(latitude - metres / degree), .real(latitude + metres / degree), .real(latitude), .real(latitude),
            ]
                + Array(
                    repeating: [.real(longitude), .real(longitude), .real(longitude), .real(narrowing)], count: 2
                ).joined() + [.real(metres / degree * (metres / degree))])
    }

    /// The cells that touch the circle's square; nil for too many.
    static func cells(_ latitude: Double, _ longitude: Double, _ metres: Double) -> [(Int, Int)]? {
        let up = metres / degree
        let narrowing = cos(latitude * .pi / 180)
        guard narrowing > 0.001 else { return nil }
        let out = up / narrowing
        let (south, west) = SearchTerm.cell(latitude: latitude - up, longitude: longitude - out)
        let (north, east) = SearchTerm.cell(latitude: latitude + up, longitude: longitude + out)
        guard (north - south + 1).multipliedReportingOverflow(by: east - west + 1).partialValue <= mostCells,
            east - west < 3600
        else { return nil }
        return (south...north).flatMap { row in
            // 180 degrees is a cell of its own beside -180.
            (west...east).flatMap { column -> [(Int, Int)] in
                let wrapped = column < -1800 ? column + 3600 : column >= 1800 ? column - 3600 : column
                return wrapped == -1800 ? [(row, -1800), (row, 1800)] : [(row, wrapped)]
            }
        }
    }
}
