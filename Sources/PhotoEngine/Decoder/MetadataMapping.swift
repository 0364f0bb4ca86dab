import Core

extension PhotoMetadata {
    /// Gives exiv2's tags their meaning (EXIF 2.32, IPTC IIM 4.2, XMP).
    init(_ tags: MetadataTags) {
        self.init()
        orientation =
            tags.integer("Exif.Image.Orientation", "Xmp.tiff.Orientation").flatMap(Orientation.init(rawValue:))
            ?? .upright
        cameraMake = tags.text("Exif.Image.Make", "Xmp.tiff.Make")
        cameraModel = tags.text("Exif.Image.Model", "Xmp.tiff.Model")
        lens = tags.text("Exif.Photo.LensModel", "Xmp.aux.Lens", "Xmp.exifEX.LensModel")
        exposure = Exposure(tags)
        position = GeoPosition(tags)
        let named = [
            tags.text("Xmp.photoshop.City", "Iptc.Application2.City"),
            tags.text("Xmp.photoshop.State", "Iptc.Application2.ProvinceState"),
            tags.text("Xmp.photoshop.Country", "Iptc.Application2.CountryName"),
        ].compactMap { $0 }
        place = named.isEmpty ? nil : named.joined(separator: ", ")
        rating = tags.integer("Xmp.xmp.Rating", "Exif.Image.Rating").flatMap { (1...5).contains($0) ? $0 : nil }
        caption =
            (tags.text("Xmp.dc.description")?.withoutLanguage
                ?? tags.text(
                    "Iptc.Application2.Caption", "Exif.Image.ImageDescription"))
        keywords = tags.keywords
        captureTime =
            CaptureTime(exif: tags) ?? CaptureTime(gps: tags) ?? CaptureTime(xmp: tags) ?? CaptureTime(iptc: tags)
        self.tags = tags.values.mapValues { $0.joined(separator: ", ") }
    }
}

extension String {
    /// XMP's language alternatives read `lang="x-default" The text`.
    fileprivate var withoutLanguage: String? {
        guard hasPrefix("lang=\""), let end = firstIndex(of: " ") else { return isEmpty ? nil : self }
        return String(self[index(after: end)...])
    }
}

extension Exposure {
    fileprivate init(_ tags: MetadataTags) {
        self.init()
        seconds = tags.rational("Exif.Photo.ExposureTime") ?? tags.rational("Exif.Image.ExposureTime")
        aperture = tags.rational("Exif.Photo.FNumber") ?? tags.rational("Exif.Image.FNumber")
        iso = tags.integer("Exif.Photo.ISOSpeedRatings", "Exif.Image.ISOSpeedRatings").flatMap { $0 > 0 ? $0 : nil }
        focalLength = tags.rational("Exif.Photo.FocalLength") ?? tags.rational("Exif.Image.FocalLength")
        focalLength35mm = tags.rational("Exif.Photo.FocalLengthIn35mmFilm").flatMap { $0 > 0 ? $0 : nil }
        flashFired = tags.integer("Exif.Photo.Flash", "Exif.Image.Flash").map { $0 & 1 == 1 }
    }
}

extension GeoPosition {
    fileprivate init?(_ tags: MetadataTags) {
        func degrees(_ name: String) -> Double? {
            let parts = tags.rationals("Exif.GPSInfo." + name)
            guard let first = parts.first, let whole = first else { return nil }
            let minutes = parts.count > 1 ? parts[1] ?? 0 : 0
            let seconds = parts.count > 2 ? parts[2] ?? 0 : 0
            let value = whole + minutes / 60 + seconds / 3600
            return tags.text("Exif.GPSInfo.\(name)Ref").map { "SWsw".contains($0.prefix(1)) } == true ? -value : value
        }
        let below = tags.integer("Exif.GPSInfo.GPSAltitudeRef") == 1
        let altitude = tags.rational("Exif.GPSInfo.GPSAltitude").map { below ? -$0 : $0 }
        let isBelow = tags.integer("Xmp.exif.GPSAltitudeRef") == 1
        let other = tags.rational("Xmp.exif.GPSAltitude").map { isBelow ? -$0 : $0 }
        if let latitude = degrees("GPSLatitude"), let longitude = degrees("GPSLongitude") {
            self.init(latitude: latitude, longitude: longitude, altitude: altitude)
        } else if let latitude = tags.text("Xmp.exif.GPSLatitude").flatMap(Self.degrees(xmp:)),
            let longitude = tags.text("Xmp.exif.GPSLongitude").flatMap(Self.degrees(xmp:))
        {
            self.init(latitude: latitude, longitude: longitude, altitude: altitude ?? other)
        } else {
            return nil
        }
    }

    /// XMP writes `51,30.5N` or `51,30,30N` (XMP part 2, GPSCoordinate).
    private static func degrees(xmp text: String) -> Double? {
        guard let direction = text.last, "NSEW".contains(direction) else { return nil }
        let parts = text.dropLast().split(separator: ",").map { Double($0) }
        guard let first = parts.first, let whole = first, !parts.contains(nil) else { return nil }
        let value = whole + (parts.count > 1 ? parts[1]! / 60 : 0) + (parts.count > 2 ? parts[2]! / 3600 : 0)
        return "SW".contains(direction) ? -value : value
    }
}
