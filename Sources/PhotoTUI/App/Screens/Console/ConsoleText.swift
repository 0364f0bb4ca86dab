public import Core
import Grid
import Widgets

/// Ages and rates as a screen shows them that is left alone: no finer than somebody would act on, so that they seldom change.
enum ConsoleText {
    /// `<5 s`, `5 s`, `20 s`, `4 min`, `3 h`, `12 d`.
    static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<5: return "<5 s"
        case ..<10: return "5 s"
        case ..<60: return "\(Int(seconds) / 10 * 10) s"
        case ..<3600: return "\(Int(seconds) / 60) min"
        case ..<86_400: return "\(Int(seconds) / 3600) h"
        default: return "\(Int(min(seconds, 1e12)) / 86_400) d"
        }
    }

    /// `0`, `0.4`, `12`, `≥500`; `-` where nothing can be said.
    static func rate(_ perSecond: Double, isAtLeast: Bool, _ lines: LineSet) -> String {
        if isAtLeast, perSecond <= 0 { return "-" }
        var text = "0"
        if perSecond >= 10 {
            text = grouped(Int(min(perSecond, 1e12).rounded()))
        } else if perSecond > 0 {
            let tenths = max(1, Int((perSecond * 10).rounded()))
            text = tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
        }
        return isAtLeast ? (lines.isASCII ? ">" : "≥") + text : text
    }

    /// `850 ms`, `1.2 s`, `47 s`, `3 min`, `2 h`.
    static func duration(_ seconds: Double) -> String {
        let seconds = max(0, min(seconds, 1e12))
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 10 {
            let tenths = Int((seconds * 10).rounded())
            return "\(tenths / 10).\(tenths % 10) s"
        }
        return seconds < 60 ? "\(Int(seconds.rounded())) s" : age(seconds)
    }

    /// `0.4 ms`, `12 ms`, `1.2 s`.
    static func latency(_ seconds: Double) -> String {
        guard seconds < 0.00995 else { return duration(seconds) }
        let tenths = Int((max(0, seconds) * 10_000).rounded())
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    /// `0 %`, `0.4 %`, `12 %`.
    static func share(_ share: Double) -> String {
        let thousandths = Int((max(0, min(share, 1)) * 1000).rounded())
        return thousandths > 0 && thousandths < 100
            ? "\(thousandths / 10).\(thousandths % 10) %" : "\(thousandths / 10) %"
    }

    /// `0.42`, `12.5`.
    static func load(_ value: Double) -> String {
        let hundredths = Int((max(0, min(value, 1e6)) * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Bytes, in round figures.
    static func bytes(_ count: Int) -> String { ByteCount(Int64(count)).description }

    /// `2024-07-12 18:03:20`, in UTC.
    static func moment(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e11 else { return "-" }
        let part = CaptureTime(
            wallMicroseconds: Int64(seconds.rounded(.down)) * 1_000_000, offsetMinutes: 0, source: .modified
        ).fields
        let day = "\(part.year)-\(twoDigits(part.month))-\(twoDigits(part.day))"
        return "\(day) \(twoDigits(part.hour)):\(twoDigits(part.minute)):\(twoDigits(part.second))"
    }
}

/// Text with headings that is longer than the screen: wrapped once for its width, scrolled by lines.
public struct TextPane: Hashable, Sendable {
    public struct Section: Hashable, Sendable {
        /// Before the text, on its line where it is short.
        let label: String
        /// Foreign text, not yet escaped; line breaks are kept.
        let text: String
        var isWarning = false
        /// Whether the text is safe to show already.
        var isEscaped = false

        init(label: String, text: String, isWarning: Bool = false, isEscaped: Bool = false) {
            (self.label, self.text, self.isWarning, self.isEscaped) = (label, text, isWarning, isEscaped)
        }

        init(_ poison: Poison) {
            self.init(
                label: poison.isHarmful ? "poison" : "content", text: poison.description, isWarning: poison.isHarmful)
        }
    }

    struct Line: Hashable, Sendable {
        var label = ""
        let text: String
        var isWarning = false
    }

    let sections: [Section]
    private(set) var lines: [Line] = []
    private(set) var offset = 0
    private var width = 0

    init(_ sections: [Section]) { self.sections = sections }

    static let labelWidth = 11
    /// Of one section; more is told, not shown.
    static let mostBytes = 256 << 10

    mutating func wrap(to width: Int, rows: Int) {
        if width != self.width {
            self.width = width
            lines = sections.flatMap { Self.lines(of: $0, width: max(8, width - Self.labelWidth)) }
        }
        scroll(to: offset, rows: rows)
    }

    /// Where another text of the same thing was scrolled to.
    mutating func keepOffset(_ offset: Int) { self.offset = offset }

    mutating func scroll(to line: Int, rows: Int) { offset = max(0, min(line, lines.count - rows)) }

    private static func lines(of section: Section, width: Int) -> [Line] {
        let isCut = section.text.utf8.count > mostBytes
        let shown = isCut ? String(decoding: section.text.utf8.prefix(mostBytes), as: UTF8.self) : section.text
        var texts = shown.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .flatMap { (section.isEscaped ? String($0) : displayEscaped(String($0))).pieces(atMost: width) }
        while texts.count > 1, texts.last == "" { texts.removeLast() }
        if isCut { texts.append("and so on: \(ConsoleText.bytes(section.text.utf8.count)) in all") }
        return texts.enumerated().map { index, text in
            Line(label: index == 0 ? section.label : "", text: text, isWarning: section.isWarning)
        }
    }
}

extension QueueState {
    /// What is told of one in which messages wait for nobody; nil of any other.
    public var leftText: String? {
        isLeft ? consumption == .nobody ? "no consumer" : "no consumer answers" : nil
    }
}
