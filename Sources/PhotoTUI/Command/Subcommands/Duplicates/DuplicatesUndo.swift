import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui duplicates undo RESOLUTION…`.
struct DuplicatesUndo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take decisions back: photos leave the trash, and marks, clusters and stacks are as they were.",
        discussion: """
            RESOLUTION is an id that `duplicates resolve`, `not-duplicate`, `stack` or `resolutions` printed, or its beginning. \
            What somebody changed since is left as it is, and told.

            Examples:
              phototui duplicates undo 0190a7c2
              phototui duplicates resolutions --json | jq -r '.resolutions[0].id' | xargs phototui duplicates undo

            Exit codes: 0 everything is as it was, 1 nothing was taken back, 2 some of it was changed since and stays.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var why: ReasonOption

    @Argument(help: "Resolutions' ids, or beginnings of ids.")
    var resolutions: [String]

    func validate() throws {
        try why.require(for: libraryOptions)
        if resolutions.isEmpty { throw ValidationError("name a resolution to take back") }
    }

    func run() async throws {
        var undone: [UndoneResolution] = []
        var photos: [PhotoID: Photo] = [:]
        var failed: [(name: String, error: EngineError)] = []
        try await libraryOptions.withLibrary { library in
            let review = library.duplicateReview()
            var named: Set<ResolutionID> = []
            for name in resolutions {
                do {
                    let resolution = try await review.resolution(named: name)
                    guard named.insert(resolution.id).inserted else { continue }
                    undone.append(try await review.undo(resolution, actor: DuplicatesCommand.actor, reason: why.reason))
                } catch let error as EngineError {
                    failed.append((name, error))
                }
            }
            photos = try await ResolvedCluster.photos(of: undone.map(\.resolution), withTrash: true, in: library)
        }
        func words(_ conflict: UndoneResolution.Conflict) -> String { DuplicateFormat.words(conflict, photos) }
        if output.json {
            let document: JSON = .object([
                "undone": .array(
                    undone.map { item in
                        .object(
                            ResolvedCluster(item.resolution).fields + [
                                ("restored", .array(item.restored.map { .string($0.description) })),
                                ("conflicts", .array(item.conflicts.map { .string(words($0)) })),
                            ])
                    }),
                "failed": .array(
                    failed.map { .object(["name": .rawText($0.name), "reason": .rawText($0.error.description)]) }),
            ])
            try Console.line(document.encoded())
        } else {
            for item in undone {
                try Console.line("\(item.resolution.id) undone: \(DuplicateFormat.undone(item, photos))")
            }
        }
        for item in undone {
            for conflict in item.conflicts {
                Console.complain("\(item.resolution.id): \(words(conflict))")
            }
        }
        for item in failed { Console.complain("\(item.name): \(item.error.description)") }
        if undone.isEmpty { throw ExitCode.failure }
        if !failed.isEmpty || undone.contains(where: { !$0.conflicts.isEmpty }) { throw ExitCode.inPart }
    }
}

/// `phototui duplicates resolutions`.
struct DuplicatesResolutions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolutions",
        abstract: "List what was decided, newest first.",
        discussion: """
            Examples:
              phototui duplicates resolutions --limit 20
              phototui duplicates resolutions --json | jq '.resolutions[] | select(.undone_at == null)'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var page: PageOptions<ResolutionID>

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let found = try await library.catalog.resolutions(after: page.after, limit: page.count)
            let (shown, next) = page.page(found, cursor: \.id)
            let names = try await ResolvedCluster.photos(of: Array(shown), withTrash: output.json, in: library)
            if output.json {
                let document: JSON = .object([
                    "resolutions": .array(shown.map { ResolvedCluster($0, names, in: library).json }),
                    "next": .text(next?.description),
                ])
                try Console.line(document.encoded())
                return
            }
            var table = TextTable([
                ("RESOLUTION", .left), ("AT", .left), ("BY", .left), ("DECIDED", .left), ("KEPT", .left),
                ("TRASHED", .right), ("BYTES", .right), ("", .left), ("REASON", .left),
            ])
            for item in shown {
                table.add([
                    item.id.description, rfc3339(microseconds: item.resolvedAt), displayEscaped(item.actor),
                    DuplicateFormat.words(item.verdict),
                    DuplicateFormat.kept(item, names), "\(item.trashed.count)", item.byteCount.description,
                    item.undone == nil ? "" : "undone",
                    displayEscaped(item.reason + (item.undone.map(DuplicateFormat.reason) ?? "")),
                ])
            }
            if !table.isEmpty { try Console.write(table.text()) }
            page.tell(next)
        }
    }
}
