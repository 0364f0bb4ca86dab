import Core
import Foundation

/// Gives a photo the marks that its file and the sidecars beside it tell of, as far as nobody edited them here, inside a
/// transaction.
struct ToldMarks {
    let connection: any SQLConnection
    let catalog: SQLCatalog

    private var owner: SQLValue { catalog.ownerValue }

    /// False where it isn't known what the photo's file says: an older phototui processed it.
    func settle(_ photo: PhotoID, counters: inout CounterChanges) throws -> Bool {
        var row = try connection.row(
            """
            SELECT orientation, width, height, (SELECT told FROM photo_metadata WHERE photo = photos.id),
                (SELECT keywords FROM photo_metadata WHERE photo = photos.id)
            FROM photos WHERE id = ? AND owner = ? AND status = 'ready'
            """, [.id(photo), owner])
        // One that waits for processing is settled at the end of that.
        guard row != nil else { return true }
        let orientation = try SQLRow.present(Orientation(rawValue: row!.int()))
        let (width, height) = try (row!.optionalInt(), row!.optionalInt())
        guard let told = try row!.optionalText() else { return false }
        let keywords = try row!.optionalText().map(PhotoColumns.keywords) ?? []
        var marks = try Self.decoded(told)
        let beside = try sidecars(of: photo)
        let own = marks.keywords
        marks = marks.merging(beside)
        let old = try position(of: photo)
        try set(marks, of: photo)
        if try position(of: photo) != old {
            try PlaceRows(connection: connection, owner: owner).forget(photo, counters: &counters)
        }
        if let time = marks.captureTime { try fill(time, of: photo, &counters) }
        try set(try withoutTags(marks.keywords, of: photo, own: own), of: photo, over: keywords)
        guard let width, let height else { return true }
        let faces = FaceRegion.faces(marks.faces, orientation, stored: PixelSize(width: width, height: height))
        try FaceRows(connection: connection, owner: owner)
            .replace(with: faces, of: photo, newID: catalog.newIdentifier)
        return true
    }

    /// Where nothing better than the file's name or its own time tells when the photo was taken.
    private func fill(_ time: CaptureTime, of photo: PhotoID, _ counters: inout CounterChanges) throws {
        let old = try PhotoUpdate.Standing(photo, connection: connection)
        guard [.sidecar, .filename, .modified].contains(old.captureTime.source), old.captureTime != time else { return }
        try connection.send(
            "UPDATE photos SET month = ?, taken_at = ?, taken_at_offset = ?, taken_at_source = ? WHERE id = ? AND owner = ?",
            [
                .int(time.month.ordinal), .int(time.wallMicroseconds), .int(time.offsetMinutes),
                .text(time.source.rawValue), .id(photo), owner,
            ])
        for table in MemberRows.Table.allCases {
            try connection.send(
                "UPDATE \(table.members) SET taken_at = ? WHERE photo = ?", [.int(time.wallMicroseconds), .id(photo)])
        }
        guard Timeline.contains(status: old.status, isArchived: old.isArchived) else { return }
        old.leaveTimeline(&counters)
        counters.addToTimeline(1, month: time.month.ordinal, place: old.place)
    }

    /// Latitude and longitude.
    private func position(of photo: PhotoID) throws -> [Double?] {
        var row = try SQLRow.present(
            try connection.row("SELECT latitude, longitude FROM photos WHERE id = ?", [.id(photo)]))
        return try [row.optionalDouble(), row.optionalDouble()]
    }

    /// What is called by the longer name, that of the file with its ending, first.
    private func sidecars(of photo: PhotoID) throws -> [WrittenMarks] {
        try connection.rows(
            "SELECT content FROM sidecars WHERE photo = ? AND owner = ? ORDER BY length(path) DESC, path",
            [.id(photo), owner]
        ).map { row in
            var row = row
            return try Self.decoded(row.text())
        }
    }

    private static func decoded(_ text: String) throws -> WrittenMarks {
        try SQLRow.present(try? JSONDecoder().decode(WrittenMarks.self, from: Data(text.utf8)))
    }

    private func set(_ marks: WrittenMarks, of photo: PhotoID) throws {
        try connection.send(
            """
            UPDATE photos SET
                is_favourite = CASE WHEN is_favourite = 1 OR \(OwnMarks.favourite.condition()) THEN is_favourite ELSE ? END,
                rating = \(PhotoUpdate.unlessMarked("rating", .rating)),
                caption = \(PhotoUpdate.unlessMarked("caption", .caption)),
                latitude = \(PhotoUpdate.unlessMarked("latitude", .position)),
                longitude = \(PhotoUpdate.unlessMarked("longitude", .position)),
                altitude = \(PhotoUpdate.unlessMarked("altitude", .position))
            WHERE id = ? AND owner = ?
            """,
            [
                .bool(marks.isFavourite), .int(marks.rating), .string(marks.caption),
                .double(marks.position?.latitude), .double(marks.position?.longitude),
                .double(marks.position?.altitude), .id(photo), owner,
            ])
    }

    /// A word that is a tag here is no keyword as well, and one that was taken away here is none because a sidecar still says it:
    /// our own sidecars tell of both. `own` are those of the photo's file.
    private func withoutTags(_ keywords: [String], of photo: PhotoID, own: [String]) throws -> [String] {
        if keywords.isEmpty { return [] }
        let collections = try SQLCatalog.collections(of: [photo], owner: owner, connection)
        let tags = Set((collections.first?.tags ?? []).map(CollectionName.key))
        let left = keywords.filter { !tags.contains(CollectionName.key(of: $0)) }
        if left.allSatisfy(own.contains) { return left }
        let words = try RemovalRows(connection: connection, owner: owner).words(of: photo)
        let gone = Set(words.map(CollectionName.key))
        return left.filter { own.contains($0) || !gone.contains(CollectionName.key(of: $0)) }
    }

    private func set(_ keywords: [String], of photo: PhotoID, over old: [String]) throws {
        if keywords == old { return }
        try connection.send(
            """
            UPDATE photo_metadata SET keywords = ? WHERE photo = ?
                AND NOT (SELECT \(OwnMarks.keywords.condition()) FROM photos WHERE photos.id = photo_metadata.photo)
            """, [try PhotoColumns.encoded(keywords), .id(photo)])
    }
}
