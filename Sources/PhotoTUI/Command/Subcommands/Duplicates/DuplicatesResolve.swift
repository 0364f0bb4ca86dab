import ArgumentParser
import Core
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui duplicates resolve`.
struct DuplicatesResolve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Keep one photo of a cluster and move the others to the trash.",
        discussion: """
            The keeper takes over the others' favourite mark, their highest rating, their keywords, captions, albums and \
            tags, and the position and faces it lacks; it comes into the timeline where one of them was there. Without \
            --keep it is the photo that `duplicates show` proposes; photos in a reference folder (`reference_folders` in \
            config.toml) are kept beside it. Photos that are part of a burst, an exposure bracket and the like are only \
            resolved with --keep. Nothing is deleted, and `duplicates undo` takes it back.

            Many at once: --certain, --exact, --calibrated or --precision. What was resolved when Ctrl-C stops it stays so; \
            the same command goes on with the others. Files with the same bytes are one photo from the import on: --exact \
            is for files whose pictures are equal and whose metadata are not; it reads the originals, from the store, too.

            Whoever resolves for another owner of a networked library names them with --owner, and says with --reason why: \
            the owner's journal and `duplicates resolutions` have both that and who did it.

            Examples:
              phototui duplicates resolve 0190a7c2 --dry-run
              phototui duplicates resolve 0190a7c2 --keep 0190a7c3-1f2e --reason "the sharper one"
              phototui duplicates resolve --certain
              phototui duplicates resolve --precision 0.95 --dry-run     what `duplicates calibrate` showed to be safe
              phototui duplicates resolve --certain --profile prod --owner anna --reason "ticket 4711"

            Exit codes: 0 all resolved, or there was nothing to resolve, 1 none, 2 some not, 130 stopped by Ctrl-C or SIGTERM.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Flag(help: "Every cluster of nearly equal pictures whose proposal nothing speaks against.")
    var certain = false

    @Flag(help: "Every cluster whose originals have the same pixels.")
    var exact = false

    @Flag(help: "Every cluster within the distance that `duplicates calibrate` found.")
    var calibrated = false

    @Option(
        help: ArgumentHelp(
            "Every cluster within the distance up to which the answers to `duplicates calibrate` show such a precision.",
            valueName: "share"))
    var precision: Double?

    @Option(
        help: ArgumentHelp(
            "A photo to keep, by its id, the beginning of one, its SHA-256 or a path; the first takes over the marks. May be repeated.",
            valueName: "photo"))
    var keep: [String] = []

    @OptionGroup var why: ReasonOption

    @Flag(help: "Tell what would change, and change nothing.")
    var dryRun = false

    @Argument(help: "Clusters' ids, or beginnings of ids.")
    var clusters: [String] = []

    func validate() throws {
        try why.require(for: libraryOptions, isDry: dryRun)
        let ways = [certain, exact, calibrated, precision != nil, !clusters.isEmpty]
        if ways.count(where: \.self) != 1 {
            throw ValidationError(
                "name the clusters to resolve, or one of --certain, --exact, --calibrated and --precision")
        }
        if !keep.isEmpty, clusters.count != 1 { throw ValidationError("--keep goes with one cluster") }
        if let precision { try DuplicatesCalibrate.validate(precision) }
    }

    func run() async throws {
        let report = ResolveReport(isJSON: output.json, isDry: dryRun)
        do {
            try await libraryOptions.withLibrary { library in
                guard clusters.isEmpty else {
                    let run = NamedResolution(
                        review: library.duplicateReview(), library: library, reason: why.reason, isDry: dryRun)
                    return try await run.resolve(clusters, keeping: keep, report)
                }
                try await resolveMany(in: library, report)
            }
        } catch is CancellationError {
            try report.end(isInterrupted: true)
            Console.complain("stopped; what was resolved stays so, and the same command goes on with the others")
            throw ExitCode.interrupted
        }
        try report.end()
        report.complain()
        if !report.failed.isEmpty { throw report.count == 0 ? ExitCode.failure : ExitCode.inPart }
    }

    private func resolveMany(in library: Library, _ report: ResolveReport) async throws {
        let choice: BulkResolution.Choice =
            if certain {
                .certain
            } else if exact {
                .exact
            } else if let precision {
                .within(try await library.duplicateCalibration().threshold(for: precision))
            } else {
                .within(try await library.duplicateCalibration().decidedThreshold())
            }
        let line = ProgressLine()
        let bulk = library.bulkResolution()
        let sums = try await Interrupt.cancelling {
            line.clear()
        } work: { [dryRun, reason = why.reason] in
            try await bulk.run(choice, isDry: dryRun, actor: DuplicatesCommand.actor, reason: reason) {
                line.show($0)
            } each: { outcome in
                line.clear()
                switch outcome {
                case .resolved(let proposal, let made):
                    try report.add(
                        made.map { ResolvedCluster($0, of: proposal, in: library) }
                            ?? ResolvedCluster(
                                planned: proposal, keeper: proposal.keeper, alsoKept: proposal.alsoKept(), in: library))
                case .failed(let cluster, let error): report.fail(cluster.description, error)
                }
            }
        }
        report.setLeftAlone(sums.leftAlone, takenByOthers: sums.takenByOthers)
    }
}

/// Resolves the clusters that a person names, one after the other; one that fails leaves the others alone.
private struct NamedResolution {
    let review: DuplicateReview
    let library: Library
    let reason: String
    let isDry: Bool

    func resolve(_ names: [String], keeping keep: [String], _ report: ResolveReport) async throws {
        for (name, cluster) in try await clusters(names, report) {
            do {
                var proposal = try await review.proposal(for: cluster)
                if isDry { proposal = try await library.clusterBrowser().examined(proposal) }
                let kept = try keep.map { try photo($0, of: proposal) }
                if kept.isEmpty, let stack = proposal.stacks.first {
                    throw EngineError(
                        .conflict, "some of its photos are \(stack.reason)",
                        whatToDo:
                            "name what to keep with --keep, or keep them all with: phototui duplicates stack \(cluster.id)"
                    )
                }
                try report.add(try await resolve(proposal, keeping: kept))
            } catch let error as EngineError {
                report.fail(name, error)
            }
        }
    }

    /// Those that have these names, each once.
    private func clusters(
        _ names: [String], _ report: ResolveReport
    ) async throws -> [(name: String, cluster: DuplicateCluster)] {
        var found: [(name: String, cluster: DuplicateCluster)] = []
        for name in names {
            do {
                let cluster = try await review.cluster(named: name)
                if !found.contains(where: { $0.cluster.id == cluster.id }) { found.append((name, cluster)) }
            } catch let error as EngineError {
                report.fail(name, error)
            }
        }
        return found
    }

    private func resolve(_ proposal: ClusterProposal, keeping kept: [PhotoID]) async throws -> ResolvedCluster {
        let keeper = kept.first ?? proposal.keeper
        let alsoKept = proposal.alsoKept(beside: keeper).union(kept.dropFirst()).subtracting([keeper])
        let request = proposal.request(
            keeper: keeper, alsoKept: alsoKept, actor: DuplicatesCommand.actor, reason: reason)
        if isDry {
            try await review.check(request)
            return ResolvedCluster(planned: proposal, keeper: keeper, alsoKept: alsoKept, in: library)
        }
        return ResolvedCluster(try await review.resolve(request), of: proposal, in: library)
    }

    private func photo(_ name: String, of proposal: ClusterProposal) throws -> PhotoID {
        let path = RawArguments.currentFolder.pushing(RawArguments.path(name)).lexicallyNormalized()
        let found = proposal.photos.filter { photo in
            !name.isEmpty && photo.id.description.hasPrefix(name.lowercased())
                || photo.sha256.description == name.lowercased()
                || proposal.paths[photo.id]?.contains(path) ?? false
                || PhotoFormat.path(of: photo, in: library) == path
        }
        if found.count == 1 { return found[0].id }
        throw EngineError(
            found.isEmpty ? .notFound : .conflict,
            found.isEmpty
                ? "no photo of the cluster is called \(name)"
                : "several photos of the cluster have ids that begin with \(name)",
            whatToDo: "phototui duplicates show \(proposal.cluster.id) lists them")
    }
}
