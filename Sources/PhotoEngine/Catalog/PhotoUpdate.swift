import Core

/// What the end of a processing job does to its photo.
enum PhotoUpdate {
    static func apply(
        _ processed: ProcessedPhoto, to photo: PhotoID, connection: any SQLConnection, counters: inout CounterChanges
    ) throws {
        let old = try Standing(photo, connection: connection)
        guard old.sha256 == processed.sha256 else {
            throw EngineError(
                .conflict, "the file's bytes are not those that were recorded", whatToDo: "import its folder again")
        }
        let metadata = processed.metadata
        let captureTime = metadata.captureTime ?? old.captureTime
        let exposure = metadata.exposure
        try connection.send(
            """
            UPDATE photos SET phash = ?, media_type = ?, width = ?, height = ?, orientation = ?, month = ?, taken_at = ?,
                taken_at_offset = ?, taken_at_source = ?, status = 'ready', in_timeline = 1 - is_archived,
                problem = ?, rating = ?, camera_make = ?,
                camera_model = ?, lens = ?, exposure_seconds = ?, aperture = ?, iso = ?, focal_length = ?,
                focal_length_35mm = ?, flash_fired = ?, latitude = ?, longitude = ?, altitude = ?, place = ?, caption = ?
            WHERE id = ?
            """,
            [
                .integer(Int64(bitPattern: processed.perceptualHash.bits)), .text(processed.mediaType.rawValue),
                .int(processed.pixelSize.width), .int(processed.pixelSize.height),
                .int(metadata.orientation.rawValue), .int(captureTime.month.ordinal),
                .int(captureTime.wallMicroseconds), .int(captureTime.offsetMinutes),
                .text(captureTime.source.rawValue), .string(processed.problem), .int(metadata.rating),
                .string(metadata.cameraMake), .string(metadata.cameraModel), .string(metadata.lens),
                .double(exposure.seconds), .double(exposure.aperture), .int(exposure.iso),
                .double(exposure.focalLength), .double(exposure.focalLength35mm), .bool(exposure.flashFired),
                .double(metadata.position?.latitude), .double(metadata.position?.longitude),
                .double(metadata.position?.altitude), .string(metadata.place), .string(metadata.caption), .id(photo),
            ])
        try connection.send(
            """
            INSERT INTO photo_metadata (photo, keywords, tags) VALUES (?, ?, ?)
            ON CONFLICT (photo) DO UPDATE SET keywords = excluded.keywords, tags = excluded.tags
            """, [.id(photo), PhotoColumns.encoded(metadata.keywords), PhotoColumns.encoded(metadata.tags)])
        if old.status == .unreadable {
            counters.add(-1, to: .unreadable)
            try connection.send(
                "UPDATE files SET outcome = 'photo', reason = NULL WHERE photo = ?", [.id(photo)])
        }
        old.leaveTimeline(&counters)
        if Timeline.contains(status: .ready, isArchived: old.isArchived) {
            counters.addToTimeline(1, month: captureTime.month.ordinal, place: metadata.place)
        }
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
    private struct Standing {
        let sha256: SHA256Digest
        let status: PhotoStatus
        let isArchived: Bool
        let captureTime: CaptureTime
        let place: String?

        init(_ photo: PhotoID, connection: any SQLConnection) throws {
            var row = try SQLRow.present(
                try connection.row(
                    """
                    SELECT sha256, status, is_archived, taken_at, taken_at_offset, taken_at_source, place
                    FROM photos WHERE id = ?
                    """, [.id(photo)]))
            sha256 = try row.digest()
            status = try row.choice()
            isArchived = try row.bool()
            captureTime = try CaptureTime(
                wallMicroseconds: row.int64(), offsetMinutes: row.optionalInt(), source: row.choice())
            place = try row.optionalText()
        }

        func leaveTimeline(_ counters: inout CounterChanges) {
            guard Timeline.contains(status: status, isArchived: isArchived) else { return }
            counters.addToTimeline(-1, month: captureTime.month.ordinal, place: place)
        }
    }
}
