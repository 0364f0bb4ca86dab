import Core

/// What the ends of processing jobs do to their photos, gathered and written together.
struct PhotoUpdate {
    private var photos: [[SQLValue]] = []
    private var metadata: [[SQLValue]] = []
    private var readable: [[SQLValue]] = []
    private var hashed: [[SQLValue]] = []
    private var changed: [PhotoID] = []
    /// Photos of albums or tags, whose order follows the capture time.
    private var collected: [[SQLValue]] = []
    /// Photos with more marks than their rows have, or had before: faces, and what sidecars say.
    private var marked: [PhotoID] = []
    private var cities: [City] = []
    /// Photos with what they share with a film, or shared before.
    private var live: [[SQLValue]] = []
    private var still: [[SQLValue]] = []

    /// Throws `.conflict` when the photo's bytes are others than those that were processed.
    mutating func apply(
        _ processed: ProcessedPhoto, to photo: PhotoID, standing old: Standing, counters: inout CounterChanges
    ) throws {
        guard old.sha256 == processed.sha256 else {
            throw EngineError(
                .conflict, "the file's bytes are not those that were recorded", whatToDo: "import its folder again")
        }
        let found = processed.metadata
        var captureTime = found.captureTime ?? old.captureTime
        // One of its own, as of a duplicate's, is looked up anew.
        let looked = old.hasOwnPosition ? nil : processed.place
        if captureTime.offsetMinutes == nil, let offset = looked?.offsetMinutes {
            captureTime = CaptureTime(
                wallMicroseconds: captureTime.wallMicroseconds, offsetMinutes: offset, source: captureTime.source)
        }
        let place = found.place ?? looked?.place
        if let city = looked?.city { cities.append(city) }
        let exposure = found.exposure
        photos.append([
            .integer(Int64(bitPattern: processed.perceptualHash.bits)), .text(processed.mediaType.rawValue),
            .int(processed.pixelSize.width), .int(processed.pixelSize.height), .int(found.orientation.rawValue),
            .int(captureTime.month.ordinal), .int(captureTime.wallMicroseconds), .int(captureTime.offsetMinutes),
            .text(captureTime.source.rawValue), .string(processed.problem), .int(found.rating),
            .string(found.cameraMake), .string(found.cameraModel), .string(found.lens), .double(exposure.seconds),
            .double(exposure.aperture), .int(exposure.iso), .double(exposure.focalLength),
            .double(exposure.focalLength35mm), .bool(exposure.flashFired), .double(found.position?.latitude),
            .double(found.position?.longitude), .double(found.position?.altitude), .string(place),
            .int(looked.map { $0.city?.id ?? 0 }), .string(found.caption), .id(photo),
        ])
        let told = WrittenMarks(found, isFavourite: processed.isFavourite, faces: processed.faces)
        metadata.append([
            .id(photo), try PhotoColumns.encoded(found.keywords), try PhotoColumns.encoded(found.tags),
            try PhotoColumns.encoded(told),
        ])
        hashed.append([.id(photo)])
        changed.append(photo)
        if let identifier = Film.identifier(in: found.tags) {
            live.append([.id(photo), .text(identifier)])
        } else {
            still.append([.id(photo)])
        }
        if old.isCollected { collected.append([.int(captureTime.wallMicroseconds), .id(photo)]) }
        if old.hasFaces || old.hasSidecars || !told.faces.isEmpty || told.isFavourite { marked.append(photo) }
        if old.status == .unreadable {
            counters.add(-1, to: .unreadable)
            readable.append([.id(photo)])
        }
        old.leaveTimeline(&counters)
        if Timeline.contains(status: .ready, isArchived: old.isArchived) {
            counters.addToTimeline(1, month: captureTime.month.ordinal, place: place)
        }
    }

