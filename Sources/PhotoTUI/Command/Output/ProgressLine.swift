import Core
import Foundation
import Grid
import Workflows

/// One line on a terminal's stderr that shows how far an import is; nothing anywhere else.
final class ProgressLine: Sendable {
    private let isShown: Bool

    init(isShown: Bool = Console.errorIsTerminal) {
        self.isShown = isShown && ProcessInfo.processInfo.environment["TERM", default: "dumb"] != "dumb"
    }

    func show(_ progress: ImportProgress) {
        guard isShown else { return }
        Console.note("\r" + Self.text(progress).truncated(to: Console.errorColumns - 1) + "\u{1b}[K")
    }

    func clear() {
        if isShown { Console.note("\r\u{1b}[K") }
    }

    static func text(_ progress: ImportProgress) -> String {
        var parts: [String] = []
        if progress.isScanning || progress.indexed < progress.found {
            parts.append("\(progress.indexed) of \(progress.found)\(progress.isScanning ? "+" : "") files indexed")
        }
        parts.append("\(progress.processed) of \(progress.imported) new photos processed")
        if progress.photosPerSecond > 0 { parts.append("\(PhotoFormat.short(rounded(progress.photosPerSecond)))/s") }
        if let eta = progress.etaSeconds { parts.append("ETA \(duration(eta))") }
        if progress.known > 0 { parts.append("\(progress.known) known") }
        if progress.unsupported > 0 { parts.append("\(progress.unsupported) unsupported") }
        if progress.rejected > 0 { parts.append("\(progress.rejected) rejected") }
        parts.append(ByteCount(progress.bytesRead).description)
        return parts.joined(separator: " · ")
    }

    private static func rounded(_ value: Double) -> Double {
        value < 10 ? (value * 10).rounded() / 10 : value.rounded()
    }

    /// `45 s`, `3:07`, `2:15:00`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        let whole = Int(seconds.rounded(.up))
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
        return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
}
