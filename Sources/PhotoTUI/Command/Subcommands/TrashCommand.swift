import ArgumentParser
import Core
import Foundation
import PhotoEngine
import Synchronization
import SystemPackage
import Workflows

/// `phototui trash …`.
struct TrashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trash",
        abstract: "Put photos into the trash, look into it, take them back, and empty it.",
        discussion: """
            What somebody put into the trash, or resolving duplicates did, is out of the timeline, and can be taken back as \
            long as it is there. Nothing leaves by itself.

            Examples:
              phototui trash
              phototui trash add 0190a7c2
              phototui trash restore 0190a7c2
              phototui trash empty --dry-run
            """,
        subcommands: [TrashList.self, TrashAdd.self, TrashRestore.self, TrashEmpty.self],
        defaultSubcommand: TrashList.self)
}

/// `phototui trash list`.
struct TrashList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the photos in the trash, those put there last first.",
        discussion: """
            Examples:
              phototui trash list --limit 20
              phototui trash list --json | jq '[.photos[].bytes] | add'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var page: PageOptions<TrashPosition>

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let found = try await library.catalog.trash(after: page.after, limit: page.count)
            let (shown, next) = page.page(found) { TrashPosition($0) }
            let sums = try await library.catalog.trashSums()
            if output.json {
                let document: JSON = .object([
                    "photos": .array(shown.map { TrashFormat.json($0, in: library) }),
                    "next": .text(next?.description), "photo_count": .count(sums.photos),
                    "bytes": .integer(sums.byteCount.bytes),
                ])
                return try Console.line(document.encoded())
            }
            var table = TextTable([("PHOTO", .left), ("SINCE", .left), ("BYTES", .right), ("FILE", .left)])
            for trashed in shown {
                table.add([
                    trashed.photo.id.description, rfc3339(microseconds: trashed.trashedAt),
                    trashed.photo.byteCount.description,
                    PhotoFormat.place(of: trashed.photo, in: library),
                ])
            }
            if !table.isEmpty { try Console.write(table.text()) }
            Console.note("\(counted(sums.photos, "photo")) in the trash, \(sums.byteCount)\n")
            page.tell(next)
        }
    }
}

/// `phototui trash add PHOTO…`.
struct TrashAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Put photos into the trash: out of the timeline, albums and clusters.",
        discussion: """
            Their files stay where they are, and albums, tags and marks come back with them. A photo whose file is gone is \
            forgotten so, too, once the trash is emptied. All are one edit, which `edits undo` takes back; `trash restore` does so of \
            single ones.

            Examples:
              phototui trash add 0190a7c2 ~/Pictures/blurred.jpg
              phototui trash add --search is:missing

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var selection: PhotoSelection

    func validate() throws { try why.require(for: libraryOptions) }

    func run() async throws {
        try await libraryOptions.withLibrary { try await EditRun($0, output, why).carryOut(.trash, selection) }
    }
}

