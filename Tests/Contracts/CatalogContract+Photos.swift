import Core
import SystemPackage

extension CatalogContract {
    static let photoCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A processed photo comes back with every field, hostile text included") { subject in
            let catalog = subject.catalog
            let escape = "\u{1B}]52;c;aGk=\u{7}\u{202E}\u{9B}31m\u{200B}😀'; DROP TABLE photos; --"
            var metadata = PhotoMetadata()
            metadata.captureTime = CaptureTime(
                wallMicroseconds: -1, offsetMinutes: -570, source: .exif)
            metadata.orientation = .rotated90
            metadata.cameraMake = escape
            metadata.cameraModel = ""
            metadata.lens = String(repeating: "é", count: 100_000)
            metadata.exposure.seconds = 1 / 8000
            metadata.exposure.aperture = 1.8
            metadata.exposure.iso = Int.max
            metadata.exposure.focalLength = .infinity
            metadata.exposure.focalLength35mm = 28
            metadata.exposure.flashFired = false
            metadata.position = GeoPosition(latitude: -33.9, longitude: 151.2, altitude: -3.5)
            metadata.place = "São Paulo"
            metadata.rating = 5
            metadata.caption = String(repeating: "long ", count: 200_000)
            metadata.keywords = ["a,b", "\"quoted\"", escape, ""]
            metadata.tags = ["Exif.Photo.UserComment": escape, "Xmp.dc.title": "/\\\n"]
            let id = try await catalog.addProcessed(1) { $0 = metadata }
            let photo = try requirePresent(try await catalog.photo(id))
            metadata.exposure.focalLength = nil
            try require(photo.metadata == metadata, "the metadata is unchanged")
            try requireEqual(photo.captureTime, metadata.captureTime, "the capture time")
            try requireEqual(photo.perceptualHash, PerceptualHash(bits: UInt64.max - 1), "the pHash")
            try requireEqual(photo.pixelSize, PixelSize(width: 4000, height: 3000), "the stored size")
            try requireEqual(photo.status, .ready, "the status")
            try requireEqual(photo.importedAt, subject.clock.microseconds, "the import's moment")
            let entry = try await catalog.timeline(TimelineQuery(limit: 1))[0]
            try requireEqual(entry.pixelSize, PixelSize(width: 3000, height: 4000), "the upright size")
            try requireEqual(entry.captureTime.month, Month(year: 1969, month: 12), "the month")
            try requireEqual(
                try await catalog.months().map(\.month), [Month(year: 1969, month: 12)!],
                "the months")
            try await catalog.requireSound()
        },
        ContractCase("Text with a NUL keeps what stands around it") { subject in
            let id = try await subject.catalog.addProcessed(1) { $0.caption = "before\0after" }
            try requireEqual(
                try await subject.catalog.photo(id)?.metadata.caption, "before\u{FFFD}after", "the caption")
        },
        ContractCase("A photo without metadata keeps the time it was recorded with") { subject in
            let id = try await subject.catalog.addProcessed(1)
            let photo = try requirePresent(try await subject.catalog.photo(id))
            try requireEqual(photo.captureTime, time(2024, 7), "the capture time")
            try requireEqual(photo.metadata.captureTime, nil, "the metadata's time")
        },
        ContractCase("Photos are found by id, by bytes and by the beginning of an id") { subject in
            let ids = try await subject.catalog.record((0..<40).map { scanned($0) }).map { outcome in
                guard case .imported(let id) = outcome else { throw ContractViolation("\(outcome) is no import") }
                return id
            }
            try requireEqual(try await subject.catalog.photo(sha256: digest(7))?.id, ids[7], "the photo by its bytes")
            try requireEqual(try await subject.catalog.photo(sha256: digest(77)), nil, "unknown bytes")
            let text = ids[3].description
            for length in [24, 30, 36] {
                let prefix = String(text.prefix(length))
                let expected = ids.filter { $0.description.hasPrefix(prefix) }.sorted()
                try requireEqual(
                    try await subject.catalog.photos(idPrefix: prefix.uppercased(), limit: 100).map(\.id), expected,
                    "photos that begin with \(prefix)")
            }
            try requireEqual(
                try await subject.catalog.photos(idPrefix: "", limit: 5).count, 0, "photos of an empty prefix")
            for prefix in ["zz", "%", text + "0", "0-", String(text.prefix(8)) + "0"] {
                try requireEqual(
                    try await subject.catalog.photos(idPrefix: prefix, limit: 5).count, 0, "photos of \(prefix)")
            }
            var walked: [PhotoID] = []
            while true {
                let page = try await subject.catalog.photos(after: walked.last, limit: 7).map(\.id)
                if page.isEmpty { break }
                walked += page
            }
            try requireEqual(walked, ids.sorted(), "all photos in id order")
        },
        ContractCase("Setting a flag counts the photos it changed") { subject in
            let id = try await subject.catalog.add(scanned(1))
            let unknown = PhotoID("01890a5d-ac96-774b-bcce-b302099a8057")!
            try requireEqual(try await subject.catalog.setFavourite(true, photos: [id, unknown]), 1, "photos changed")
            try requireEqual(try await subject.catalog.setFavourite(true, photos: [id]), 0, "photos changed again")
            try requireEqual(
                try await subject.catalog.timeline(TimelineQuery(limit: 1))[0].isFavourite, true, "the flag")
        },
    ]
}

func requirePresent<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw ContractViolation("a value that must be there is nil") }
    return value
}
