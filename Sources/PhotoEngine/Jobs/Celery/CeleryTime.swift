internal import Foundation

/// Moments as Celery writes them: ISO 8601 as Python's `datetime.isoformat` has it, UTC where no zone is named.
enum CeleryTime {
    /// Python's years, 1 to 9999, in seconds since 1970.
    private static let known = -62_135_596_800.0...253_402_300_799.0

    /// Of a moment outside of Python's years, the nearest within.
    static func text(_ date: Date) -> String {
        let moment = min(max(date.timeIntervalSince1970, known.lowerBound), known.upperBound)
        let microseconds = Int64((moment * 1e6).rounded())
        let seconds = microseconds.flooredDivision(1_000_000)
        let days = seconds.flooredDivision(86400)
        let (year, month, day) = civil(days)
        let rest = seconds - days * 86400
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let fraction = String(microseconds - seconds * 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.count)
        let years = String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
        return "\(years)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
            + ".\(zeros)\(fraction)+00:00"
    }

    /// Nil when it is no such moment.
    static func parse(_ text: String) -> Date? {
        guard
            let found = text.wholeMatch(
                of: #/(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d(?::\d\d)?)?/#),
            let year = Int64(found.1), let month = Int64(found.2), let day = Int64(found.3), let hour = Int64(found.4),
            let minute = Int64(found.5), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60
        else { return nil }
        let second = found.6.flatMap { Int64($0) } ?? 0
        let fraction = found.7.flatMap { Double("0.\($0)") } ?? 0
        var offset: Int64 = 0
        if let zone = found.8, zone != "Z" {
            let digits = zone.filter(\.isNumber)
            guard let hours = Int64(digits.prefix(2)), let minutes = Int64(digits.dropFirst(2).prefix(2)) else {
                return nil
            }
            offset = (hours * 3600 + minutes * 60) * (zone.hasPrefix("-") ? -1 : 1)
        }
        let seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredDivision(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    /// The same source's days_from_civil.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredDivision(400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func flooredDivision(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
