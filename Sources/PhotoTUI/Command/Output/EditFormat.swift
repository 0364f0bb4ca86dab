import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// How changes of photos, albums and tags are written.
enum EditFormat {
    static func json(_ edit: Edit) -> [(name: String, value: JSON)] {
        [
            ("id", .string(edit.id.description)), ("kind", .string(edit.kind.rawValue)),
            ("subject", .string(edit.subject)), ("photo_count", .count(edit.photoCount)),
            ("actor", .string(edit.actor)), ("reason", .string(edit.reason)), ("made_at", .moment(edit.madeAt)),
            ("undone_at", .moment(edit.undone?.at)), ("undone_by", .text(edit.undone?.actor)),
            ("undone_reason", .text(edit.undone?.reason)),
        ]
    }

    /// What was done, safe to show: `tag sea: 3 photos`.
    static func words(_ edit: Edit) -> String {
        let subject = edit.subject.isEmpty ? "" : " \(displayEscaped(edit.subject))"
        return edit.kind.words + subject + (edit.photoCount == 0 ? "" : ": \(counted(edit.photoCount, "photo"))")
    }

    static func words(_ conflict: UndoneEdit.Conflict) -> String {
        switch conflict {
        case .gone(let photo): "the photo \(photo) is no longer in the library"
        case .inTrash(let photo): "the photo \(photo) is in the trash, and stays as it is"
        case .changedPhoto(let photo): "the photo \(photo) was changed since, and stays as it is"
        case .changedTag(let name): "the tag \(name) was changed since, and stays as it is"
        case .changedAlbum(let name): "the album \(name) was changed since, and stays as it is"
        case .goneAlbum(let name): "the album \(name) was deleted since"
        }
    }
}

/// Makes a change and tells what came of it; the last of a command that edits.
struct EditRun {
    let library: Library
    let isJSON: Bool
    let reason: String

    init(_ library: Library, _ output: JSONOption, _ why: ReasonOption) {
        self.library = library
        isJSON = output.json
        reason = why.reason
    }

    /// Throws the exit code where some of the photos named could not be found.
    func carryOut(_ change: EditChange, _ selection: PhotoSelection) async throws {
        try await carryOut(change, selection.named)
    }

    /// The same for photos that are named otherwise.
    func carryOut(_ change: EditChange, _ selection: NamedPhotos) async throws {
        let found = try await selection.find(in: library)
        let edit = found.photos.isEmpty ? nil : try await make(change, found.photos)
        try tell(edit, found: found)
        for item in found.failed { Console.complain("\(item.name): \(item.reason)") }
        if !found.failed.isEmpty { throw found.photos.isEmpty ? ExitCode.failure : ExitCode.inPart }
    }

    /// Of a change that names no photos.
    func carryOut(_ change: EditChange) async throws {
        try tell(try await make(change, []), found: nil)
    }

    func make(_ change: EditChange, _ photos: [PhotoID]) async throws -> Edit? {
        try await LibraryEditing(catalog: library.catalog).edit(
            change, photos: photos, actor: DuplicatesCommand.actor, reason: reason)
    }

    func tell(_ edit: Edit?, found: NamedPhotos.Found?) throws {
        if isJSON {
            var fields: [(name: String, value: JSON)] = [("edit", edit.map { .object(EditFormat.json($0)) } ?? .null)]
            if let found {
                fields += [
                    ("photos", .count(found.photos.count)),
                    (
                        "failed",
                        .array(
                            found.failed.map {
                                .object(["name": .rawText($0.name), "reason": .rawText($0.reason)])
                            })
                    ),
                ]
            }
            return try Console.line(JSON.object(fields).encoded())
        }
        if let edit {
            try Console.line("\(EditFormat.words(edit)); undo \(edit.id)")
        } else if found?.photos.isEmpty != true {
            try Console.line("nothing to change: all was so already")
        }
    }
}
