import ArgumentParser
import Core
import PhotoEngine
import Workflows

extension StorageCommand {
    /// `phototui storage check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "List what the catalogue has and the storage lost, and what is in the storage without a photo.",
            discussion: """
                Goes through all originals and renditions, in memory that doesn't grow with them. lost_original and lost_rendition: \
                the catalogue has the photo, the storage not the object. stray_original, stray_rendition: an object of no photo. \
                unknown_key: an object among them whose key phototui does not make, whatever it is.

                Examples:
                  phototui storage check --profile prod
                  phototui storage check --json | jq -r 'select(.kind == "lost_original").key'

                Exit codes: 0 both have the same, 1 it could not be looked at, 2 they differ.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @Flag(help: "Print a JSON document a line, and nothing else on stdout.") var json = false

        func run() async throws {
            var count = 0
            try await libraryOptions.withLibrary { library in
                try await LibraryStorage(library).compare { fault in
                    for line in Self.lines(fault) {
                        count += 1
                        try Console.line(json ? line.json.encoded(isIndented: false) : line.text)
                    }
                }
            }
            guard count > 0 else { return Console.note(json ? "" : "catalogue and storage have the same\n") }
            throw ExitCode.inPart
        }

        private static func lines(_ fault: StorageComparison.Fault) -> [(text: String, json: JSON)] {
            func line(
                _ kind: String, _ key: String, _ bytes: ByteCount? = nil, photo: PhotoID? = nil
            ) -> (text: String, json: JSON) {
                let size = bytes.map { "  \($0)" } ?? ""
                let of = photo.map { "  of photo \($0)" } ?? ""
                return (
                    "\(kind.replacing("_", with: " "))  \(displayEscaped(key))\(size)\(of)",
                    .object([
                        "kind": .string(kind), "key": .string(key),
                        "byte_count": .count(bytes.map { Int($0.bytes) }),
                        "photo_id": .text(photo?.description),
                    ])
                )
            }
            switch fault {
            case .lostOriginal(let original):
                return [line("lost_original", original.key.description, original.byteCount, photo: original.photo)]
            case .lostRenditions(let photo, let keys):
                return keys.map { line("lost_rendition", $0.description, photo: photo) }
            case .strayOriginal(let object): return [line("stray_original", object.key.description, object.byteCount)]
            case .strayRendition(let object, _):
                return [line("stray_rendition", object.key.description, object.byteCount)]
            case .unknownKey(let object): return [line("unknown_key", object.name, object.byteCount)]
            }
        }
    }

    /// `phototui storage clean`.
    struct Clean: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clean",
            abstract: "Delete renditions of no photo.",
            discussion: """
                Only those that are older than a day, and of which the catalogue, asked once more just before, still has no photo. \
                Originals are never deleted: each may be the only copy of a picture. Refused where owners share a storage, since \
                nobody sees the photos of all of them.

                Examples:
                  phototui storage clean --dry-run
                  phototui storage clean --yes --reason "after a restore"

                Exit codes: 0 done, 1 refused.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @Flag(help: "Tell how many there are, and delete none.") var dryRun = false

        /// In one go; who has more asks again.
        private static let most = 100_000

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let (name, storage) = ("delete stray renditions", LibraryStorage(library))
                let strays = try await storage.strayRenditions(limit: Self.most)
                let bytes = strays.reduce(ByteCount(0)) { $0 + $1.object.byteCount }
                let subject = "\(counted(strays.count, "rendition")) (\(bytes)) of no photo"
                if dryRun || strays.isEmpty {
                    return try tell("\(subject), older than a day", deleted: 0, of: strays.count)
                }
                try await JobJournal.ask(
                    consent, "\(subject) will be deleted for good", type: "delete", for: name, on: subject, library)
                let deleted = try await JobJournal.act(
                    name, on: subject, reason: consent.reason, library, outcome: { "\($0) deleted" }
                ) { () -> Int in
                    var deleted = 0
                    for stray in strays where try await storage.delete(stray) { deleted += 1 }
                    return deleted
                }
                try tell("\(counted(deleted, "rendition")) deleted", deleted: deleted, of: strays.count)
            }
        }

        private func tell(_ text: String, deleted: Int, of found: Int) throws {
            try Console.line(
                output.json ? JSON.object(["found": .count(found), "deleted": .count(deleted)]).encoded() : text)
        }
    }
}
