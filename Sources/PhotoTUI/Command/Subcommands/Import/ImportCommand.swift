import ArgumentParser
import Core
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui import PATH…`.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Find, hash, catalogue and process photos.",
        discussion: """
            Photos stay where they are, unchanged, unless --copy asks for copies in the library. A second run reads only \
            what changed; after Ctrl-C the next run goes on from there. A file whose photo was removed with the trash is left \
            alone, unless it is named itself.

            After the word takeout, the paths are a Google Takeout: the archives as they were downloaded, or folders they \
            were unpacked into, all parts of an export together. Pictures of archives are copied into the library, those of \
            folders stay where they are. Notes (JSON) give date, place, caption, favourite mark and people where the picture \
            itself tells none; albums are kept; videos, but for the films of live photos, are left where they are. \
            docs/takeout.md has the rules. A folder called takeout needs ./ in front of its name.

            After the word library, it is another library of phototui, by its folder or its profile: its photos come with marks, \
            tags, albums, sidecars, stacks and decisions. What is here goes before what is there; where the two differ, that is listed. \
            Photos of its trash stay there. Nothing of it is changed.

            batch_files and file_megabytes in config.toml limit what one import takes: too many new photos are left for the next \
            import, too large ones rejected; both are listed.

            Where the profile names a broker, workers process the photos, and the import does not wait for them.

            Examples:
              phototui import ~/Pictures
              phototui import --copy /media/camera/DCIM
              phototui import --albums folders ~/Pictures    Trips/Lisbon below it fills the album Trips/Lisbon
              phototui import --profile home --wait ~/Pictures
              phototui import takeout ~/Downloads/takeout-*.zip
              phototui import library --dry-run /media/old/phototui
              phototui import takeout --dry-run --json ~/Takeout | jq .takeout.unmatched
              phototui import --dry-run --json ~/Pictures | jq '.items[] | select(.outcome == "rejected")'

            Exit codes: 0 every file accounted for and none rejected, 1 the library can't be opened or fails, 2 some files rejected, folders unreadable or no albums, or photos \
            waiting for a storage that can't be reached, or left out by a limit, \
            130 stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var budget: BudgetOptions

    @Flag(help: "Copy new originals into the library.")
    var copy = false

    @Flag(help: "Read and decode as an import does, tell its sums, and change nothing.")
    var dryRun = false

    @Flag(
        help: ArgumentHelp(
            "Afterwards mark missing what is gone from the paths.",
            discussion: "For when much of a folder was deleted, which looks like an unmounted disk to the app."))
    var markMissing = false

    @Option(
        help: ArgumentHelp(
            "Put photos into albums that are called as the folders they lie in; files imported earlier, too.",
            discussion: "One undo takes a run's albums back: phototui edits.", valueName: "source"))
    var albums: AlbumsArgument?

    @Flag(
        help: ArgumentHelp(
            "Afterwards put what a camera made as one into stacks: bursts, brackets, RAW and JPEG, live photos.",
            discussion: """
                Told by the camera's own marks and clock, never by names alone; also of photos imported before. A stack that \
                was taken apart is not made again. duplicates stacks lists them, duplicates undo takes one apart.
                """))
    var stacks = false

    @Flag(help: "Of a Takeout: import what is in Google's trash, too.")
    var withTrash = false

    @Flag(help: "Wait until workers have processed the photos, where the profile names a broker.")
    var wait = false

    @Option(help: ArgumentHelp("Photos processed at a time.", valueName: "n"))
    var workers: Int?

    @Argument(help: "Folders and files; behind the word takeout those of an export.", completion: .file())
    var paths: [String]

    private var isTakeout: Bool { paths.first == "takeout" }
    private var isLibrary: Bool { paths.first == "library" }
    /// Without the word in front.
    private var named: [String] { isTakeout || isLibrary ? Array(paths.dropFirst()) : paths }

    func validate() throws {
        if let workers, !(1...256).contains(workers) { throw ValidationError("--workers takes 1 to 256") }
        if markMissing, dryRun { throw ValidationError("--mark-missing changes the library, --dry-run does not") }
        if named.isEmpty {
            throw ValidationError(
                isLibrary
                    ? "name the library: its folder, or a profile; a folder called library is ./library"
                    : isTakeout
                        ? "name the archives or folders of the Takeout; a folder called takeout is ./takeout"
                        : "name a folder or a file to import")
        }
        if isLibrary, paths.count != 2 {
            throw ValidationError("name one library: its folder, or a profile; a folder called library is ./library")
        }
        if isLibrary, albums != nil || markMissing {
            throw ValidationError("--albums and --mark-missing are for folders, not for a library")
        }
        if isTakeout, albums != nil { throw ValidationError("a Takeout brings its albums: --albums is for folders") }
        if isTakeout, markMissing { throw ValidationError("--mark-missing is for folders, not for a Takeout") }
        if !isTakeout, withTrash { throw ValidationError("--with-trash is for a Takeout") }
    }

    func run() async throws {
        var configuration = LibraryOptions.configuration()
        if let workers { configuration.workers = workers }
        let paths = isLibrary ? [] : try ImportPaths.check(named)
        let other = isLibrary ? try await OtherLibrary.open(named[0], configuration, beside: libraryOptions) : nil
        let library = try await libraryOptions.open(configuration, creates: !dryRun, isPreview: dryRun)
        let report: ImportReport
        var markedMissing: Int?
        do {
            if !dryRun { try await budget.check(library, for: "import", on: counted(named.count, "path")) }
            try await ImportQuote.tell(paths, library)
            var request = ImportRequest(
                paths: paths, copies: copy, isDryRun: dryRun, listsItems: true, readsNamedFiles: true,
                awaitsWorkers: wait, albums: albums?.source, actor: DuplicatesCommand.actor)
            request.library = other?.asSource(named: named[0])
            let takeout = isTakeout ? library.takeoutReading(takesTrash: withTrash) : nil
            report = try await ImportRun(library: library).run(
                request, reading: takeout,
                stacking: stacks ? library.stacking(actor: DuplicatesCommand.actor) : nil)
            if markMissing, !report.isInterrupted {
                let watcher = library.watcher()
                var count = 0
                for path in paths { count += try await watcher.acceptLoss(below: path).missing }
                markedMissing = count
            }
        } catch {
            await library.close()
            await other?.close()
            throw error
        }
        await library.close()
        await other?.close()
        if output.json {
            try Console.line(
                ImportSummary.json(report, isDryRun: dryRun, markedMissing: markedMissing).encoded())
        } else {
            let flags =
                (copy ? ["--copy"] : []) + (dryRun ? ["--dry-run"] : [])
                + (albums.map { ["--albums", $0.rawValue] } ?? []) + (stacks ? ["--stacks"] : [])
            let advice = ImportSummary.Advice(
                OwnCommand(library: libraryOptions.library), paths: self.paths, flags: flags, showsPhotos: true,
                place: libraryOptions.networked)
            try Console.write(ImportSummary.text(report, isDryRun: dryRun, advice: advice))
            if let markedMissing { try Console.line("\(counted(markedMissing, "file")) gone and marked missing") }
        }
        if report.isInterrupted { throw ExitCode.interrupted }
        // Hidden names, links and sockets are left out by rule; only what can't be looked into has failed.
        let isBlocked = report.skipped.contains { $0.kind == .unreadable }
        let isRefused = report.albums?.refused.isEmpty == false || report.takeout?.problems.isEmpty == false
        if report.rejected > 0 || report.unprocessed > 0 || report.waiting > 0 || report.left > 0 || isBlocked
            || isRefused
        {
            throw ExitCode.inPart
        }
    }
}

/// `AlbumSource`, as it is typed.
enum AlbumsArgument: String, ExpressibleByArgument, CaseIterable {
    case folders

    var source: AlbumSource {
        switch self {
        case .folders: .folders
        }
    }
}