/// `phototui trash restore PHOTO…`.
struct TrashRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Take photos out of the trash, back into the timeline.",
        discussion: """
            PHOTO is an id, the beginning of one, a SHA-256, or the path of a file. What a keeper took over from it stays with the \
            keeper; `duplicates undo` takes a whole decision back, with that. The next scan compares the photos anew.

            Examples:
              phototui trash restore 0190a7c2
              phototui trash list --json | jq -r '.photos[].id' | xargs phototui trash restore

            Exit codes: 0 all are back, 1 none, 2 some were not in the trash.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Argument(help: "Ids, beginnings of ids, SHA-256s, or paths.", completion: .file())
    var photos: [String]

    func validate() throws {
        try why.require(for: libraryOptions)
        if photos.isEmpty { throw ValidationError("name a photo to take back") }
    }

    func run() async throws {
        var failed: [(name: String, reason: String)] = []
        let restored: [PhotoID] = try await libraryOptions.withLibrary { library in
            var found: [PhotoID] = []
            for name in photos {
                do {
                    let photo = try await PhotoName.resolve(name, in: library)
                    if photo.trashedAt == nil {
                        failed.append((name, "it is not in the trash"))
                    } else {
                        found.append(photo.id)
                    }
                } catch let error as EngineError where !error.isRetryable {
                    failed.append((name, error.description))
                }
            }
            return try await library.catalog.restore(found, actor: DuplicatesCommand.actor, reason: why.reason)
        }
        if output.json {
            let document: JSON = .object([
                "restored": .array(restored.map { .string($0.description) }),
                "failed": .array(
                    failed.map { .object(["name": .rawText($0.name), "reason": .rawText($0.reason)]) }),
            ])
            try Console.line(document.encoded())
        } else if !restored.isEmpty {
            try Console.line("\(counted(restored.count, "photo")) back from the trash")
        }
        for item in failed { Console.complain("\(item.name): \(item.reason)") }
        if !failed.isEmpty { throw restored.isEmpty ? ExitCode.failure : ExitCode.inPart }
    }
}

/// `phototui trash empty`.
struct TrashEmpty: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "empty",
        abstract: "Remove for good what has been in the trash for long enough.",
        discussion: """
            Copies that the library keeps are deleted. A file that lies in a folder of yours stays, and its photo with it in the \
            trash, unless you say --originals: then it goes to the desktop's trash, from where a file manager brings it back. \
            A photo stays where nothing is left of what was kept instead of it: it is the last copy of its picture. \
            What is removed here can't be taken back by `duplicates undo`, which says so. A file in a folder of yours that a copy \
            was made of stays there and is left alone by later imports; `import FILE` takes it in again. Stopped or killed on the way, the next \
            run deletes what it left. On a terminal it asks first; elsewhere it takes --yes.

            Examples:
              phototui trash empty --dry-run
              phototui trash empty --older-than 90 --originals
              phototui trash empty --yes            # from cron

            Exit codes: 0 done, 2 some could not be removed, 130 stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Flag(name: .shortAndLong, help: "Do it without asking.")
    var yes = false

    @Option(help: ArgumentHelp("What has been there for so many days, 0 for all.", valueName: "days"))
    var olderThan = TrashEmptying.standardDays

    @Flag(help: "Move files that lie in folders of yours to the desktop's trash.")
    var originals = false

    @Flag(help: "Remove a photo also where what was kept instead of it is gone.")
    var lastCopies = false

    @Flag(help: "Tell what would be removed, and change nothing.")
    var dryRun = false

    func validate() throws {
        try why.require(for: libraryOptions, isDry: dryRun)
        if !(0...36_500).contains(olderThan) { throw ValidationError("--older-than takes 0 to 36500 days") }
    }

    func run() async throws {
        let report = EmptyReport(isJSON: output.json, isDry: dryRun)
        do {
            try await libraryOptions.withLibrary { library in
                let moment = SystemClock().microseconds - Int64(olderThan) * 86_400_000_000
                let emptying = library.trashEmptying(environment: ProcessInfo.processInfo.environment)
                if !dryRun {
                    let page = try await library.catalog.trash(after: TrashPosition(before: moment + 1), limit: 1)
                    if !page.isEmpty {
                        try Consent(isGiven: yes).ask(
                            "What has been in the trash for \(counted(olderThan, "day")) goes for good", type: "yes")
                    }
                }
                try await Interrupt.cancelling {
                } work: { [originals, lastCopies, dryRun, reason = why.reason] in
                    let leftovers = try await emptying.run(
                        trashedBefore: moment + 1, movesOriginals: originals, takesLastCopies: lastCopies,
                        isDry: dryRun, actor: DuplicatesCommand.actor, reason: reason
                    ) { try report.add($0, $1, in: library) }
                    report.add(leftovers)
                }
            }
        } catch is CancellationError {
            try report.end(isInterrupted: true)
            Console.complain("stopped; the same command goes on with the others")
            throw ExitCode.interrupted
        }
        try report.end()
        if report.hasFailures { throw ExitCode.inPart }
    }
}

