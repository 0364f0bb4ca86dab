import ArgumentParser
import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage
import Terminal
import Workflows

/// `phototui [PATH…]`: the app, or without a terminal an import and the timeline as text.
struct OpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open the app (the default); index PATHs in place meanwhile.",
        discussion: """
            Without a terminal on stdin and stdout: imports the paths, or else the library's folders, and prints the \
            timeline as text.

            Examples:
              phototui
              phototui ~/Pictures /media/camera
              phototui ~/Pictures > timeline.txt
              phototui --profile prod --owner bob --reason "ticket 812"

            Exit codes: 0 left, 1 the library can't be opened or there is no usable terminal, 2 a change could not be saved, \
            130 an import without a terminal was stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var why: ReasonOption
    @OptionGroup var graphics: GraphicsOption

    @Argument(help: "Folders and files to index.", completion: .file())
    var paths: [String] = []

    func run() async throws {
        let configuration = graphics.applied(to: LibraryOptions.configuration(warns: false))
        let paths = try ImportPaths.check(paths)
        guard isatty(STDIN_FILENO) == 1, Console.isTerminal else {
            return try await printTimeline(paths, configuration)
        }
        try why.require(for: libraryOptions)
        do {
            try await InteractiveSession(
                folder: libraryOptions.location(configuration).folder,
                profile: try libraryOptions.profile(configuration),
                unknownOwner: libraryOptions.unknownOwner(adds: !paths.isEmpty), configuration: configuration,
                paths: paths,
                environment: ProcessInfo.processInfo.environment, reason: why.reason
            ).run()
        } catch let error as TerminalError {
            throw EngineError(.unsupported, error.description)
        }
    }

    private func printTimeline(_ paths: [FilePath], _ configuration: Configuration) async throws {
        let library = try await libraryOptions.open(
            configuration, creates: !paths.isEmpty || libraryOptions.profile(configuration) == nil)
        do {
            let known = try await library.catalog.folders().map(\.path)
            let wanted = paths.isEmpty ? known : paths
            if wanted.isEmpty, try await library.catalog.statistics().photos == 0 {
                try Console.line(Phototui.helpMessage())
                await library.close()
                return
            }
            var report: ImportReport?
            if !wanted.isEmpty {
                report = try await ImportRun(library: library).run(ImportRequest(paths: wanted))
            }
            try await TimelineText.write(library)
            if let report {
                let advice = ImportSummary.Advice(
                    OwnCommand(library: libraryOptions.library), paths: wanted.map(\.rawText), showsPhotos: false,
                    place: libraryOptions.networked)
                Console.note(
                    ImportSummary.text(report, isDryRun: false, advice: advice, columns: Console.errorColumns))
            }
            await library.close()
            if report?.isInterrupted == true { throw ExitCode.interrupted }
        } catch {
            await library.close()
            throw error
        }
    }
}

/// The timeline as text: a line per month, and a line per photo.
enum TimelineText {
    private static let pageSize = 500

    static func write(_ library: Library) async throws {
        let months = try await library.catalog.months()
        for (index, month) in months.enumerated() {
            let places = try await library.catalog.places(in: month.month, limit: 3).map { displayEscaped($0) }
            let count = "\(month.count) photo\(month.count == 1 ? "" : "s")"
            let title = ([month.month.description, count] + (places.isEmpty ? [] : [places.joined(separator: ", ")]))
            try Console.line((index == 0 ? "" : "\n") + Ink.bold(title.joined(separator: " · ")))
            var after: TimelinePosition?
            while true {
                let page = try await library.catalog.photos(
                    TimelineQuery(month: month.month, after: after, limit: pageSize))
                try Console.write(try await PhotoLines.text(page, in: library))
                guard page.count == pageSize, let last = page.last else { break }
                after = TimelinePosition(wallMicroseconds: last.captureTime.wallMicroseconds, id: last.id)
            }
        }
    }
}
