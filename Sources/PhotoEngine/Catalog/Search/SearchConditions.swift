import Core
import Foundation

/// The conditions of a search on a row of `photos`. Each is true or false of any photo, never unknown, so that it can be turned round.
///
/// What other tables tell of a photo is asked by `photo` and `takenAt`, which stand for the columns of the list that is read: one that
/// falls by them is not looked up in `photos`.
enum SearchConditions {
    static let photo = "listed_photo"
    static let takenAt = "listed_taken_at"

    /// A condition on photos that a list has under these columns.
    static func on(_ sql: String, photo: String, takenAt: String) -> String {
        sql.replacing(Self.photo, with: photo).replacing(Self.takenAt, with: takenAt)
    }

    /// Ends a subquery that is to be asked of each photo, one after the other: Postgres would else read it whole and join it.
    private static let unmoved = "LIMIT 1 OFFSET 0"

    static func text(_ dialect: SQLDialect, _ pattern: SQLValue) -> Timeline.Condition {
        Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM photo_texts
                    WHERE photo_texts.photo = \(photo) AND \(dialect.includes("photo_texts.content")) \(unmoved))
                """, values: [pattern])
    }

    /// One of these tags, which are all that have the pattern in their names, is the photo's; there must be one.
    static func tagged(
        _ tags: [TagID], _ shown: [Bool], _ dialect: SQLDialect, _ pattern: SQLValue
    ) -> Timeline.Condition {
        member("photo_tags", "tags", "tag", tags.map { .id($0) }, shown, dialect, pattern)
    }

    /// As `tagged`, of albums.
    static func inAlbum(
        _ albums: [AlbumID], _ shown: [Bool], _ dialect: SQLDialect, _ pattern: SQLValue
    ) -> Timeline.Condition {
        member("album_photos", "albums", "album", albums.map { .id($0) }, shown, dialect, pattern)
    }

    /// More keys take longer to look up, each with the photo, than what a photo has.
    private static let mostKeys = 8

    private static func member(
        _ table: String, _ collections: String, _ column: String, _ keys: [SQLValue], _ shown: [Bool],
        _ dialect: SQLDialect, _ pattern: SQLValue
    ) -> Timeline.Condition {
        if keys.count <= mostKeys, let list = KeyList.lists(keys).first {
            // All of the key of the list by date: by less Postgres seeks in whichever index begins with the collection.
            let marks = shown.map { $0 ? "1" : "0" }.joined(separator: ", ")
            return Timeline.Condition(
                sql: """
                    EXISTS (SELECT 1 FROM \(table)
                        WHERE \(table).\(column) IN \(list.marks) AND \(table).is_shown IN (\(marks))
                            AND \(table).taken_at = \(takenAt) AND \(table).photo = \(photo) \(unmoved))
                    """, values: list.keys)
        }
        return Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM \(table) CROSS JOIN \(collections)
                    WHERE \(table).photo = \(photo) AND \(collections).id = \(table).\(column)
                        AND \(dialect.includes("\(collections).folded")) \(unmoved))
                """, values: [pattern])
    }

    /// One of these terms is the photo's.
    static func terms(_ numbers: [Int64]) -> Timeline.Condition {
        let lists = KeyList.lists(numbers.map { .integer($0) })
        let among = lists.map { "photo_terms.term IN \($0.marks)" }.joined(separator: " OR ")
        return Timeline.Condition(
            sql: """
                EXISTS (SELECT 1 FROM photo_terms WHERE (\(among)) AND photo_terms.taken_at = \(takenAt)
                    AND photo_terms.photo = \(photo) \(unmoved))
                """, values: lists.flatMap(\.keys))
    }

    /// One of these keywords is the photo's. Its text has the words in any case: few photos have their terms looked up.
    static func keywords(_ numbers: [Int64], _ dialect: SQLDialect, _ pattern: SQLValue) -> Timeline.Condition {
        var condition = text(dialect, pattern)
        let terms = terms(numbers)
        condition.and(terms.sql, terms.values)
        return Timeline.Condition(sql: "(\(condition.sql))", values: condition.values)
    }

    static func number(
        _ number: SearchQuery.Number, _ bounds: SearchBounds, _ dialect: SQLDialect
    ) -> Timeline.Condition {
        let upright = { (upright: String, turned: String) in
            "CASE WHEN photos.orientation >= 5 THEN photos.\(turned) ELSE photos.\(upright) END"
        }
        let (column, isWhole): (String, Bool) =
            switch number {
            case .iso: ("photos.iso", true)
            case .aperture: ("photos.aperture", false)
            case .shutter: ("photos.exposure_seconds", false)
            case .focalLength: ("photos.focal_length", false)
            // Several ratings together are no list in order.
            case .rating: (dialect.unsought("photos.rating"), true)
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

    /// A line of the photo's text is a keyword.
    private static let keepsKeyword = """
        EXISTS (SELECT 1 FROM photo_texts WHERE photo_texts.photo = \(photo)
            AND '\n' || photo_texts.content LIKE '%\nk %' \(unmoved))
        """

    static func lacks(_ lack: SearchQuery.Lack) -> Timeline.Condition {
        let sql =
            switch lack {
            case .position: "photos.latitude IS NULL"
            case .date: "photos.taken_at_source = 'modified'"
            case .place: "photos.place IS NULL"
            case .tag:
                """
                NOT EXISTS (SELECT 1 FROM photo_tags WHERE photo_tags.photo = \(photo) \(unmoved))
                AND NOT EXISTS (SELECT 1 FROM photo_metadata
                    WHERE photo_metadata.photo = \(photo) AND photo_metadata.keywords <> '[]'
                        AND (removed_keywords IS NULL OR \(keepsKeyword)) \(unmoved))
                """
            case .album: "NOT EXISTS (SELECT 1 FROM album_photos WHERE album_photos.photo = \(photo) \(unmoved))"
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
