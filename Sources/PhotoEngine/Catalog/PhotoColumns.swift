import Core
import Foundation
import SystemPackage

/// How photos are read from their rows.
enum PhotoColumns {
    static let entry = """
        id, sha256, filename, taken_at, taken_at_offset, taken_at_source, width, height, orientation, media_type, status,
        rating, is_favourite, is_missing
        """

    /// As `entry`, beside tables with columns of the same names.
    static let qualifiedEntry = entry.split(whereSeparator: { ", \n".contains($0) }).map { "photos.\($0)" }
        .joined(separator: ", ")

    static func entry(_ row: SQLRow) throws -> TimelineEntry {
        var row = row
        let id: PhotoID = try row.id()
        let digest = try row.digest()
        let filename = try row.text()
        let captureTime = try captureTime(&row)
        let stored = try pixelSize(&row)
        let orientation = try SQLRow.present(Orientation(rawValue: row.int()))
        return try TimelineEntry(
            id: id, sha256: digest, filename: filename, captureTime: captureTime,
            pixelSize: stored.map(orientation.upright), mediaType: row.choice(), status: row.choice(),
            rating: row.optionalInt(), isFavourite: row.bool(), isMissing: row.bool())
    }

    /// The columns of `photos` with its `photo_metadata`, for statements over `photos` alone.
    static let full = """
        id, owner, sha256, phash, filename, media_type, byte_count, width, height, taken_at, taken_at_offset,
        taken_at_source, imported_at, original_path, original_key, status, problem, is_favourite, is_archived, is_missing,
        trashed_at, orientation, camera_make, camera_model, lens, exposure_seconds, aperture, iso, focal_length, focal_length_35mm,
        flash_fired, latitude, longitude, altitude, place, rating, caption,
        (SELECT keywords FROM photo_metadata WHERE photo = photos.id),
        (SELECT tags FROM photo_metadata WHERE photo = photos.id)
        """

    static func photo(_ row: SQLRow) throws -> Photo {
        var row = row
        return try photo(&row) { try decoded([String: String].self, $0) }
    }

    /// Takes the columns of `full` off the row; `tags` reads those that are stored.
    static func photo(_ row: inout SQLRow, tags: (String) throws -> [String: String]) throws -> Photo {
        let id: PhotoID = try row.id()
        let owner: OwnerID = try row.id()
        let digest = try row.digest()
        let hash = try row.optionalInt64().map { PerceptualHash(bits: UInt64(bitPattern: $0)) }
        var photo = try Photo(
            id: id, owner: owner, sha256: digest, perceptualHash: hash, filename: row.text(), mediaType: row.choice(),
            byteCount: ByteCount(row.int64()), pixelSize: pixelSize(&row), captureTime: captureTime(&row),
            importedAt: row.int64(), metadata: PhotoMetadata(), original: original(&row), status: row.choice(),
            problem: row.optionalText(), isFavourite: row.bool(), isArchived: row.bool(), isMissing: row.bool(),
            trashedAt: row.optionalInt64())
        // In the trash it is out of the timeline as an archived one is, whatever it was before.
        if photo.trashedAt != nil { photo.isArchived = false }
        photo.metadata = try metadata(&row, captureTime: photo.captureTime, tags)
        return photo
    }

    static func original(_ row: inout SQLRow) throws -> OriginalLocation {
        let path = try row.optionalBytes()
        let key = try row.optionalText()
        if let path { return .file(FilePath(pathBytes: path)) }
        return .object(try SQLRow.present(key.flatMap { ObjectKey(untrusted: $0) }))
    }

    private static func captureTime(_ row: inout SQLRow) throws -> CaptureTime {
        try CaptureTime(wallMicroseconds: row.int64(), offsetMinutes: row.optionalInt(), source: row.choice())
    }

    private static func pixelSize(_ row: inout SQLRow) throws -> PixelSize? {
        let width = try row.optionalInt()
        let height = try row.optionalInt()
        guard let width, let height else { return nil }
        return PixelSize(width: width, height: height)
    }

    private static func metadata(
        _ row: inout SQLRow, captureTime: CaptureTime, _ tags: (String) throws -> [String: String]
    ) throws -> PhotoMetadata {
        var metadata = PhotoMetadata()
        switch captureTime.source {
        case .exif, .gps, .xmp, .iptc: metadata.captureTime = captureTime
        case .sidecar, .filename, .modified: metadata.captureTime = nil
        }
        metadata.orientation = try SQLRow.present(Orientation(rawValue: row.int()))
        metadata.cameraMake = try row.optionalText()
        metadata.cameraModel = try row.optionalText()
        metadata.lens = try row.optionalText()
        metadata.exposure.seconds = try row.optionalDouble()
        metadata.exposure.aperture = try row.optionalDouble()
        metadata.exposure.iso = try row.optionalInt()
        metadata.exposure.focalLength = try row.optionalDouble()
        metadata.exposure.focalLength35mm = try row.optionalDouble()
        metadata.exposure.flashFired = try row.optionalBool()
        let latitude = try row.optionalDouble()
        let longitude = try row.optionalDouble()
        let altitude = try row.optionalDouble()
        if let latitude, let longitude {
            metadata.position = GeoPosition(latitude: latitude, longitude: longitude, altitude: altitude)
        }
        metadata.place = try row.optionalText()
        metadata.rating = try row.optionalInt()
        metadata.caption = try row.optionalText()
        metadata.keywords = try row.optionalText().map(keywords) ?? []
        metadata.tags = try row.optionalText().map(tags) ?? [:]
        return metadata
    }

    static func keywords(_ text: String) throws -> [String] { try decoded([String].self, text) }

    private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try SQLRow.present(try? JSONDecoder().decode(type, from: Data(text.utf8)))
    }

    /// JSON with its keys in order, so that equal metadata is stored as equal text.
    /// What is stored as a photo's tags.
    static func tags(_ text: String) throws -> [String: String] { try decoded([String: String].self, text) }

    static func encoded(_ value: some Encodable) throws -> SQLValue {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .text(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
