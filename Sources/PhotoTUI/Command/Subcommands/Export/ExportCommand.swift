import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui export …`.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write photos into a folder, without where they were taken.",
        discussion: """
            Originals under their own names, as they were imported, their SHA-256 checked on the way; two of one name both are \
            there, the second with a part of its digest in its name. Where a file tells its position (EXIF, XMP, a film \
            beside the picture), that is written over; picture, maker notes and everything else stay byte for byte. A file \
            from which it can't be taken so is refused, never written with it. Place names in words stay, as do positions \
            that only a maker's own notes know.

            Files that are there already are left alone: after Ctrl-C, or a full disk, the same command goes on.

            Examples:
              phototui export --album Trips/Lisbon --to ~/lisbon
              phototui export --search 'rating:>=4 2024' --to /media/stick --layout date
              phototui export --all --to /media/disk --layout album --sidecars --with-location
              phototui export --album Trips/Lisbon --gallery --to ~/lisbon
              phototui export 0190a7c2 ~/Pictures/IMG_2041.jpg --to out --dry-run
              phototui export --month 2024-07 --to out --json | jq -r '.items[] | select(.reason).reason'

            Exit codes: 0 every photo is there, 1 none could be written, 2 some could not, 130 stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var selection: ExportSelection

    @Option(
        name: [.customLong("to")],
        help: ArgumentHelp("The folder to write to; made where it is not there.", valueName: "folder"),
        completion: .directory)
    var target: String

    @Option(help: "In folders by date (2024/2024-07) or album (Trips/Lisbon), or all in one.")
    var layout = ExportLayout.flat

    @Flag(name: .customLong("with-location"), help: "Keep where the photos were taken.")
    var keepsPosition = false

    @Flag(help: "Write what the library knows of each photo into an XMP file beside it: rating, caption, tags, faces.")
    var sidecars = false

    @Flag(
        help: "Write pages of HTML with renditions, which any browser shows without a network, in place of originals.")
    var gallery = false

    @Option(help: "What the gallery is called; else the album's name.")
    var title: String?

    @Flag(name: .customLong("dry-run"), help: "Only say what would be written.")
    var isDryRun = false

    func validate() throws {
        if selection.isEmpty {
            throw ValidationError("name photos, or say --album, --search, --month, --from or --all")
        }
        if gallery, layout != .flat || keepsPosition || sidecars || isDryRun {
            throw ValidationError(
                "--gallery writes renditions alone: it goes without --layout, --with-location, --sidecars and --dry-run"
            )
        }
        if title != nil, !gallery { throw ValidationError("--title goes with --gallery") }
        if target.isEmpty { throw ValidationError("--to names a folder") }
    }

    func run() async throws {
        let folder = RawArguments.currentFolder.pushing(RawArguments.path(target)).lexicallyNormalized()
        if gallery { return try await writeGallery(to: folder) }
        let (report, unnamed, archived) = try await libraryOptions.withLibrary { library in
            let found = try await selection.find(in: library)
            var request = ExportRequest(folder: folder, layout: layout, actor: DuplicatesCommand.actor)
            request.album = found.album?.name ?? selection.album
            (request.keepsPosition, request.writesSidecars) = (keepsPosition, sidecars)
            request.isDryRun = isDryRun
            let archived = selection.all ? try await ExportSelection.archivedCount(in: library) : 0
            return (try await ExportRun(library: library).run(found.photos, request), found.failed, archived)
        }
        if output.json {
            try Console.line(ExportFormat.json(report, unnamed).encoded())
        } else {
            try Console.line(ExportFormat.text(report, folder))
        }
        if archived > 0 {
            Console.complain(
                "\(counted(archived, "archived photo")) \(archived == 1 ? "is" : "are") not in the timeline, and stayed out: "
                    + "--search is:archived takes \(archived == 1 ? "it" : "them")")
        }
        for (name, reason) in unnamed { Console.complain("\(name): \(reason)") }
        // Of what failed, and of what went without its film.
        for item in report.items where item.reason != nil && !report.isStopped && report.fault == nil {
            Console.complain("\(item.path?.rawText ?? item.photo.description): \(item.reason ?? "")")
        }
        if let fault = report.fault { Console.complain("\(fault)") }
        try ExportFormat.exit(report, unnamed: unnamed.count)
    }
}

extension ExportCommand {
    private func writeGallery(to folder: FilePath) async throws {
        let title = try title.map(typedText)
        let (report, unnamed) = try await libraryOptions.withLibrary { library in
            let found = try await selection.find(in: library)
            let request = GalleryExport.Request(
                folder: folder, title: title ?? found.album?.name ?? "Photos",
                description: found.album?.description ?? "", actor: DuplicatesCommand.actor)
            return (try await GalleryRun(library: library).run(found.photos, request), found.failed)
        }
        try GalleryRun.tell(report, folder, unnamed, isJSON: output.json)
    }
}

/// Runs an export with its progress line, until the end or the first Ctrl-C.
struct ExportRun {
    let library: Library

    func run(_ photos: [PhotoID], _ request: ExportRequest) async throws -> ExportReport {
        let export = library.photoExport()
        let line = ProgressLine()
        return try await Interrupt.cancelling {
            line.clear()
        } abandon: {
            export.abandon()
        } work: {
            try await export.export(photos, request) { line.show($0) }
        }
    }
}

/// How an export is told.
enum ExportFormat {
    static func json(_ report: ExportReport, _ unnamed: [(name: String, reason: String)]) -> JSON {
        let items = report.items.map { JSON.object(json($0)) }
        return .object([
            "found": .count(report.found), "exported": .count(report.count(.exported)),
            "present": .count(report.count(.present)), "planned": .count(report.count(.planned)),
            "failed": .count(report.count(.failed) + unnamed.count),
            "bytes_written": .integer(report.bytesWritten), "seconds": .number(report.seconds),
            "stopped": .bool(report.isStopped || report.fault != nil),
            "reason": report.fault.map { .rawText($0.description) } ?? .null, "items": .array(items),
            "unnamed": .array(unnamed.map { .object(["name": .rawText($0.name), "reason": .rawText($0.reason)]) }),
        ])
    }

    private static func json(_ item: ExportItem) -> [(name: String, value: JSON)] {
        var fields: [(name: String, value: JSON)] = [("id", .string(item.photo.description))]
        fields += item.path.map { JSON.path($0) } ?? [("path", .null)]
        fields.append(("outcome", .string(item.outcome.rawValue)))
        fields.append(("sha256", .text(item.sha256?.description)))
        fields.append(("bytes", .integer(item.byteCount.bytes)))
        fields.append(("position", .text(item.position?.rawValue)))
        fields += item.sidecar.map { JSON.path($0, name: "sidecar") } ?? [("sidecar", .null)]
        fields += item.film.map { JSON.path($0, name: "film") } ?? [("film", .null)]
        fields.append(("reason", item.reason.map { .rawText($0) } ?? .null))
        return fields
    }

    static func text(_ report: ExportReport, _ folder: FilePath) -> String {
        let place = ImportSummary.shown(folder)
        var parts: [String] = []
        let planned = report.count(.planned)
        if planned > 0 {
            let bytes = report.items.filter { $0.outcome == .planned }.reduce(Int64(0)) { $0 + $1.byteCount.bytes }
            parts.append("\(counted(planned, "file")), \(ByteCount(bytes)), would be written to \(place)")
        } else {
            parts.append("\(counted(report.count(.exported), "file")) written to \(place)")
        }
        let present = report.count(.present)
        if present > 0 { parts.append("\(present) there already") }
        let removed = report.items.count { $0.position == .removed }
        if removed > 0 { parts.append("the position removed from \(removed)") }
        let kept = report.items.count { $0.position == .kept }
        if kept > 0 { parts.append("positions kept") }
        let failed = report.count(.failed)
        if failed > 0 { parts.append("\(failed) not written") }
        return parts.joined(separator: ", ")
    }

    /// Throws the exit code where not all is there.
    static func exit(_ report: ExportReport, unnamed: Int) throws {
        let done = report.items.count { $0.outcome != .failed }
        if report.isStopped {
            Console.complain("stopped; \(done) files are there: the same command goes on with the others")
            throw ExitCode.interrupted
        }
        if report.fault != nil || unnamed > 0 || done < report.items.count {
            throw done == 0 ? ExitCode.failure : ExitCode.inPart
        }
    }
}
