import Core

/// The parts of timeline statements.
enum Timeline {
    /// Which photos the timeline shows.
    static let membership = "in_timeline = 1"

    /// Timeline order. The month follows from the time: naming it first lets one index serve a month and the whole.
    static let order = "month DESC, taken_at DESC, id DESC"

    static func contains(status: PhotoStatus, isArchived: Bool) -> Bool {
        status != .unreadable && !isArchived
    }

    /// A condition and the values of its question marks.
    struct Condition {
        var sql: String
        var values: [SQLValue]

        mutating func and(_ sql: String, _ values: [SQLValue] = []) {
            self.sql += " AND " + sql
            self.values += values
        }
    }

    /// The photos that `query` names, without regard to `skip` and `limit`.
    static func condition(_ query: TimelineQuery, owner: SQLValue) -> Condition {
        var condition = Condition(sql: "owner = ? AND \(membership)", values: [owner])
        if let month = query.month { condition.and("month = ?", [.int(month.ordinal)]) }
        if let after = query.after {
            let time = SQLValue.int(after.wallMicroseconds)
            if query.month == nil {
                let month = CaptureTime(wallMicroseconds: after.wallMicroseconds, offsetMinutes: nil, source: .exif)
                    .month
                condition.and("(month, taken_at, id) < (?, ?, ?)", [.int(month.ordinal), time, .id(after.id)])
            } else {
                condition.and("(taken_at, id) < (?, ?)", [time, .id(after.id)])
            }
        }
        return condition
    }

    /// What LIKE finds `text` by, wherever it stands.
    static func pattern(_ text: String) -> String {
        "%" + text.unicodeScalars.map { "\\%_".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined() + "%"
    }

    /// A statement for `columns` of the photos that `query` names, in its order.
    ///
    /// Skipped photos are counted in the index alone: the page begins at the one found there.
    static func page(
        _ query: TimelineQuery, columns: String, owner: SQLValue
    ) -> Condition {
        var condition = condition(query, owner: owner)
        let limit = SQLValue.int(max(0, query.limit))
        if query.skip > 0 {
            let rest = condition
            let key = query.month == nil ? "month, taken_at, id" : "taken_at, id"
            condition.and(
                """
                (\(key)) <= (SELECT \(key) FROM photos WHERE \(rest.sql) ORDER BY \(order) LIMIT 1 OFFSET ?)
                """, rest.values + [.int(query.skip)])
        }
        return Condition(
            sql: "SELECT \(columns) FROM photos WHERE \(condition.sql) ORDER BY \(order) LIMIT ?",
            values: condition.values + [limit])
    }

    static func asciiLowercased(_ text: String) -> String {
        String(decoding: text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }
}