    mutating func write(
        to connection: any SQLConnection, _ catalog: SQLCatalog, counters: inout CounterChanges
    ) throws {
        try PlaceRows(connection: connection, owner: catalog.ownerValue).insert(cities)
        try connection.send(
            """
            UPDATE photos SET phash = ?, media_type = ?, width = ?, height = ?, orientation = ?, month = ?, taken_at = ?,
                taken_at_offset = ?, taken_at_source = ?, status = 'ready', in_timeline = 1 - is_archived,
                problem = ?, rating = \(Self.unlessMarked("rating", .rating)), camera_make = ?,
                camera_model = ?, lens = ?, exposure_seconds = ?, aperture = ?, iso = ?, focal_length = ?,
                focal_length_35mm = ?, flash_fired = ?, latitude = \(Self.unlessMarked("latitude", .position)),
                longitude = \(Self.unlessMarked("longitude", .position)), altitude = \(Self.unlessMarked("altitude", .position)), place = ?, place_id = ?,
                caption = \(Self.unlessMarked("caption", .caption))
            WHERE id = ?
            """, each: photos)
        try connection.insert(
            into: "photo_metadata (photo, keywords, tags, told)", row: "(?, ?, ?, ?)", values: metadata,
            onConflict: """
                ON CONFLICT (photo) DO UPDATE SET tags = excluded.tags, told = excluded.told, keywords = CASE
                    WHEN (SELECT \(OwnMarks.keywords.condition()) FROM photos WHERE photos.id = photo_metadata.photo)
                    THEN photo_metadata.keywords ELSE excluded.keywords END
                """)
        try connection.send("DELETE FROM live_photos WHERE photo = ?", each: still)
        try connection.insert(
            into: "live_photos (photo, identifier, owner)", row: "(?, ?, ?)",
            values: live.map { $0 + [catalog.ownerValue] },
            onConflict: "ON CONFLICT (photo) DO UPDATE SET identifier = excluded.identifier")
        for table in MemberRows.Table.allCases {
            try connection.send("UPDATE \(table.members) SET taken_at = ? WHERE photo = ?", each: collected)
        }
        try connection.send("UPDATE files SET outcome = 'photo', reason = NULL WHERE photo = ?", each: readable)
        try connection.send(
            """
            INSERT INTO uncompared_photos (owner, photo) SELECT owner, id FROM photos WHERE id = ? AND trashed_at IS NULL
            ON CONFLICT (owner, photo) DO NOTHING
            """, each: hashed)
        let told = ToldMarks(connection: connection, catalog: catalog)
        for photo in marked { _ = try told.settle(photo, counters: &counters) }
        var search = SearchRows()
        try search.refresh(changed, of: catalog.owner, connection)
        try search.write(to: connection, owner: catalog.owner)
        self = PhotoUpdate()
    }

    /// A mark that the photo has of its own, as of a duplicate's, is not overwritten by what its file says.
    static func unlessMarked(_ column: String, _ mark: OwnMarks) -> String {
        "CASE WHEN \(mark.condition()) THEN \(column) ELSE ? END"
    }

    static func reject(
        _ photo: PhotoID, reason: String, connection: any SQLConnection, counters: inout CounterChanges
    ) throws {
        let old = try Standing(photo, connection: connection)
        try connection.send(
            "UPDATE photos SET status = 'unreadable', in_timeline = 0, problem = ? WHERE id = ?",
            [.string(reason), .id(photo)])
        try connection.send(
            "UPDATE files SET outcome = 'rejected', reason = ? WHERE photo = ?", [.string(reason), .id(photo)])
        if old.status != .unreadable { counters.add(1, to: .unreadable) }
        old.leaveTimeline(&counters)
    }

    /// What of a photo the counters depend on.
    struct Standing {
        static let columns = """
            photos.sha256, photos.status, photos.is_archived, photos.taken_at, photos.taken_at_offset,
            photos.taken_at_source, photos.place, CASE WHEN EXISTS (
                SELECT 1 FROM album_photos WHERE album_photos.photo = photos.id
            ) OR EXISTS (SELECT 1 FROM photo_tags WHERE photo_tags.photo = photos.id) THEN 1 ELSE 0 END,
            CASE WHEN EXISTS (SELECT 1 FROM faces WHERE faces.photo = photos.id) THEN 1 ELSE 0 END,
            CASE WHEN EXISTS (SELECT 1 FROM sidecars WHERE sidecars.photo = photos.id) THEN 1 ELSE 0 END,
            CASE WHEN \(OwnMarks.position.condition("photos.has_own_marks")) THEN 1 ELSE 0 END
            """

        let sha256: SHA256Digest
        let status: PhotoStatus
        let isArchived: Bool
        let captureTime: CaptureTime
        let place: String?
        /// Whether it is in an album or has a tag.
        let isCollected: Bool
        let hasFaces: Bool
        let hasSidecars: Bool
        /// Whether its position is not its file's.
        let hasOwnPosition: Bool

        /// Takes `columns` off the row.
        init(_ row: inout SQLRow) throws {
            sha256 = try row.digest()
            status = try row.choice()
            isArchived = try row.bool()
            captureTime = try CaptureTime(
                wallMicroseconds: row.int64(), offsetMinutes: row.optionalInt(), source: row.choice())
            place = try row.optionalText()
            isCollected = try row.bool()
            hasFaces = try row.bool()
            hasSidecars = try row.bool()
            hasOwnPosition = try row.bool()
        }

        init(_ photo: PhotoID, connection: any SQLConnection) throws {
            var row = try SQLRow.present(
                try connection.row("SELECT \(Standing.columns) FROM photos WHERE id = ?", [.id(photo)]))
            try self.init(&row)
        }

        func leaveTimeline(_ counters: inout CounterChanges) {
            guard Timeline.contains(status: status, isArchived: isArchived) else { return }
            counters.addToTimeline(-1, month: captureTime.month.ordinal, place: place)
        }
    }
}
