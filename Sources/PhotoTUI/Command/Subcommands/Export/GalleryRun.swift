import ArgumentParser
import Core
import PhotoEngine
import SystemPackage
import Workflows

/// Writes a gallery with its progress line, until the end or the first Ctrl-C.
struct GalleryRun {
    let library: Library

    func run(_ photos: [PhotoID], _ request: GalleryExport.Request) async throws -> ExportReport {
        let gallery = library.galleryExport()
        let line = ProgressLine()
        do {
            return try await Interrupt.cancelling {
                line.clear()
            } work: {
                try await gallery.write(photos, request) { line.show($0) }
            }
        } catch is CancellationError {
            Console.complain("stopped; the pages are as they were: the same command goes on")
            throw ExitCode.interrupted
        }
    }

    /// Tells what came of it, and throws the exit code where not every photo is shown.
    static func tell(
        _ report: ExportReport, _ folder: FilePath, _ unnamed: [(name: String, reason: String)], isJSON: Bool
    ) throws {
        let page = folder.appending("index.html")
        if isJSON {
            guard case .object(let fields) = ExportFormat.json(report, unnamed) else { return }
            try Console.line(JSON.object(JSON.path(page, name: "page") + fields).encoded())
        } else {
            let shown = report.items.count - report.count(.failed)
            try Console.line("\(counted(shown, "photo")) on \(ImportSummary.shown(page)), without metadata")
        }
        for (name, reason) in unnamed { Console.complain("\(name): \(reason)") }
        for item in report.items where item.outcome == .failed {
            Console.complain("\(item.photo): \(item.reason ?? "")")
        }
        try ExportFormat.exit(report, unnamed: unnamed.count)
    }
}
