import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui share …`.
struct ShareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "Share photos by a link that ends by itself and can be taken back.",
        discussion: """
            A page of renditions, without metadata and without where the photos were taken. Page and pictures are copies in the \
            storage, under keys of their own, which the link opens to whoever has it, for a week at most; revoking deletes \
            them at once. A library in a folder has no storage that others reach: there the page is written to a folder.

            Examples:
              phototui share create --album Trips/Lisbon --profile home
              phototui share list --profile home
              phototui share revoke 0190a7c2 --profile home
            """,
        subcommands: [Create.self, List.self, Show.self, Revoke.self], defaultSubcommand: List.self)

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a page of photos and print its link.",
            discussion: """
                The link is a secret: whoever has it sees the photos. `share revoke` takes it back.

                Examples:
                  phototui share create --album Trips/Lisbon --expires 3d --profile home
                  phototui share create --search 'rating:5 2024' --title 'Our best' --profile home
                  phototui share create 0190a7c2 --to ~/page        of a library in a folder

                Exit codes: 0 done, 1 no link was made, 2 some photos are not on the page, 130 stopped by Ctrl-C.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var why: ReasonOption
        @OptionGroup var selection: ExportSelection

        @Option(help: ArgumentHelp("How long the link lasts: 90m, 12h, 7d.", valueName: "time"))
        var expires = "7d"

        @Option(help: "What the page is called; else the album's name, or the day.")
        var title: String?

        @Option(
            name: [.customLong("to")],
            help: ArgumentHelp("Write the page into this folder, in place of a link.", valueName: "folder"),
            completion: .directory)
        var target: String?

        func validate() throws {
            if selection.isEmpty {
                throw ValidationError("name photos, or say --album, --search, --month, --from or --all")
            }
            _ = try seconds
            try why.require(for: libraryOptions)
        }

        private var seconds: Int {
            get throws {
                do {
                    return try Share.seconds(expires)
                } catch let error as EngineError {
                    throw ValidationError("--expires: \(error.whatHappened)")
                }
            }
        }

        func run() async throws {
            let title = try title.map(typedText)
            let folder = target.map { RawArguments.currentFolder.pushing(RawArguments.path($0)).lexicallyNormalized() }
            try await libraryOptions.withLibrary { library in
                let found = try await selection.find(in: library)
                let name = title ?? found.album?.name ?? "Photos"
                let description = found.album?.description ?? ""
                if let folder {
                    let request = GalleryExport.Request(
                        folder: folder, title: name, description: description, actor: DuplicatesCommand.actor)
                    let report = try await GalleryRun(library: library).run(found.photos, request)
                    return try GalleryRun.tell(report, folder, found.failed, isJSON: output.json)
                }
                guard let sharing = library.photoSharing() else {
                    throw EngineError(
                        .unsupported, "this library is in a folder, and has no storage that others could reach",
                        whatToDo: "write the page into a folder with --to FOLDER, and put that where they can see it")
                }
                _ = try await sharing.sweep(actor: DuplicatesCommand.actor)
                let request = PhotoSharing.Request(
                    title: name, description: description, album: found.album?.id, seconds: try seconds,
                    actor: DuplicatesCommand.actor, reason: why.reason)
                try await create(found, request, sharing)
            }
        }

        private func create(
            _ found: ExportSelection.Found, _ request: PhotoSharing.Request, _ sharing: PhotoSharing
        ) async throws {
            let line = ProgressLine()
            let photos = found.photos
            let (share, url, without): (Share, String, [PhotoID])
            do {
                (share, url, without) = try await Interrupt.cancelling {
                    line.clear()
                } work: {
                    try await sharing.create(photos, request) { line.show($0, of: $1, "photos copied") }
                }
            } catch is CancellationError {
                Console.complain("stopped; nothing is shared")
                throw ExitCode.interrupted
            }
            let failed = found.failed + without.map { ($0.description, "it has no picture, and is not on the page") }
            if output.json {
                let fields =
                    ShareFormat.json(share) + [
                        ("url", .string(url)),
                        (
                            "failed",
                            .array(failed.map { .object(["name": .rawText($0.name), "reason": .rawText($0.reason)]) })
                        ),
                    ]
                try Console.line(JSON.object(fields).encoded())
            } else {
                try Console.line(url)
                Console.note(
                    "\(counted(share.photoCount - without.count, "photo")) until \(rfc3339(microseconds: share.expiresAt)); "
                        + "take it back with: phototui share revoke \(share.id)\n")
            }
            for (name, reason) in failed { Console.complain("\(name): \(reason)") }
            if !failed.isEmpty { throw ExitCode.inPart }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is shared, newest first.",
            discussion: """
                What has expired is deleted from the storage on the way.

                Examples:
                  phototui share list --profile home
                  phototui share list --all --json | jq -r '.shares[] | select(.state == "revoked").title'
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Flag(help: "Those that have ended, too.")
        var all = false

        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit = 100

        func validate() throws {
            if !(1...100_000).contains(limit) { throw ValidationError("--limit takes 1 to 100000") }
        }

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                _ = try await library.photoSharing()?.sweep(actor: DuplicatesCommand.actor)
                let shares = try await library.catalog.shares(idPrefix: nil, isOpen: !all, limit: limit)
                if output.json {
                    let items = shares.map { JSON.object(ShareFormat.json($0)) }
                    return try Console.line(JSON.object([("shares", .array(items))]).encoded())
                }
                var table = TextTable([
                    ("SHARE", .left), ("PHOTOS", .right), ("STATE", .left), ("UNTIL", .left), ("BY", .left),
                    ("TITLE", .left),
                ])
                for share in shares {
                    table.add([
                        share.id.description, "\(share.photoCount)", share.state.rawValue,
                        rfc3339(microseconds: share.expiresAt), displayEscaped(share.actor),
                        displayEscaped(share.title),
                    ])
                }
                try Console.write(table.text())
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the link of a share once more.",
            discussion: """
                Examples:
                  phototui share show 0190a7c2 --profile home
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Argument(help: "A share's id, or the beginning of it.")
        var share: String

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let (share, sharing) = try await ShareFormat.share(named: share, in: library)
                let url = share.isOpen ? try sharing.url(of: share) : nil
                if output.json {
                    return try Console.line(
                        JSON.object(ShareFormat.json(share) + [("url", .text(url))]).encoded())
                }
                guard let url else {
                    throw EngineError(
                        .conflict, "the share was \(share.state.rawValue)", whatToDo: "share the photos again")
                }
                try Console.line(url)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take links back: their pages and pictures are deleted from the storage.",
            discussion: """
                What somebody has saved meanwhile stays with them. A link that was taken back can't be given again; the \
                photos can be shared anew.

                Examples:
                  phototui share revoke 0190a7c2 --profile home
                  phototui share revoke --all --profile home

                Exit codes: 0 done, 1 nothing was revoked, 2 some could not be.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var why: ReasonOption

        @Argument(help: "Shares' ids, or the beginnings of them.")
        var shares: [String] = []

        @Flag(help: "Everything that is shared.")
        var all = false

        func validate() throws {
            if shares.isEmpty != all { throw ValidationError("name shares, or say --all") }
            try why.require(for: libraryOptions)
        }

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                var names = shares
                if all {
                    names = try await library.catalog.shares(idPrefix: nil, isOpen: true, limit: .max)
                        .map(\.id.description)
                }
                var done: [Share] = []
                var failed: [(name: String, reason: String)] = []
                for name in names {
                    do {
                        let (share, sharing) = try await ShareFormat.share(named: name, in: library)
                        guard
                            try await sharing.end(
                                share, as: .revoked, actor: DuplicatesCommand.actor, reason: why.reason)
                        else {
                            throw EngineError(.conflict, "it has ended already")
                        }
                        done.append(share)
                    } catch let error as EngineError {
                        failed.append((name, error.description))
                    }
                }
                if output.json {
                    let reasons = failed.map {
                        JSON.object(["name": .rawText($0.name), "reason": .rawText($0.reason)])
                    }
                    try Console.line(
                        JSON.object([
                            ("revoked", .array(done.map { .string($0.id.description) })), ("failed", .array(reasons)),
                        ]).encoded())
                } else {
                    for share in done { try Console.line("\(share.id) is revoked: \(displayEscaped(share.title))") }
                }
                for (name, reason) in failed { Console.complain("\(name): \(reason)") }
                if !failed.isEmpty { throw done.isEmpty ? ExitCode.failure : ExitCode.inPart }
            }
        }
    }
}

/// How shares are written.
enum ShareFormat {
    static func json(_ share: Share) -> [(name: String, value: JSON)] {
        [
            ("id", .string(share.id.description)), ("title", .string(share.title)),
            ("album", .text(share.album?.description)), ("photo_count", .count(share.photoCount)),
            ("state", .string(share.state.rawValue)), ("actor", .string(share.actor)),
            ("reason", .string(share.reason)),
            ("created_at", .moment(share.createdAt)), ("expires_at", .moment(share.expiresAt)),
            ("ended_at", .moment(share.endedAt)), ("ended_by", .text(share.endedBy)),
        ]
    }

    static func share(named name: String, in library: Library) async throws -> (Share, PhotoSharing) {
        let found = try await library.catalog.shares(idPrefix: name.lowercased(), isOpen: false, limit: 2)
        guard found.count == 1, let sharing = library.photoSharing() else {
            throw found.count > 1
                ? EngineError(
                    .conflict, "several shares have ids that begin with \(name)", whatToDo: "give more of the id")
                : EngineError(.notFound, "no share is called \(name)", whatToDo: "list them with: phototui share list")
        }
        return (found[0], sharing)
    }
}
