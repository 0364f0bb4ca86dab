import ArgumentParser
import Core
import Glibc
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui sidecars`.
struct SidecarsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidecars",
        abstract: "Write what the library knows of photos into XMP files beside them.",
        discussion: """
            Sidecars are read by every import, for the photos they are beside: IMG_1.JPG.xmp or IMG_1.xmp. They are \
            written only by this command; originals are never changed.
            """,
        subcommands: [Write.self])

    struct Write: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write photos' rating, caption, tags, favourite mark, position and faces into sidecars.",
            discussion: """
                What digiKam, darktable, Lightroom and exiftool read. A sidecar that is there keeps whatever else it says; \
                it is replaced whole, or stays as it was. Without --to it stands beside the original, and says where the \
                photo was taken and who is in it to whoever gets it along with the photo.

                Examples:
                  phototui sidecars write 0190a7c2
                  phototui sidecars write --month 2024-07
                  phototui sidecars write --from names.txt --to ~/export/

                Exit codes: 0 done, 1 none could be written, 2 some could not.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var selection: PhotoSelection

        @Option(
            help: ArgumentHelp("A folder for the sidecars, in place of those of the originals.", valueName: "folder"),
            completion: .directory)
        var to: String?

        func run() async throws {
            let folder = to.map { RawArguments.currentFolder.pushing(RawArguments.path($0)).lexicallyNormalized() }
            let (items, unnamed) = try await libraryOptions.withLibrary { library in
                let found = try await selection.find(in: library)
                if let folder, !found.photos.isEmpty { try Self.make(folder) }
                return (try await write(found.photos, to: folder, in: library), found.failed)
            }
            if output.json {
                try Console.line(JSON.object(["sidecars": .array(items.map(\.json))]).encoded())
            } else {
                for item in items where item.reason == nil { try Console.line(item.text) }
            }
            let failures = unnamed + items.compactMap { item in item.reason.map { (item.photo.description, $0) } }
            for (name, reason) in failures { Console.complain("\(name): \(reason)") }
            if !failures.isEmpty {
                throw items.contains { $0.reason == nil } ? ExitCode.inPart : ExitCode.failure
            }
        }

        /// Made where it isn't there.
        private static func make(_ folder: FilePath) throws {
            var status = stat()
            let isThere = folder.withPlatformString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
            if !isThere, folder.withPlatformString({ mkdir($0, 0o777) }) != 0 {
                throw EngineError(Errno(rawValue: errno), doing: "making the folder \(folder.rawText)")
            }
        }

        private func write(_ photos: [PhotoID], to folder: FilePath?, in library: Library) async throws -> [Item] {
            let writing = library.sidecarWriting()
            var items: [Item] = []
            var taken: Set<FilePath> = []
            for id in photos {
                try Task.checkCancellation()
                do {
                    guard let photo = try await library.catalog.photo(id) else { continue }
                    let (path, outcome) = try await writing.write(photo, to: folder, except: taken)
                    if folder != nil { taken.insert(path) }
                    items.append(Item(photo: id, path: path, outcome: outcome))
                } catch let error as EngineError {
                    items.append(Item(photo: id, reason: error.description))
                }
            }
            return items
        }
    }

    private struct Item: Sendable {
        let photo: PhotoID
        var path: FilePath?
        var outcome: SidecarWriting.Outcome?
        var reason: String?

        var json: JSON {
            .object(
                [("id", .string(photo.description))] + (path.map { JSON.path($0) } ?? [("path", .null)]) + [
                    ("outcome", .string(outcome?.rawValue ?? "failed")), ("reason", .text(reason)),
                ])
        }

        var text: String {
            (path.map(ImportSummary.shown) ?? "") + (outcome == .unchanged ? " says it all already" : "")
        }
    }
}
