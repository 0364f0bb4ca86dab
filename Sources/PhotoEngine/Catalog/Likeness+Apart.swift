import Core

/// Which photos people decided to hold apart.
extension Likeness {
    /// Decides for good that each of these photos differs from each other one; returns the pairs for which that is new.
    func keepApart(_ photos: [PhotoID], at moment: Int64) throws -> [[PhotoID]] {
        let photos = photos.sorted()
        let pairs = photos.indices.flatMap { index in photos[(index + 1)...].map { [photos[index], $0] } }
        let new = try connection.rows(
            """
            INSERT INTO duplicate_decisions (owner, first, second, decided_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (owner, first, second) DO NOTHING RETURNING first
            """, each: pairs.map { [owner, .id($0[0]), .id($0[1]), .int(moment)] })
        return zip(pairs, new).filter { !$0.1.isEmpty }.map(\.0)
    }

    func areKeptApart(_ one: ClusterSide, _ other: ClusterSide) throws -> Bool {
        let asked = Self.areKeptApart(one, other, owner: owner)
        return try connection.row(asked.sql, asked.values) != nil
    }

    /// Whether a decision or a stack holds any two of these photos apart.
    func areAnyKeptApart(_ photos: [PhotoID]) throws -> Bool {
        let all = Set(photos)
        var stacks: Set<ResolutionID> = []
        for list in KeyList.lists(all.map(SQLValue.id)) {
            let decided = try connection.rows(
                "SELECT second FROM duplicate_decisions WHERE owner = ? AND first IN \(list.marks)",
                [owner] + list.keys)
            for var row in decided where all.contains(try row.id()) { return true }
            let stacked = try connection.rows(
                "SELECT stack FROM stacked_photos WHERE owner = ? AND photo IN \(list.marks)", [owner] + list.keys)
            for var row in stacked where !stacks.insert(try row.id()).inserted { return true }
        }
        return false
    }

    /// One statement, with a row where the sides are held apart. From the decisions to the clusters, never the other way: a
    /// cluster may have very many photos. (SQLite takes the tables of a CROSS JOIN in the order they are written.)
    static func areKeptApart(
        _ one: ClusterSide, _ other: ClusterSide, owner: SQLValue
    ) -> (sql: String, values: [SQLValue]) {
        func condition(_ side: ClusterSide, _ column: String) -> (join: String, sql: String, value: SQLValue) {
            switch side {
            case .photo(let photo): ("", "\(column) = ?", .id(photo))
            case .cluster(let cluster):
                (
                    "CROSS JOIN compared_photos AS in_\(column)",
                    "in_\(column).photo = \(column) AND in_\(column).cluster = ?", .id(cluster)
                )
            }
        }
        var parts: [String] = []
        var values: [SQLValue] = []
        for (first, second) in [(one, other), (other, one)] {
            let (left, right) = (condition(first, "first"), condition(second, "second"))
            parts.append(
                """
                SELECT 1 FROM duplicate_decisions \(left.join) \(right.join)
                WHERE duplicate_decisions.owner = ? AND \(left.sql) AND \(right.sql)
                """)
            values += [owner, left.value, right.value]
        }
        // A photo first, where there is one: its stack is found by its key.
        let sides = if case .photo = other { (other, one) } else { (one, other) }
        let start: (tables: String, sql: String, value: SQLValue) =
            switch sides.0 {
            case .photo(let photo): ("stacked_photos AS mine", "mine.photo = ?", .id(photo))
            case .cluster(let cluster):
                (
                    "compared_photos AS in_mine CROSS JOIN stacked_photos AS mine",
                    "in_mine.cluster = ? AND mine.photo = in_mine.photo", .id(cluster)
                )
            }
        let end: (join: String, sql: String, value: SQLValue) =
            switch sides.1 {
            case .photo(let photo): ("", "theirs.photo = ?", .id(photo))
            case .cluster(let cluster):
                (
                    "CROSS JOIN compared_photos AS in_theirs",
                    "in_theirs.photo = theirs.photo AND in_theirs.cluster = ?", .id(cluster)
                )
            }
        parts.append(
            """
            SELECT 1 FROM \(start.tables) CROSS JOIN stacked_photos AS theirs \(end.join)
            WHERE \(start.sql) AND mine.owner = ? AND theirs.stack = mine.stack AND theirs.photo <> mine.photo
                AND \(end.sql)
            """)
        values += [start.value, owner, end.value]
        return (parts.joined(separator: "\nUNION ALL\n") + "\nLIMIT 1", values)
    }
}
