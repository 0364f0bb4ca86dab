import ArgumentParser
import Core
import PhotoEngine
import Synchronization
import Workflows

/// `phototui duplicates stack …`.
struct DuplicatesStack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stack",
        abstract: "Keep photos together that look alike without being duplicates: a burst, RAW and JPEG.",
        discussion: """
            Names one cluster, for the stacks that `duplicates show` tells of, or two or more photos, which become one stack in \
            the order given; --all takes the stacks of every cluster. Photos of one stack are never offered as duplicates \
            of each other again, also by `scan --all`, until `duplicates undo` takes that back.

            Examples:
              phototui duplicates stack 0190a7c2
              phototui duplicates stack ~/Pictures/DSC_0041.NEF ~/Pictures/DSC_0041.JPG
              phototui duplicates stack --all --dry-run

            Exit codes: 0 all are stacked, 1 none, 2 some not, 130 stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Flag(help: "The stacks of every cluster.")
    var all = false

    @Flag(help: "Tell what would be stacked, and change nothing.")
    var dryRun = false

    @Argument(help: "One cluster's id; or photos' ids, beginnings of ids, SHA-256s or paths.", completion: .file())
    var names: [String] = []

    func validate() throws {
        try why.require(for: libraryOptions, isDry: dryRun)
        if all == !names.isEmpty { throw ValidationError("name a cluster, two photos or more, or --all") }
    }

    func run() async throws {
        let report = StackReport(isJSON: output.json, isDry: dryRun)
        do {
            try await libraryOptions.withLibrary { library in
                if names.count > 1 { return try await stackNamed(in: library, report) }
                let bulk = library.bulkStacking()
                let (actor, reason, isDry) = (DuplicatesCommand.actor, why.reason, dryRun)
                guard let name = names.first else {
                    return try await Interrupt.cancelling {
                    } work: {
                        try await bulk.run(isDry: isDry, actor: actor, reason: reason) { try report.add($0) }
                    }
                }
                let review = library.duplicateReview()
                let proposal = try await review.proposal(for: review.cluster(named: name))
                if proposal.stacks.isEmpty {
                    throw EngineError(
                        .notFound, "no stack is recognised in the cluster \(proposal.cluster.id)",
                        whatToDo: "name the photos that belong together")
                }
                try await bulk.stack(proposal, isDry: isDry, actor: actor, reason: reason) { try report.add($0) }
            }
        } catch is CancellationError {
            try report.end(isInterrupted: true)
            Console.complain("stopped; what was stacked stays so, and the same command goes on with the others")
            throw ExitCode.interrupted
        }
        try report.end()
        for item in report.failed { Console.complain("\(item.cluster): \(item.error.description)") }
        if !report.failed.isEmpty { throw report.count == 0 ? ExitCode.failure : ExitCode.inPart }
    }

    private func stackNamed(in library: Library, _ report: StackReport) async throws {
        var photos: [PhotoID] = []
        for name in names { photos.append(try await PhotoName.resolve(name, in: library).id) }
        try await DuplicatesCommand.requireOneCluster(of: names, photos, in: library)
        let review = library.duplicateReview()
        let stack = try await review.stack(of: photos)
        var made: Resolution?
        if !dryRun {
            made = try await review.stack(
                StackRequest(
                    photos: stack.photos, kind: stack.kind, actor: DuplicatesCommand.actor, reason: why.reason))
        }
        try report.add(stack, made)
    }
}

/// What `duplicates stack` tells: as text a line for each stack at once, as JSON one document at the end.
private final class StackReport: Sendable {
    private struct Sums {
        var count = 0
        var photos = 0
        var stacks: [JSON] = []
        var failed: [(cluster: ClusterID, error: EngineError)] = []
    }

    private let isJSON: Bool
    private let isDry: Bool
    private let sums = Mutex(Sums())

    init(isJSON: Bool, isDry: Bool) {
        self.isJSON = isJSON
        self.isDry = isDry
    }

    var count: Int { sums.withLock { $0.count } }
    var failed: [(cluster: ClusterID, error: EngineError)] { sums.withLock { $0.failed } }

    func add(_ outcome: BulkStacking.Outcome) throws {
        switch outcome {
        case .stacked(let stack, _, let made): try add(stack, made)
        case .failed(let cluster, let error): sums.withLock { $0.failed.append((cluster, error)) }
        }
    }

    func add(_ stack: ClusterProposal.Stack, _ made: Resolution?) throws {
        sums.withLock {
            $0.count += 1
            $0.photos += stack.photos.count
            guard isJSON else { return }
            $0.stacks.append(
                .object([
                    "id": .text(made?.id.description),
                    "kind": .string(DuplicateFormat.name(stack.kind)),
                    "photos": .array(stack.photos.map { .string($0.description) }),
                ]))
        }
        if isJSON { return }
        let what = "\(counted(stack.photos.count, "photo")): \(stack.reason)"
        try Console.line(made.map { "\(what); undo \($0.id)" } ?? what)
    }

    func end(isInterrupted: Bool = false) throws {
        let sums = sums.withLock { $0 }
        if isJSON {
            let document: JSON = .object([
                "dry_run": .bool(isDry),
                "interrupted": .bool(isInterrupted),
                "stacked": .count(sums.count),
                "stacks": .array(sums.stacks),
                "skipped": .array(
                    sums.failed.map {
                        .object([
                            "cluster": .string($0.cluster.description), "reason": .rawText($0.error.description),
                        ])
                    }),
            ])
            return try Console.line(document.encoded())
        }
        let word = isDry ? "would be kept" : "kept"
        Console.note("\(counted(sums.count, "stack")), \(counted(sums.photos, "photo")) \(word) together\n")
    }
}

/// `phototui duplicates stacks`.
struct DuplicatesStacks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stacks",
        abstract: "List the stacks, newest first.",
        discussion: """
            Examples:
              phototui duplicates stacks --limit 20
              phototui duplicates stacks --json | jq -r '.stacks[] | select(.kind == "burst") | .photos[0].path'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var page: PageOptions<ResolutionID>

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let found = try await library.catalog.stacks(after: page.after, limit: page.count)
            let (shown, next) = page.page(found, cursor: \.id)
            var items: [JSON] = []
            var table = TextTable([("STACK", .left), ("PHOTOS", .right), ("WHY", .left), ("FIRST", .left)])
            for stack in shown {
                var photos: [Photo] = []
                for id in output.json ? stack.photos : Array(stack.photos.prefix(1)) {
                    if let photo = try await library.catalog.photo(id) { photos.append(photo) }
                }
                if output.json {
                    items.append(json(stack, photos, in: library))
                } else {
                    table.add([
                        stack.id.description, "\(stack.photos.count)", stack.reason.words,
                        photos.first.map { PhotoFormat.place(of: $0, in: library) } ?? "-",
                    ])
                }
            }
            if output.json {
                let document: JSON = .object(["stacks": .array(items), "next": .text(next?.description)])
                return try Console.line(document.encoded())
            }
            if !table.isEmpty { try Console.write(table.text()) }
            page.tell(next)
        }
    }

    private func json(_ stack: PhotoStack, _ photos: [Photo], in library: Library) -> JSON {
        .object([
            "id": .string(stack.id.description),
            "kind": .string(DuplicateFormat.name(stack.reason)),
            "made_at": .moment(stack.madeAt),
            "photos": .array(
                photos.map { photo in
                    .object(
                        [("id", .string(photo.id.description))]
                            + PhotoFormat.location(of: photo, in: library) + [
                                ("trashed", .bool(photo.trashedAt != nil))
                            ])
                }),
        ])
    }
}