/// What `trash empty` tells: as text a line for each photo at once, as JSON one document at the end.
private final class EmptyReport: Sendable {
    private struct Sums {
        var removed = 0
        var byteCount: Int64 = 0
        var inPlace = 0
        var failed = 0
        var leftovers = TrashEmptying.Leftovers()
        /// Kept for JSON alone.
        var items: [JSON] = []
    }

    private let isJSON: Bool
    private let isDry: Bool
    private let sums = Mutex(Sums())

    init(isJSON: Bool, isDry: Bool) {
        self.isJSON = isJSON
        self.isDry = isDry
    }

    var hasFailures: Bool { sums.withLock { $0.failed > 0 || !$0.leftovers.failed.isEmpty } }

    func add(_ trashed: TrashedPhoto, _ outcome: TrashEmptying.Outcome, in library: Library) throws {
        let (word, reason): (String, String?) =
            switch outcome {
            case .removed: ("removed", nil)
            case .inPlace: ("in_place", nil)
            case .failed(_, let reason): ("failed", reason)
            }
        sums.withLock {
            switch outcome {
            case .removed:
                $0.removed += 1
                $0.byteCount += trashed.photo.byteCount.bytes
            case .inPlace: $0.inPlace += 1
            case .failed: $0.failed += 1
            }
            guard isJSON else { return }
            $0.items.append(
                .object(
                    TrashFormat.fields(trashed, in: library) + [
                        ("outcome", .string(word)), ("reason", reason.map { .rawText($0) } ?? .null),
                    ]))
        }
        if let reason { Console.complain("\(trashed.photo.id): \(reason)") }
        if !isJSON, outcome == .removed {
            try Console.line("\(trashed.photo.id)  \(PhotoFormat.place(of: trashed.photo, in: library))")
        }
    }

    func add(_ leftovers: TrashEmptying.Leftovers) {
        sums.withLock { $0.leftovers = leftovers }
        for reason in leftovers.failed { Console.complain(reason) }
    }

    func end(isInterrupted: Bool = false) throws {
        let sums = sums.withLock { $0 }
        if isJSON {
            let document: JSON = .object([
                "dry_run": .bool(isDry), "interrupted": .bool(isInterrupted), "removed": .count(sums.removed),
                "bytes": .integer(sums.byteCount), "in_place": .count(sums.inPlace), "failed": .count(sums.failed),
                "photos": .array(sums.items), "leftovers_deleted": .count(sums.leftovers.deleted),
                "leftovers_failed": .array(sums.leftovers.failed.map { .rawText($0) }),
            ])
            return try Console.line(document.encoded())
        }
        let word = isDry ? "would be removed" : "removed"
        Console.note("\(counted(sums.removed, "photo")) \(word) for good, \(ByteCount(sums.byteCount))\n")
        if sums.leftovers.deleted > 0 {
            Console.note("\(counted(sums.leftovers.deleted, "photo")) deleted that an earlier run had only removed\n")
        }
        if sums.inPlace > 0 {
            Console.note(
                "\(counted(sums.inPlace, "photo")) left: the files lie in your folders (--originals moves them to the desktop's trash)\n"
            )
        }
    }
}

enum TrashFormat {
    static func json(_ trashed: TrashedPhoto, in library: Library) -> JSON { .object(fields(trashed, in: library)) }

    static func fields(_ trashed: TrashedPhoto, in library: Library) -> [(name: String, value: JSON)] {
        let isCopy = PhotoFormat.key(of: trashed.photo) != nil
        return [("id", .string(trashed.photo.id.description))]
            + PhotoFormat.location(of: trashed.photo, in: library)
            + JSON.name(PhotoFormat.name(of: trashed.photo), as: "filename") + [
                ("sha256", .string(trashed.photo.sha256.description)),
                ("kind", .string(isCopy ? "copy" : "in_place")),
                ("bytes", .integer(trashed.photo.byteCount.bytes)),
                ("trashed_at", .moment(trashed.trashedAt)),
            ]
    }
}
