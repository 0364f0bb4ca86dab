internal import Foundation

/// How long a server asks to be left alone (RFC 9110, 10.2.3).
enum RetryAfter {
    /// Seconds from `moment`, never negative; nil for what is neither a number of seconds nor a date.
    static func seconds(_ text: String, at moment: Date) -> Double? {
        if let seconds = Double(text), seconds.isFinite { return max(0, seconds) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text).map { max(0, $0.timeIntervalSince(moment)) }
    }
}
