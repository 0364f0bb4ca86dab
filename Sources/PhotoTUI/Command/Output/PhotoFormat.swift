import Core
import Foundation
import PhotoEngine
import SystemPackage

/// How a photo is written, as JSON and as text.
enum PhotoFormat {
    /// The file with the photo's bytes; nil where they are in a storage elsewhere.
    static func path(of photo: Photo, in library: Library) -> FilePath? {
        switch photo.original {
        case .file(let path): path
        case .object(let key): library.uploader == nil ? library.objects.localPath(of: key) : nil
        }
    }

    /// The key of the library's own copy; nil for a photo that lies in a folder of the owner's.
    static func key(of photo: Photo) -> ObjectKey? {
        if case .object(let key) = photo.original { key } else { nil }
    }

    /// Where the photo's bytes are, safe to show: a path, else its name with the key, which says nothing to a person.
    static func place(of photo: Photo, in library: Library) -> String {
        if let path = path(of: photo, in: library) { return ImportSummary.shown(path) }
        return displayEscaped(photo.filename) + (key(of: photo).map { " (\($0))" } ?? "")
    }

    /// `path`, null where the bytes are in a storage elsewhere, and `key`, null where the library has no copy.
    static func location(of photo: Photo, in library: Library) -> [(name: String, value: JSON)] {
        let path = path(of: photo, in: library).map { JSON.path($0) } ?? [("path", .null)]
        return path + [("key", .text(key(of: photo)?.description))]
    }

    /// The file name at import, to the byte.
    static func name(of photo: Photo) -> [UInt8] { ByteText.bytes(photo.filename) }

    /// Sizes are upright, as the photo is seen.
    static func json(_ photo: Photo, in library: Library) async throws -> [(name: String, value: JSON)] {
        let name = name(of: photo)
        let metadata = photo.metadata
        let size = photo.pixelSize.map(metadata.orientation.upright)
        var fields: [(name: String, value: JSON)] = [("id", .string(photo.id.description))]
        fields += location(of: photo, in: library)
        fields += [
            ("sha256", .string(photo.sha256.description)),
            ("phash", .text(photo.perceptualHash?.description)),
            ("taken_at", .string(photo.captureTime.rfc3339)),
            ("taken_at_source", .string(photo.captureTime.source.rawValue)),
            ("camera", .text(camera(metadata))),
            ("width", .count(size?.width)),
            ("height", .count(size?.height)),
            ("latitude", .decimal(metadata.position?.latitude)),
            ("longitude", .decimal(metadata.position?.longitude)),
            ("altitude", .decimal(metadata.position?.altitude)),
        ]
        fields += JSON.name(name, as: "filename")
        fields += [
            ("media_type", .string(photo.mediaType.rawValue)),
            ("bytes", .integer(photo.byteCount.bytes)),
            ("orientation", .count(metadata.orientation.rawValue)),
            ("lens", .text(metadata.lens)),
            ("exposure_seconds", .decimal(metadata.exposure.seconds)),
            ("aperture", .decimal(metadata.exposure.aperture)),
            ("iso", .count(metadata.exposure.iso)),
            ("focal_length", .decimal(metadata.exposure.focalLength)),
            ("focal_length_35mm", .decimal(metadata.exposure.focalLength35mm)),
            ("flash_fired", metadata.exposure.flashFired.map { .bool($0) } ?? .null),
            ("place", .text(metadata.place)),
            ("rating", .count(metadata.rating)),
            ("caption", .text(metadata.caption)),
            ("keywords", .array(metadata.keywords.map { .string($0) })),
            ("favourite", .bool(photo.isFavourite)),
            ("archived", .bool(photo.isArchived)),
            ("missing", .bool(photo.isMissing)),
            ("trashed_at", .moment(photo.trashedAt)),
            ("status", .string(photo.status.rawValue)),
            ("problem", .text(photo.problem)),
            ("imported_at", .moment(photo.importedAt)),
        ]
        return fields
    }

    /// Make and model, the make left out where the model repeats it; nil when neither is known.
    static func camera(_ metadata: PhotoMetadata) -> String? {
        let make = metadata.cameraMake?.trimmingCharacters(in: .whitespaces) ?? ""
        let model = metadata.cameraModel?.trimmingCharacters(in: .whitespaces) ?? ""
        if make.isEmpty || model.lowercased().hasPrefix(make.lowercased()) { return model.isEmpty ? nil : model }
        return model.isEmpty ? make : "\(make) \(model)"
    }

    /// `2024-07-12 18:03:07 +01:00`; the offset only where it is known.
    static func time(_ time: CaptureTime) -> String {
        var text = time.rfc3339
        if let mark = text.firstIndex(of: "T") { text.replaceSubrange(mark...mark, with: " ") }
        return String(text.prefix(19)) + (time.offsetMinutes == nil ? "" : " " + text.suffix(6))
    }

    static func size(_ photo: Photo) -> String {
        guard let stored = photo.pixelSize else { return "-" }
        let size = photo.metadata.orientation.upright(stored)
        return "\(size.width)x\(size.height)"
    }

    static func exposure(_ exposure: Exposure) -> String? {
        var parts: [String] = []
        if let value = exposure.aperture { parts.append("f/\(short(value))") }
        if let value = exposure.seconds, value > 0 {
            parts.append(value < 0.3 ? "1/\(Int((1 / value).rounded())) s" : "\(short(value)) s")
        }
        if let value = exposure.iso { parts.append("ISO \(value)") }
        if let value = exposure.focalLength { parts.append("\(short(value)) mm") }
        if let value = exposure.focalLength35mm { parts.append("(\(short(value)) mm on 35 mm film)") }
        if exposure.flashFired == true { parts.append("flash") }
        return parts.isEmpty ? nil : parts.joined(separator: "  ")
    }

    /// At most two decimals, none that are zero.
    static func short(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "?" }
        let hundredths = Int((value * 100).rounded())
        if hundredths.isMultiple(of: 100) { return String(hundredths / 100) }
        return String(Double(hundredths) / 100)
    }
}
