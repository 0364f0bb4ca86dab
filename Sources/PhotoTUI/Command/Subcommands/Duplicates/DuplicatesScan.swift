import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui duplicates scan`.
struct DuplicatesScan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Compare the photos that were not compared yet.",
        discussion: """
            Photos whose hashes are within --distance are candidates; their pictures, 256 pixels large, are laid over each \
            other, and what shows the same goes into a cluster. What was compared stays so: a scan after an import looks at \
            the new photos alone, and one that was stopped goes on. With another --distance or --orientations, --all \
            compares everything anew; what was decided not to be a duplicate stays decided.

            With --no-renditions and PATHs it is about files, not about the library: their hashes alone are made and compared, \
            nothing is decoded beyond that, kept or written, and the clusters are printed. Hashes alone \
            take more for the same than pictures do: the distance is 4 unless it is given.

            Examples:
              phototui duplicates scan
              phototui duplicates scan --no-renditions ~/Pictures /media/card
              phototui duplicates scan --all --orientations      turned and mirrored copies, too
              phototui duplicates scan --json | jq .clusters

            Exit codes: 0 all compared, 1 the library fails, 2 some photos have no small picture to compare, 130 stopped \
            by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(
        help: ArgumentHelp(
            "The most bits in which hashes may differ, 0 to 16 (default: scan_distance in config.toml, else 8).",
            valueName: "bits"))
    var distance: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Find turned and mirrored copies, too; several times slower (default: scan_orientations in config.toml).")
    var orientations: Bool?

    @Flag(help: "Forget the clusters and compare all photos anew.")
    var all = false

    @OptionGroup var why: ReasonOption

    @Flag(help: "Compare the files below PATHs by their hashes alone, without a library.")
    var noRenditions = false

    @Argument(help: "Folders and files, with --no-renditions.", completion: .file())
    var paths: [String] = []

    func validate() throws {
        if let distance, !DuplicateScanOptions.distances.contains(distance) {
            throw ValidationError("--distance takes 0 to 16")
        }
        if noRenditions == paths.isEmpty {
            throw ValidationError("--no-renditions and the paths of folders or files go together")
        }
        if all {
            try why.require(for: libraryOptions)
        } else if !why.reason.isEmpty {
            throw ValidationError("--reason goes with --all: what compares only what is new is not in the journal")
        }
        if noRenditions, orientations == true || all {
            throw ValidationError("--no-renditions goes with --distance alone")
        }
    }

    func run() async throws {
        if noRenditions { return try await FolderDuplicatesRun(paths, distance ?? 4, isJSON: output.json).run() }
        let report: DuplicateScanReport
        let isAsBefore: Bool
        do {
            (report, isAsBefore) = try await libraryOptions.withLibrary { library in
                let usual = library.configuration.scanOptions
                var options = usual
                options.distance = distance ?? options.distance
                options.turns = orientations ?? options.turns
                options.comparesAll = all
                if all {
                    // Without the small pictures there would be no clusters until the storage is back.
                    try await library.checkStorage()
                    try await JobJournal.append(
                        "compare all photos anew", "duplicates", "the clusters there were are forgotten",
                        reason: why.reason, library)
                }
                let isAsBefore = (usual.distance, usual.turns) == (options.distance, options.turns)
                return (try await Self.scan(library, options), isAsBefore)
            }
        } catch is CancellationError {
            Console.complain("stopped; what was compared stays so, and the same command without --all goes on")
            throw ExitCode.interrupted
        }
        if output.json {
            let document: JSON = .object([
                "compared": .count(report.compared),
                "clustered": .count(report.clustered),
                "comparisons": .count(report.comparisons),
                "without_picture": .array(report.withoutPicture.sorted().map { .string($0.description) }),
                "clusters": .count(report.clusters),
                "bytes_to_win": .integer(report.bytesToWin.bytes),
                "seconds": .number(report.seconds),
            ])
            try Console.line(document.encoded())
        } else {
            try Console.line(Self.summary(report))
        }
        if report.compared == 0, !all, !isAsBefore {
            Console.note("what was compared before stays as it was then: --all compares it anew, with these options\n")
        }
        guard !report.withoutPicture.isEmpty else { return }
        Console.complain(
            """
            \(counted(report.withoutPicture.count, "photo")) could not be compared, as no small picture of theirs is there: \
            `phototui show \(report.withoutPicture.min()?.description ?? "")` tells more of the first
            """)
        throw ExitCode.inPart
    }

    private static func scan(_ library: Library, _ options: DuplicateScanOptions) async throws -> DuplicateScanReport {
        let line = ProgressLine()
        let scan = library.duplicateScan()
        return try await Interrupt.cancelling {
            line.clear()
        } work: {
            try await scan.run(options) { line.show($0) }
        }
    }

    private static func summary(_ report: DuplicateScanReport) -> String {
        let found =
            report.clusters == 0
            ? "no duplicates"
            : "\(counted(report.clusters, "cluster")) of duplicates, about \(report.bytesToWin) to win"
        guard report.compared > 0 else { return "nothing new to compare; \(found)" }
        let seconds = PhotoFormat.short((report.seconds * 10).rounded() / 10)
        return "\(counted(report.compared, "photo")) compared in \(seconds) s; \(found)"
    }
}
