import Core

/// Photos on their way to the trash and back, and the marks they leave, inside a transaction.
struct TrashedPhotos {
    let connection: any SQLConnection
    let ownerID: OwnerID

    init(connection: any SQLConnection, owner: OwnerID) { (self.connection, ownerID) = (connection, owner) }

    private var owner: SQLValue { .id(ownerID) }

    /// Out of the timeline, the index of hashes and what waits to be compared; its original and renditions stay.
    func insert(_ photos: [PhotoID], at moment: Int64, counters: inout CounterChanges) throws {
        let standing = try connection.rows(
            "SELECT \(PhotoUpdate.Standing.columns) FROM photos WHERE id = ? AND owner = ?",
            each: photos.map { [.id($0), owner] })
        var collected: [PhotoID] = []
        for (photo, rows) in zip(photos, standing) {
            var row = try SQLRow.present(rows.first)
            let standing = try PhotoUpdate.Standing(&row)
            standing.leaveTimeline(&counters)
            if standing.isCollected { collected.append(photo) }
        }
        try MemberRows(connection: connection, owner: owner).setShown(false, collected)
        try connection.send(
            "UPDATE photos SET trashed_at = ?, is_archived = 1, in_timeline = 0 WHERE id = ? AND owner = ?",
            each: photos.map { [.int(moment), .id($0), owner] })
        try connection.send(
            "DELETE FROM uncompared_photos WHERE owner = ? AND photo = ?", each: photos.map { [owner, .id($0)] })
    }

    /// When it was put there; nil where it isn't, `.notFound` where there is no such photo.
    func moment(of photo: PhotoID) throws -> Int64? {
        var row = try connection.row(
            "SELECT trashed_at FROM photos WHERE id = ? AND owner = ?", [.id(photo), owner])
        guard row != nil else { throw EngineError(.notFound, "there is no photo \(photo)") }
        return try row?.optionalInt64()
    }

    func restore(_ photo: PhotoID, isArchived: Bool, counters: inout CounterChanges) throws {
        try connection.execute(
            """
            UPDATE photos SET trashed_at = NULL, is_archived = ?,
                in_timeline = CASE WHEN ? = 0 AND status <> 'unreadable' THEN 1 ELSE 0 END
            WHERE id = ? AND owner = ?
            """, [.bool(isArchived), .bool(isArchived), .id(photo), owner])
        let standing = try PhotoUpdate.Standing(photo, connection: connection)
        if standing.isCollected { try MemberRows(connection: connection, owner: owner).setShown(true, [photo]) }
        guard Timeline.contains(status: standing.status, isArchived: standing.isArchived) else { return }
        counters.addToTimeline(1, month: standing.captureTime.month.ordinal, place: standing.place)
    }

    func marks(of photo: PhotoID) throws -> (marks: PhotoMarks, own: OwnMarks) {
        try SQLRow.present(try marks(of: [photo]).first)
    }

    /// In the order of `photos`.
    func marks(of photos: [PhotoID]) throws -> [(marks: PhotoMarks, own: OwnMarks)] {
        try connection.rows(
            """
            SELECT is_favourite, rating, caption, latitude, longitude, altitude, has_own_marks, is_archived,
                (SELECT keywords FROM photo_metadata WHERE photo = photos.id)
            FROM photos WHERE id = ? AND owner = ?
            """, each: photos.map { [.id($0), owner] }
        ).map { try Self.marks(SQLRow.present($0.first)) }
    }

    private static func marks(_ row: SQLRow) throws -> (marks: PhotoMarks, own: OwnMarks) {
        var row = row
        var marks = PhotoMarks()
        marks.isFavourite = try row.bool()
        marks.rating = try row.optionalInt()
        marks.caption = try row.optionalText()
        let (latitude, longitude) = try (row.optionalDouble(), row.optionalDouble())
        let altitude = try row.optionalDouble()
        if let latitude, let longitude {
            marks.position = GeoPosition(latitude: latitude, longitude: longitude, altitude: altitude)
        }
        let own = OwnMarks(rawValue: try row.int())
        marks.isArchived = try row.bool()
        marks.keywords = try row.optionalText().map(PhotoColumns.keywords) ?? []
        return (marks, own)
    }

    func setMarks(
        _ marks: PhotoMarks, own: OwnMarks, of photo: PhotoID, counters: inout CounterChanges
    ) throws {
        let old = try self.marks(of: photo).marks
        try connection.execute(
            """
            UPDATE photos SET is_favourite = ?, rating = ?, caption = ?, latitude = ?, longitude = ?, altitude = ?,
                has_own_marks = ?
            WHERE id = ? AND owner = ?
            """,
            [
                .bool(marks.isFavourite), .int(marks.rating), .string(marks.caption),
                .double(marks.position?.latitude), .double(marks.position?.longitude),
                .double(marks.position?.altitude), .int(own.rawValue), .id(photo), owner,
            ])
        if old.position != marks.position {
            try PlaceRows(connection: connection, owner: owner).forget(photo, counters: &counters)
        }
        if old.isArchived != marks.isArchived {
            _ = try PhotoMarking(connection: connection, owner: ownerID).setArchived(
                marks.isArchived, [photo], counters: &counters)
        }
        // What stays is not written anew: there is more than one way to write the same JSON.
        if old.keywords != marks.keywords {
            try connection.execute(
                "UPDATE photo_metadata SET keywords = ? WHERE photo = ?",
                [try PhotoColumns.encoded(marks.keywords), .id(photo)])
        }
        var search = SearchRows()
        try search.refresh([photo], of: ownerID, connection)
        try search.write(to: connection, owner: ownerID)
    }
}
