/// When a photo was taken, as the clock on the wall showed it, with the zone's offset where something tells it.
///
/// The timeline sorts by the wall clock: photos of a journey stay in the order their owner lived them, and a photo
/// without a known zone keeps its place. Arithmetic is the proleptic Gregorian calendar.
public struct CaptureTime: Hashable, Sendable, Codable {
    /// Microseconds from 1970-01-01T00:00:00 on the wall clock.
    public let wallMicroseconds: Int64
    /// Minutes east of UTC; nil where unknown.
    public let offsetMinutes: Int?
    public let source: CaptureTimeSource

    public init(wallMicroseconds: Int64, offsetMinutes: Int?, source: CaptureTimeSource) {
        self.wallMicroseconds = wallMicroseconds
        self.offsetMinutes = offsetMinutes
        self.source = source
    }

    /// Builds a time from wall-clock fields; nil when a field is out of range (month 1-12, day of that month, 0-23, 0-59, 0-59,
    /// year 1-9999), as cameras with a flat battery write.
    public init?(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int = 0,
        offsetMinutes: Int? = nil, source: CaptureTimeSource
    ) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...Month.days(year: year, month: month)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            (0...999_999).contains(microsecond)
        else { return nil }
        let days = Month.daysFromEpoch(year: year, month: month, day: day)
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        self.init(
            wallMicroseconds: seconds * 1_000_000 + Int64(microsecond), offsetMinutes: offsetMinutes, source: source)
    }

    public var month: Month { Month(wallMicroseconds: wallMicroseconds) }

    public var fields: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int) {
        let day = Int(wallMicroseconds.flooredDivision(by: 86_400_000_000))
        let inDay = wallMicroseconds - Int64(day) * 86_400_000_000
        let date = Month.civil(daysFromEpoch: day)
        let seconds = Int(inDay / 1_000_000)
        return (
            date.year, date.month, date.day, seconds / 3600, seconds / 60 % 60, seconds % 60, Int(inDay % 1_000_000)
        )
    }

    /// RFC 3339 with the offset; an unknown offset is written `-00:00` (RFC 3339, 4.3). The fraction shows only when not zero.
    public var rfc3339: String {
        let part = fields
        var text = [
            padded(part.year, 4), "-", padded(part.month, 2), "-", padded(part.day, 2), "T",
            padded(part.hour, 2), ":", padded(part.minute, 2), ":", padded(part.second, 2),
        ].joined()
        if part.microsecond != 0 {
            text +=
                "." + (part.microsecond % 1000 == 0 ? padded(part.microsecond / 1000, 3) : padded(part.microsecond, 6))
        }
        guard let offsetMinutes else { return text + "-00:00" }
        let size = abs(offsetMinutes)
        return text + (offsetMinutes < 0 ? "-" : "+") + padded(size / 60, 2) + ":" + padded(size % 60, 2)
    }
}

private func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

/// What a capture time was read from, best first.
public enum CaptureTimeSource: String, Sendable, CaseIterable, Codable {
    /// What a sidecar says goes behind the file's own metadata.
    case exif, gps, xmp, iptc, sidecar, filename, modified
}

/// A calendar month of the timeline, written `2024-07`.
public struct Month: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let year: Int
    /// 1 to 12.
    public let month: Int

    public init?(year: Int, month: Int) {
        guard (1...9999).contains(year), (1...12).contains(month) else { return nil }
        self.year = year
        self.month = month
    }

    /// Parses `YYYY-MM`.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
            let year = Int(parts[0]), let month = Int(parts[1])
        else { return nil }
        self.init(year: year, month: month)
    }

    init(wallMicroseconds: Int64) {
        let date = Month.civil(daysFromEpoch: Int(wallMicroseconds.flooredDivision(by: 86_400_000_000)))
        year = date.year
        month = date.month
    }

    /// `year * 12 + month - 1`: the bucket number the catalogue stores.
    public var ordinal: Int { year * 12 + month - 1 }

    public init(ordinal: Int) {
        year = Int(Int64(ordinal).flooredDivision(by: 12))
        month = ordinal - year * 12 + 1
    }

    public var description: String { padded(year, 4) + "-" + padded(month, 2) }

    public static func < (left: Self, right: Self) -> Bool { left.ordinal < right.ordinal }

    static func days(year: Int, month: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01; the civil calendar algorithm of H. Hinnant (chrono-Compatible Low-Level Date Algorithms).
    static func daysFromEpoch(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = Int(Int64(shifted).flooredDivision(by: 400))
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func civil(daysFromEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = Int(Int64(shifted).flooredDivision(by: 146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }
}

extension Int64 {
    /// Division that rounds toward minus infinity, so that times before 1970 fall in their own day.
    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
