import ArgumentParser
import Core
import Foundation
import Glibc
import Grid
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui fetch PHOTO…`.
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Write originals out of the library.",
        discussion: """
            PHOTO is an id, the beginning of one that only one photo has, a SHA-256, or the path of a file. Each original \
            comes from the storage, or from the library's folder, and its SHA-256 is checked on the way: a file is there \
            whole, or not at all. One that is there already with these bytes is left alone, any other is not replaced \
            without --force; after Ctrl-C the same command goes on from there. The film of a live photo comes with it, under the \
            photo's name.

            Examples:
              phototui fetch --profile prod 0190a7c2
              phototui fetch --profile prod 0190a7c2 --output ~/Desktop/beach.jpg
              phototui photos --profile prod --month 2024-07 --json | jq -r '.photos[].id' \
            | xargs phototui fetch --profile prod --output july/

            Exit codes: 0 every photo is there, 1 none could be fetched, 2 some could not, 130 stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "A folder, made where it ends with / or there are several photos; else the file to write (default: the current folder).",
            valueName: "path"),
        completion: .file())
    var target: String?

    @Flag(help: "Replace files that are there.")
    var force = false

    @Argument(help: "Ids, beginnings of ids, SHA-256s, or paths.", completion: .file())
    var photos: [String]

    func validate() throws {
        if photos.isEmpty { throw ValidationError("name a photo to fetch") }
    }

    func run() async throws {
        let target = try FetchTarget(target, count: photos.count)
        let (items, isInterrupted) = try await libraryOptions.withLibrary { library in
            try await FetchRun(library: library, target: target, replaces: force).run(photos)
        }
        if output.json {
            try Console.line(JSON.object(["photos": .array(items.map(\.json))]).encoded())
        } else {
            for item in items where item.reason == nil { try Console.line(item.text) }
        }
        for item in items {
            if let reason = item.reason { Console.complain("\(item.named): \(reason)") }
        }
        if isInterrupted {
            let there = items.count { $0.reason == nil }
            Console.complain(
                "stopped; \(there) of \(photos.count) photos are there: the same command goes on with the others")
            throw ExitCode.interrupted
        }
        let failed = items.count { $0.reason != nil }
        if failed > 0 { throw failed == items.count ? ExitCode.failure : ExitCode.inPart }
    }
}

/// Where fetched originals go.
struct FetchTarget {
    /// Each under its own name below it; nil where one photo goes to `file`.
    let folder: FilePath?
    let file: FilePath?

    init(_ text: String?, count: Int) throws {
        let here = RawArguments.currentFolder
        guard let text else {
            (folder, file) = (here, nil)
            return
        }
        let path = here.pushing(RawArguments.path(text)).lexicallyNormalized()
        var status = stat()
        let isFolder = path.withPlatformString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
        if isFolder || text.hasSuffix("/") || count > 1 {
            (folder, file) = (path, nil)
            if !isFolder, path.withPlatformString({ mkdir($0, 0o777) }) != 0 {
                throw EngineError(Errno(rawValue: errno), doing: "making the folder \(text)")
            }
        } else {
            (folder, file) = (nil, path)
        }
    }

    /// The photo's own name, made safe: it may be anybody's text.
    func path(of photo: Photo, taken: Set<FilePath>) -> FilePath {
        guard let folder else { return file ?? RawArguments.currentFolder }
        let name = PhotoFormat.name(of: photo).split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        let digits = photo.sha256.description
        let isName = !name.isEmpty && name != [0x2E] && name != [0x2E, 0x2E] && name.count <= 255 && !name.contains(0)
        let proposed =
            isName ? Self.child(name, of: folder) : folder.appending("\(digits).\(photo.mediaType.fileExtension)")
        guard taken.contains(proposed) else { return proposed }
        // Two photos of one name: the second has its digest in front.
        return Self.child(Array("\(digits.prefix(8))-".utf8) + name.suffix(200), of: folder)
    }

    private static func child(_ name: [UInt8], of folder: FilePath) -> FilePath {
        let text = name.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with a NUL, and lives until the closure returns.
        return text.withUnsafeBufferPointer { folder.appending(FilePath(platformString: $0.baseAddress!).components) }
    }
}

/// Fetches one photo after the other, with a line of progress, until the end or the first Ctrl-C.
private struct FetchRun {
    let library: Library
    let target: FetchTarget
    let replaces: Bool

    struct Item: Sendable {
        let named: String
        var photo: Photo?
        var path: FilePath?
        var outcome: OriginalFetch.Outcome?
        /// Of a live photo.
        var film: FilePath?
        var reason: String?
        var isStopped = false

        var json: JSON {
            .object(
                [("named", .string(named)), ("id", .text(photo?.id.description))]
                    + (path.map { JSON.path($0) } ?? [("path", .null)])
                    + (film.map { JSON.path($0, name: "film") } ?? [("film", .null)]) + [
                        ("sha256", .text(photo?.sha256.description)),
                        ("bytes", photo.map { .integer($0.byteCount.bytes) } ?? .null),
                        ("outcome", .string(outcome?.rawValue ?? "failed")), ("reason", .text(reason)),
                    ])
        }

        var text: String {
            let place = path.map(ImportSummary.shown) ?? ""
            let shown = outcome == .present ? "\(place) is there already" : place
            return film.map { "\(shown), with its film \(ImportSummary.shown($0))" } ?? shown
        }
    }

    /// What became of the photos, up to the one that Ctrl-C has met, and whether it has.
    func run(_ names: [String]) async throws -> (items: [Item], isInterrupted: Bool) {
        let fetch = library.originals()
        let items = try await Interrupt.cancelling {
            Self.clear()
        } abandon: {
            fetch.abandon()
        } work: {
            await fetchAll(names, fetch)
        }
        return (items, items.count < names.count || items.contains(where: \.isStopped))
    }

    private func fetchAll(_ names: [String], _ fetch: OriginalFetch) async -> [Item] {
        var items: [Item] = []
        var taken: Set<FilePath> = []
        for (index, name) in names.enumerated() {
            var item = Item(named: name)
            do {
                let photo = try await PhotoName.resolve(name, in: library)
                item.photo = photo
                let path = target.path(of: photo, taken: taken)
                item.path = path
                taken.insert(path)
                let title = "\(index + 1) of \(names.count) · \(displayEscaped(bytes: PhotoFormat.name(of: photo))) · "
                item.outcome = try await fetch.fetch(photo, to: path, replaces: replaces) { count in
                    Self.show(title + "\(ByteCount(count)) of \(photo.byteCount)")
                }
                item.film = try await fetch.fetchFilm(of: photo, beside: path, replaces: replaces)
            } catch is CancellationError {
                item.reason = "stopped"
                item.isStopped = true
            } catch {
                item.reason = (error as? EngineError)?.description ?? "\(error)"
            }
            items.append(item)
            if Task.isCancelled { break }
        }
        return items
    }

    private static func show(_ text: String) {
        guard Console.errorIsTerminal else { return }
        WaitNotice.stop()
        Console.note("\r" + text.truncated(to: Console.errorColumns - 1) + "\u{1b}[J\r")
    }

    private static func clear() {
        if Console.errorIsTerminal { Console.note("\r\u{1b}[J") }
    }
}
