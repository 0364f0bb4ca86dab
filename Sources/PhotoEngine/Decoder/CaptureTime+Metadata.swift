import Core

extension CaptureTime {
    /// When the shutter opened, else when the picture was digitised, else when the file was changed, with sub-seconds; the
    /// zone from the matching offset tag, else from what GPS time says.
    init?(exif tags: MetadataTags) {
        let candidates = [
            (
                "Exif.Photo.DateTimeOriginal", "Exif.Photo.SubSecTimeOriginal",
                ["Exif.Photo.OffsetTimeOriginal", "Exif.Photo.0x9011"]
            ),
            (
                "Exif.Image.DateTimeOriginal", "Exif.Photo.SubSecTimeOriginal",
                ["Exif.Photo.OffsetTimeOriginal", "Exif.Photo.0x9011"]
            ),
            (
                "Exif.Photo.DateTimeDigitized", "Exif.Photo.SubSecTimeDigitized",
                ["Exif.Photo.OffsetTimeDigitized", "Exif.Photo.0x9012"]
            ),
            ("Exif.Image.DateTime", "Exif.Photo.SubSecTime", ["Exif.Photo.OffsetTime", "Exif.Photo.0x9010"]),
        ]
        for (date, fraction, offsets) in candidates {
            guard let text = tags.text(date), let parsed = CaptureTime(text: text, source: .exif) else { continue }
            let microsecond = tags.text(fraction).flatMap(Self.microseconds(digits:)) ?? 0
            let offset =
                parsed.offsetMinutes ?? offsets.lazy.compactMap { tags.text($0) }.first.flatMap(Self.offset(text:))
                ?? Self.offset(of: parsed, gps: CaptureTime(gps: tags))
            let fieldsHaveFraction = parsed.wallMicroseconds % 1_000_000 != 0
            self.init(
                wallMicroseconds: parsed.wallMicroseconds + (fieldsHaveFraction ? 0 : Int64(microsecond)),
                offsetMinutes: offset, source: .exif)
            return
        }
        return nil
    }

    /// The satellites' time, which is UTC.
    init?(gps tags: MetadataTags) {
        let time = tags.rationals("Exif.GPSInfo.GPSTimeStamp")
        guard let date = tags.text("Exif.GPSInfo.GPSDateStamp"), time.count == 3,
            let hour = time[0], let minute = time[1], let second = time[2],
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<61).contains(second),
            let day = CaptureTime(text: date + " 00:00:00", source: .gps)
        else { return nil }
        let microseconds = Int64(((hour * 3600 + minute * 60 + second) * 1_000_000).rounded())
        self.init(wallMicroseconds: day.wallMicroseconds + microseconds, offsetMinutes: 0, source: .gps)
    }

    init?(xmp tags: MetadataTags) {
        for key in ["Xmp.exif.DateTimeOriginal", "Xmp.photoshop.DateCreated", "Xmp.xmp.CreateDate"] {
            if let time = tags.text(key).flatMap({ CaptureTime(text: $0, source: .xmp) }) {
                self = time
                return
            }
        }
        return nil
    }

    /// When the picture was created (IPTC IIM 4.2, 2:55 and 2:60): from 00:00 on when only the day is known, as in a file
    /// name. exiv2 says +00:00 also of a time without a zone, so that zone counts as unknown.
    init?(iptc tags: MetadataTags) {
        guard let date = tags.text("Iptc.Application2.DateCreated") else { return nil }
        let time = tags.text("Iptc.Application2.TimeCreated") ?? "00:00:00"
        guard
            let created = CaptureTime(text: date + "T" + time, source: .iptc)
                ?? CaptureTime(text: date + "T00:00:00", source: .iptc)
        else { return nil }
        self.init(
            wallMicroseconds: created.wallMicroseconds,
            offsetMinutes: created.offsetMinutes == 0 ? nil : created.offsetMinutes, source: .iptc)
    }

    /// Parses EXIF's `2008:05:30 15:56:01` and XMP's `2008-05-30T15:56:01.25+02:00`, whatever separates the fields; a time
    /// without seconds counts from :00. nil when a date or its time is missing or impossible.
    private init?(text: String, source: CaptureTimeSource) {
        let bytes = Array(text.utf8)
        var position = 0
        func number(_ width: Int) -> Int? {
            guard position + width <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[position..<position + width] {
                let digit = byte == UInt8(ascii: " ") ? UInt8(ascii: "0") : byte
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                value = value * 10 + Int(digit - UInt8(ascii: "0"))
            }
            position += width
            return value
        }
        func separator() -> Bool {
            guard position < bytes.count, ":-/. T".utf8.contains(bytes[position]) else { return false }
            position += 1
            return true
        }
        guard let year = number(4), separator(), let month = number(2), separator(), let day = number(2), separator(),
            let hour = number(2), separator(), let minute = number(2)
        else { return nil }
        var second = 0
        var microsecond = 0
        if position < bytes.count, bytes[position] == UInt8(ascii: ":"), separator() {
            guard let value = number(2) else { return nil }
            second = value
            if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
                let digits = bytes[(position + 1)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                position += 1 + digits.count
                microsecond = Self.microseconds(digits: String(decoding: digits, as: UTF8.self)) ?? 0
            }
        }
        let offset = Self.offset(text: String(decoding: bytes[position...], as: UTF8.self))
        self.init(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, microsecond: microsecond,
            offsetMinutes: offset, source: source)
    }

    /// `25` is 250,000 microseconds: the digits of a fraction.
    private static func microseconds(digits text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }.prefix(6)
        guard !digits.isEmpty, let value = Int(digits) else { return nil }
        return (digits.count..<6).reduce(value) { value, _ in value * 10 }
    }

    /// `+02:00`, `-0930` or `Z` in minutes east.
    private static func offset(text: String) -> Int? {
        guard let sign = text.first else { return nil }
        if sign == "Z" { return 0 }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard sign == "+" || sign == "-", digits.count == 4, let value = Int(digits), value / 100 <= 14,
            value % 100 < 60
        else { return nil }
        let minutes = value / 100 * 60 + value % 100
        return sign == "-" ? -minutes : minutes
    }

    /// The zone that lies between the wall clock and the satellites': whole quarters of an hour, within five minutes.
    private static func offset(of wall: CaptureTime, gps: CaptureTime?) -> Int? {
        guard let gps else { return nil }
        let minutes = Double(wall.wallMicroseconds - gps.wallMicroseconds) / 60_000_000
        let quarters = (minutes / 15).rounded()
        guard abs(minutes - quarters * 15) <= 5, (-48...56).contains(quarters) else { return nil }
        return Int(quarters) * 15
    }
}
