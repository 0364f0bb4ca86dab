import Core

/// Sets marks of photos, and sets them back, inside a transaction.
struct PhotoMarking {
    let connection: any SQLConnection
    let ownerID: OwnerID

    init(connection: any SQLConnection, owner: OwnerID) { (self.connection, ownerID) = (connection, owner) }

    private var owner: SQLValue { .id(ownerID) }

    /// Of those that have another value and aren't in the trash; tells what they had.
    func set(
        _ mark: EditStep.Mark, to value: EditStep.Value, _ photos: [PhotoID], counters: inout CounterChanges
    ) throws -> [EditStep] {
        if photos.isEmpty { return [] }
        let rows = try connection.rows(
            """
            \(NamedRows.table)
            SELECT photos.id, photos.has_own_marks, photos.\(mark.column) FROM named CROSS JOIN photos
            WHERE photos.id = named.id AND photos.owner = ? AND photos.trashed_at IS NULL
                AND photos.\(mark.column) IS DISTINCT FROM ?
            """, NamedRows.values(photos) + [owner, value.sql])
        struct Before: Hashable {
            let value: EditStep.Value
            let own: Int
        }
        var groups: [Before: [PhotoID]] = [:]
        var order: [Before] = []
        for var row in rows {
            let (photo, own): (PhotoID, Int) = try (row.id(), row.int())
            let before = Before(
                value: try mark == .caption ? .init(.string(row.optionalText())) : .init(.int(row.optionalInt64())),
                own: own)
            if groups[before] == nil { order.append(before) }
            groups[before, default: []].append(photo)
        }
        let changed = order.flatMap { groups[$0] ?? [] }
        if changed.isEmpty { return [] }
        if mark == .archived {
            _ = try setArchived(value == .number(1), changed, counters: &counters)
        } else {
            try connection.execute(
                """
                \(NamedRows.table)
                UPDATE photos SET \(mark.column) = ?, has_own_marks = has_own_marks | \(mark.own.rawValue)
                WHERE id IN (\(NamedRows.own("photos")))
                """, NamedRows.values(changed) + [value.sql, owner])
            try follow(mark, changed)
        }
        return order.map {
            .marked(.init(mark: mark, before: $0.value, after: value, own: $0.own, photos: PackedIDs(groups[$0] ?? [])))
        }
    }

    /// Of those that still have what was set. Returns them.
    func setBack(_ marked: EditStep.Marked, counters: inout CounterChanges) throws -> [PhotoID] {
        let photos = marked.photos.photos
        if photos.isEmpty { return [] }
        if marked.mark == .archived {
            return try setArchived(marked.before == .number(1), photos, counters: &counters)
        }
        let own = marked.mark.own.rawValue
        let back: [PhotoID] = try connection.rows(
            """
            \(NamedRows.table)
            UPDATE photos SET \(marked.mark.column) = ?, has_own_marks = (has_own_marks & ?) | ?
            WHERE \(marked.mark.column) IS NOT DISTINCT FROM ? AND id IN (\(NamedRows.own("photos"))) RETURNING id
            """,
            NamedRows.values(photos) + [
                marked.before.sql, .int(~own), .int(marked.own & own), marked.after.sql, owner,
            ]
        ).map { row in
            var row = row
            return try row.id()
        }
        try follow(marked.mark, back)
        return back
    }

    /// Searches look into captions.
    private func follow(_ mark: EditStep.Mark, _ photos: [PhotoID]) throws {
        guard mark == .caption else { return }
        var search = SearchRows()
        try search.refresh(photos, of: ownerID, connection)
        try search.write(to: connection, owner: ownerID)
    }

    /// Of those that aren't in the trash, which has a use of its own for the flag. Returns those that changed.
    func setArchived(
        _ isArchived: Bool, _ photos: [PhotoID], counters: inout CounterChanges
    ) throws -> [PhotoID] {
        let rows = try connection.rows(
            """
            \(NamedRows.table)
            UPDATE photos SET is_archived = ?,
                in_timeline = CASE WHEN ? = 0 AND status <> 'unreadable' THEN 1 ELSE 0 END
            WHERE is_archived <> ? AND trashed_at IS NULL AND id IN (\(NamedRows.own("photos")))
            RETURNING id, status, month, place
            """, NamedRows.values(photos) + [.bool(isArchived), .bool(isArchived), .bool(isArchived), owner])
        return try rows.map { row in
            var row = row
            let (photo, status): (PhotoID, PhotoStatus) = try (row.id(), row.choice())
            let (month, place) = try (row.int(), row.optionalText())
            if status != .unreadable { counters.addToTimeline(isArchived ? -1 : 1, month: month, place: place) }
            return photo
        }
    }
}
