import Core
import Foundation
import Grid
import PhotoEngine
import SystemPackage
import Workflows

/// One line on a terminal's stderr that shows how far an import or a scan is; nothing anywhere else.
final class ProgressLine: Sendable {
    private let isShown: Bool

    init(isShown: Bool = Console.errorIsTerminal) {
        self.isShown = isShown && ProcessInfo.processInfo.environment["TERM", default: "dumb"] != "dumb"
    }

    /// Writes the line over the one before and leaves the cursor at its start. So a terminal that is made narrower and wraps
    /// what stands there keeps the cursor on the first row, and the next line clears the rest; and the `^C` that the
    /// terminal echoes falls on the line, which goes away, not behind it.
    func show(_ progress: ImportProgress) {
        guard isShown else { return }
        show(Self.text(progress, columns: Console.errorColumns - 1))
    }

    func show(_ progress: ExportProgress) {
        guard isShown else { return }
        var parts = [
            "\(progress.photos) of \(progress.totalPhotos) files",
            "\(ByteCount(progress.bytes)) of \(ByteCount(progress.totalBytes))",
        ]
        if progress.bytesPerSecond > 0 { parts.append("\(ByteCount(Int64(progress.bytesPerSecond)))/s") }
        if let eta = progress.etaSeconds { parts.append("ETA \(Self.duration(eta))") }
        if progress.failed > 0 { parts.append("\(progress.failed) failed") }
        show(parts.joined(separator: Self.separator).truncated(to: Console.errorColumns - 1))
    }

    func show(_ progress: PromotionProgress) {
        guard isShown else { return }
        var parts: [String]
        switch progress {
        case .objects(let tally):
            parts = [
                "\(tally.photos) of \(tally.totalPhotos) photos",
                "\(ByteCount(tally.bytes)) of \(ByteCount(tally.totalBytes))",
            ]
            if tally.bytesPerSecond > 0 { parts.append("\(ByteCount(Int64(tally.bytesPerSecond)))/s") }
            if let eta = tally.etaSeconds { parts.append("ETA \(Self.duration(eta))") }
            if tally.present > 0 { parts.append("\(tally.present) objects there already") }
            if tally.faultCount > 0 { parts.append("\(tally.faultCount) photos can't go over") }
        case .rows(let count, let isVerifying):
            parts = ["\(count) rows of the catalogue \(isVerifying ? "compared" : "written")"]
        }
        show(parts.joined(separator: Self.separator).truncated(to: Console.errorColumns - 1))
    }

    func show(_ progress: DuplicateScanProgress) {
        guard isShown else { return }
        var parts = [
            "\(progress.compared) of \(progress.total) photos compared", "\(progress.clustered) with duplicates",
        ]
        if progress.photosPerSecond > 0 {
            parts.append("\(PhotoFormat.short(Self.rounded(progress.photosPerSecond)))/s")
        }
        if let eta = progress.etaSeconds { parts.append("ETA \(Self.duration(eta))") }
        show(parts.joined(separator: Self.separator).truncated(to: Console.errorColumns - 1))
    }

    /// `1200 files found · takeout-001.zip`, while a Takeout is read.
    func show(_ path: FilePath, _ count: Int) {
        guard isShown else { return }
        let name = path.nameBytes.split(separator: UInt8(ascii: "/")).last.map { displayEscaped(bytes: $0) } ?? ""
        show("\(count) files found\(Self.separator)\(name)".truncated(to: Console.errorColumns - 1))
    }

    /// `1200 of 10000 dead letters`.
    func show(_ done: Int, of total: Int, _ what: String) {
        guard isShown else { return }
        show("\(done) of \(total) \(what)".truncated(to: Console.errorColumns - 1))
    }

    /// `12000 errors looked at`, where nobody knows of how many.
    func show(_ done: Int, _ what: String) {
        guard isShown else { return }
        show("\(done) \(what)".truncated(to: Console.errorColumns - 1))
    }

    func show(_ progress: BulkResolutionProgress) {
        guard isShown else { return }
        var parts = [
            "\(progress.examined) of \(progress.total) clusters looked at", "\(progress.resolved) resolved",
            progress.byteCount.description,
        ]
        if let eta = progress.etaSeconds { parts.append("ETA \(Self.duration(eta))") }
        show(parts.joined(separator: Self.separator).truncated(to: Console.errorColumns - 1))
    }

    private func show(_ text: String) {
        WaitNotice.stop()
        Console.note("\r" + Self.wrapOff + text + Self.clearBelow + Self.wrapOn + "\r")
    }

    func clear() {
        if isShown { Console.note("\r" + Self.clearBelow) }
    }

    // ECMA-48 ED, and DEC's autowrap mode: a line that is too long for a terminal narrowed this moment is cut at its edge.
    private static let clearBelow = "\u{1b}[J"
    private static let wrapOff = "\u{1b}[?7l"
    private static let wrapOn = "\u{1b}[?7h"

    /// The sums and, where there is room for enough of it, the name of the file worked on; no wider than `columns`.
    static func text(_ progress: ImportProgress, columns: Int) -> String {
        let sums = sums(progress).joined(separator: separator)
        let room = columns - sums.displayWidth - separator.displayWidth
        guard room >= leastNameColumns, let path = progress.current,
            let name = path.nameBytes.split(separator: UInt8(ascii: "/")).last
        else { return sums.truncated(to: columns) }
        return sums + separator + displayEscaped(bytes: name).truncated(to: room, .middle)
    }

    private static let separator = " · "
    private static let leastNameColumns = 12

    private static func sums(_ progress: ImportProgress) -> [String] {
        var parts: [String] = []
        if progress.isScanning || progress.indexed < progress.found {
            parts.append("\(progress.indexed) of \(progress.found)\(progress.isScanning ? "+" : "") files indexed")
        }
        if let count = progress.handedOver { parts.append(ImportSummary.handedOver(count)) }
        if progress.toProcess > 0 { parts.append("\(progress.processed) of \(progress.toProcess) photos processed") }
        if progress.photosPerSecond > 0 { parts.append("\(PhotoFormat.short(rounded(progress.photosPerSecond)))/s") }
        if let eta = progress.etaSeconds { parts.append("ETA \(duration(eta))") }
        if progress.known > 0 { parts.append("\(progress.known) known") }
        if progress.unsupported > 0 { parts.append("\(progress.unsupported) unsupported") }
        if progress.rejected > 0 { parts.append("\(progress.rejected) rejected") }
        parts.append(ByteCount(progress.bytesRead).description)
        return parts
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
