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
            The keeper takes over the others' favourite mark, their highest rating, their keywords, and the caption and \
            position it lacks. Without --keep it is the photo that `duplicates show` proposes; photos in a reference folder \
            (`reference_folders` in config.toml) are kept beside it. Photos that are part of a burst, an exposure bracket and the \
            like are only resolved with --keep. Nothing is deleted, and `duplicates undo` takes it back.

            Examples:
              phototui duplicates resolve 0190a7c2 --dry-run
              phototui duplicates resolve 0190a7c2 --keep 0190a7c3-1f2e --reason "the sharper one"
              phototui duplicates resolve --certain

            Exit codes: 0 all resolved, 1 none, 2 some not.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Flag(help: "Every cluster of nearly equal pictures whose proposal nothing speaks against.")
    var certain = false

    @Option(
        help: ArgumentHelp(
            "A photo to keep, by its id, the beginning of one, or a path; the first takes over the marks. May be repeated.",
            valueName: "photo"))
    var keep: [String] = []

    @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text"))
    var reason = ""

    @Flag(help: "Tell what would change, and change nothing.")
    var dryRun = false

    @Argument(help: "Clusters' ids, or beginnings of ids.")
    var clusters: [String] = []

    func validate() throws {
        if certain == !clusters.isEmpty {
            throw ValidationError("name the clusters to resolve, or --certain, not both")
        }
        if !keep.isEmpty, clusters.count != 1 { throw ValidationError("--keep goes with one cluster") }
        if reason.utf8.count > 1000 { throw ValidationError("--reason takes at most 1000 bytes") }
    }

    func run() async throws {
        let outcome = try await libraryOptions.withLibrary { library in
            let run = ResolveRun(review: library.duplicateReview(), library: library, reason: reason, isDry: dryRun)
            if certain { return try await run.certain() }
            return await run.named(clusters, keeping: keep)
        }
        if output.json {
            let document: JSON = .object([
                "dry_run": .bool(dryRun),
                "resolutions": .array(outcome.resolved.map(\.json)),
                "skipped": .array(
                    outcome.failed.map {
                        .object(["cluster": .string($0.cluster), "reason": .rawText($0.error.description)])
                    }),
            ])
            try Console.line(document.encoded())
        } else {
            for item in outcome.resolved { try Console.line(item.text) }
            if outcome.failed.isEmpty || !outcome.resolved.isEmpty {
                let bytes = ByteCount(outcome.resolved.reduce(0) { $0 + $1.byteCount.bytes })
                let word = dryRun ? "would be resolved" : "resolved"
                Console.note("\(counted(outcome.resolved.count, "cluster")) \(word), \(bytes) to the trash\n")
            }
            if outcome.leftAlone > 0 {
                Console.note("\(counted(outcome.leftAlone, "cluster")) left: look at them one by one\n")
            }
        }
        for item in outcome.failed { Console.complain("\(displayEscaped(item.cluster)): \(item.error.description)") }
        if !outcome.failed.isEmpty { throw outcome.resolved.isEmpty ? ExitCode.failure : ExitCode.inPart }
    }
}

/// Resolves clusters one after the other; one that fails leaves the others alone.
private struct ResolveRun {
    let review: DuplicateReview
    let library: Library
    let reason: String
    let isDry: Bool

    struct Outcome {
        var resolved: [ResolvedCluster] = []
        var failed: [(cluster: String, error: EngineError)] = []
        var leftAlone = 0
    }

    func named(_ names: [String], keeping keep: [String]) async -> Outcome {
        var outcome = Outcome()
        for name in names {
            do {
                let proposal = try await review.proposal(for: review.cluster(named: name))
                let kept = try keep.map { try photo($0, of: proposal) }
                if kept.isEmpty, let stack = proposal.stacks.first {
                    throw EngineError(
                        .conflict, "some of its photos are \(stack.reason)",
                        whatToDo: "name what to keep with --keep, or keep all with: phototui duplicates not-duplicate")
                }
                outcome.resolved.append(try await resolve(proposal, keeping: kept))
            } catch let error as EngineError {
                outcome.failed.append((name, error))
            } catch {
                outcome.failed.append((name, EngineError(.internal, "\(error)", cause: error)))
            }
        }
        return outcome
    }

    func certain() async throws -> Outcome {
        var outcome = Outcome()
        var after: ClusterPosition?
        while true {
            let page = try await library.catalog.clusters(ClusterQuery(after: after, limit: 100))
            guard let last = page.last else { return outcome }
            after = ClusterPosition(last, in: .bytesToWin)
            for cluster in page {
                do {
                    guard cluster.photos <= DuplicateReview.mostListed else {
                        outcome.leftAlone += 1
                        continue
                    }
                    let proposal = try await review.proposal(for: cluster)
                    guard proposal.isCertain, proposal.alsoKept.count + 1 < proposal.photos.count else {
                        outcome.leftAlone += 1
                        continue
                    }
                    outcome.resolved.append(try await resolve(proposal, keeping: []))
                } catch let error as EngineError where error.code == .conflict {
                    outcome.failed.append((cluster.id.description, error))
                }
            }
        }
    }

    private func resolve(_ proposal: ClusterProposal, keeping kept: [PhotoID]) async throws -> ResolvedCluster {
        let keeper = kept.first ?? proposal.keeper
        let alsoKept = Set(kept.isEmpty ? proposal.alsoKept : Array(kept.dropFirst())).subtracting([keeper])
        let trashed = proposal.trashed(keeping: alsoKept.union([keeper]))
        if isDry {
            guard !trashed.isEmpty else {
                throw EngineError(.invalidInput, "all photos of the cluster would be kept")
            }
            let bytes = proposal.photos.filter { trashed.contains($0.id) }.reduce(0) { $0 + $1.byteCount.bytes }
            let marks = proposal.marks(of: keeper, trashing: trashed)
            return ResolvedCluster(
                cluster: proposal.cluster.id, keeper: keeper, alsoKept: alsoKept.sorted(), trashed: trashed,
                byteCount: ByteCount(bytes), changed: marks.map { $0.after.differences(from: $0.before) } ?? [],
                resolution: nil)
        }
        let made = try await review.resolve(
            proposal, keeper: keeper, alsoKept: alsoKept, actor: DuplicatesCommand.actor, reason: reason)
        return ResolvedCluster(made)
    }

    private func photo(_ name: String, of proposal: ClusterProposal) throws -> PhotoID {
        let path = RawArguments.currentFolder.pushing(RawArguments.path(name)).lexicallyNormalized()
        let found = proposal.photos.filter { photo in
            photo.id.description.hasPrefix(name.lowercased()) || proposal.paths[photo.id]?.contains(path) ?? false
                || PhotoFormat.path(of: photo, in: library) == path
        }
        if found.count == 1 { return found[0].id }
        throw EngineError(
            found.isEmpty ? .notFound : .conflict,
            found.isEmpty
                ? "no photo of the cluster is called \(displayEscaped(name))"
                : "several photos of the cluster have ids that begin with \(displayEscaped(name))",
            whatToDo: "phototui duplicates show \(proposal.cluster.id) lists them")
    }
}
