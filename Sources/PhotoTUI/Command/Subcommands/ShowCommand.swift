import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage

/// `phototui show PHOTO`.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all that is known of a photo.",
        discussion: """
            PHOTO is an id, the beginning of one that only one photo has, a SHA-256, or the path of a file.

            Examples:
              phototui show 0190a7c2
              phototui show ~/Pictures/IMG_2041.jpg
              phototui show --json 0190a7c2 | jq .tags
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "An id, the beginning of one, a SHA-256, or a path.", completion: .file())
    var photo: String

    /// A photo that was tried so often has told its story.
    private static let jobLimit = 20

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let found = try await PhotoName.resolve(photo, in: library)
            let files = try await library.catalog.files(of: found.id)
            let shown = ShownPhoto(
                photo: found, name: PhotoFormat.name(of: found),
                fields: try await PhotoFormat.json(found, in: library), files: files,
                jobs: try await library.catalog.jobs(of: found.id, limit: Self.jobLimit),
                collections: try await library.catalog.collections(of: [found.id]).first ?? PhotoCollections(),
                faces: try await library.catalog.faces(of: [found.id]).first ?? [], library: library)
            try output.json ? Console.line(shown.json.encoded()) : Console.write(shown.text)
        }
    }
}

/// All that is known of a photo, and where its bytes are now.
private struct ShownPhoto {
    let photo: Photo
    /// The bytes of its file name.
    let name: [UInt8]
    /// What every photo has in JSON.
    let fields: [(name: String, value: JSON)]
    let files: [LibraryFile]
    let jobs: [Job]
    let collections: PhotoCollections
    let faces: [Face]
    let library: Library

    private var path: FilePath? { PhotoFormat.path(of: photo, in: library) }

    private var isCopied: Bool { PhotoFormat.key(of: photo) != nil }

    /// nil for what is in a storage elsewhere, which is not asked.
    private var presence: FilePresence? {
        guard let path else { return nil }
        let recorded = isCopied ? nil : files.first { $0.path == path }
        return recorded.map(FilePresence.of) ?? .of(path, byteCount: photo.byteCount.bytes)
    }

    var json: JSON {
        .object(
            fields + [
                (
                    "original",
                    .object(
                        [("kind", .string(isCopied ? "copy" : "in_place"))]
                            + PhotoFormat.location(of: photo, in: library)
                            + (presence?.json ?? [("present", .null), ("changed", .null)]))
                ),
                (
                    "files",
                    .array(
                        files.map { file in
                            .object(
                                JSON.path(file.path) + [
                                    ("bytes", .integer(file.fingerprint.byteCount)),
                                    ("modified_at", .moment(file.fingerprint.modified / 1000)),
                                    ("missing", .bool(file.isMissing)),
                                ] + FilePresence.of(file).json)
                        })
                ),
                ("jobs", .array(jobs.map { JobFormat.json($0) })),
                ("albums", .array(collections.albums.map { .string($0) })),
                ("photo_tags", .array(collections.tags.map { .string($0) })),
                (
                    "faces",
                    .array(
                        faces.map { face in
                            .object([
                                "name": .text(face.name), "x": .decimal(face.box.x), "y": .decimal(face.box.y),
                                "width": .decimal(face.box.width), "height": .decimal(face.box.height),
                                "source": .string(face.source.rawValue),
                            ])
                        })
                ),
                (
                    "tags",
                    .object(
                        photo.metadata.tags.sorted { $0.key < $1.key }
                            .map { (name: $0.key, value: .string($0.value)) })
                ),
            ])
    }

    var text: String {
        let metadata = photo.metadata
        var table = TextTable([("", .left), ("", .left)])
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { table.add([name, displayEscaped(value)]) }
        }
        add("id", photo.id.description)
        table.add(["file name", displayEscaped(bytes: name)])
        for (name, place) in places { table.add([name, place]) }
        add("taken", "\(PhotoFormat.time(photo.captureTime)) (from \(photo.captureTime.source.rawValue))")
        add("size", "\(PhotoFormat.size(photo)), \(photo.byteCount), \(photo.mediaType.rawValue)")
        add("camera", PhotoFormat.camera(metadata))
        add("lens", metadata.lens)
        add("exposure", PhotoFormat.exposure(metadata.exposure))
        add("place", metadata.place)
        add("position", metadata.position.map { "\($0.latitude), \($0.longitude)" })
        add("favourite", photo.isFavourite ? "yes" : nil)
        add("archived", photo.isArchived ? "yes" : nil)
        add("in the trash", photo.trashedAt.map { "since \(rfc3339(microseconds: $0))" })
        add("rating", metadata.rating.map { "\($0) of 5" })
        add("caption", metadata.caption)
        add("albums", collections.albums.joined(separator: ", "))
        add("tags", collections.tags.joined(separator: ", "))
        add("keywords", metadata.keywords.joined(separator: ", "))
        add("faces", Face.summary(faces))
        add("sha256", photo.sha256.description)
        add("phash", photo.perceptualHash?.description)
        add("status", photo.status.rawValue + (photo.isMissing ? ", missing" : ""))
        add("problem", photo.problem)
        add("imported", rfc3339(microseconds: photo.importedAt))
        for job in jobs { add("job", JobFormat.line(job)) }
        for tag in metadata.tags.sorted(by: { $0.key < $1.key }) {
            table.add([displayEscaped(tag.key), displayEscaped(tag.value)])
        }
        return table.text(showsTitles: false)
    }

    /// Where the bytes are, then where else, or where they came from.
    private var places: [(name: String, place: String)] {
        let original = PhotoFormat.place(of: photo, in: library) + (presence?.note ?? "")
        let others = files.filter { isCopied || $0.path != path }.map { file in
            (isCopied ? "copied from" : "also at", ImportSummary.shown(file.path) + FilePresence.of(file).note)
        }
        return [(isCopied ? "copy" : "path", original)] + others
    }
}

/// What a person calls a photo.
enum PhotoName {
    /// Throws `.notFound`, or `.conflict` when several photos have ids that begin so.
    static func resolve(_ text: String, in library: Library) async throws -> Photo {
        let catalog = library.catalog
        if let id = PhotoID(text), let photo = try await catalog.photo(id) { return photo }
        if let digest = SHA256Digest(text), let photo = try await catalog.photo(sha256: digest) { return photo }
        let path = RawArguments.currentFolder.pushing(RawArguments.path(text)).lexicallyNormalized()
        if let id = try await catalog.file(at: path)?.photo, let photo = try await catalog.photo(id) { return photo }
        let prefix = text.lowercased()
        if !prefix.isEmpty, prefix.utf8.count <= 36, prefix.allSatisfy({ $0.isHexDigit || $0 == "-" }) {
            let photos = try await catalog.photos(idPrefix: prefix, limit: 2)
            if photos.count == 1 { return photos[0] }
            if photos.count > 1 {
                throw EngineError(
                    .conflict, "several photos have ids that begin with \(text)", whatToDo: "give more of the id")
            }
        }
        throw EngineError(
            .notFound, "no photo is called \(text)",
            whatToDo: "name an id or a path that phototui photos --json lists")
    }
}
