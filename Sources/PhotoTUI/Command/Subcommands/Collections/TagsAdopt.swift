import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui tags adopt PHOTO…`.
struct TagsAdopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Make tags of the keywords in photos' files and sidecars.",
        discussion: """
            Keywords, as digiKam, Lightroom and phototui's own sidecars write them, are found as tags are, but can't be \
            renamed, merged or taken away. Adopted, they can, with all that is done with tags; the files stay as they are. All are one edit, \
            which `edits undo` takes back. A tag that was taken away from a photo here is not given again.

            Examples:
              phototui tags adopt --search ''              all photos of the timeline
              phototui tags adopt --month 2024-07 --dry-run

            Exit codes: 0 done, 1 no photo is called so, 2 some aren't.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption
    @OptionGroup var selection: PhotoSelection

    @Flag(help: "Tell what would be adopted, and change nothing.")
    var dryRun = false

    func validate() throws { try why.require(for: libraryOptions, isDry: dryRun) }

    func run() async throws {
        let (found, report) = try await libraryOptions.withLibrary { library in
            let found = try await selection.find(in: library)
            let adoption = KeywordAdoption(catalog: library.catalog)
            let report = try await adoption.run(
                found.photos, isDry: dryRun, actor: DuplicatesCommand.actor, reason: why.reason)
            return (found, report)
        }
        let tags = report.tags.sorted { $0.key < $1.key }
        if output.json {
            try Console.line(
                JSON.object([
                    "dry_run": .bool(dryRun), "edit": report.edit.map { .object(EditFormat.json($0)) } ?? .null,
                    "tags": .array(tags.map { .object(["name": .string($0.key), "photos": .count($0.value)]) }),
                    "refused": .array(report.refused.map { .rawText($0) }),
                    "failed": .array(
                        found.failed.map { .object(["name": .rawText($0.name), "reason": .rawText($0.reason)]) }),
                ]).encoded())
        } else {
            for tag in tags { try Console.line("\(displayEscaped(tag.key)): \(counted(tag.value, "photo"))") }
            let undo = report.edit.map { "; undo \($0.id)" } ?? ""
            try Console.line(
                tags.isEmpty
                    ? "nothing to adopt: every keyword is a tag, or was taken away here"
                    : "\(counted(tags.count, "tag")) \(dryRun ? "would be " : "")adopted\(undo)")
        }
        for keyword in report.refused { Console.complain("\(displayEscaped(keyword)): no tag can be called so") }
        for item in found.failed { Console.complain("\(item.name): \(item.reason)") }
        if !found.failed.isEmpty { throw found.photos.isEmpty ? ExitCode.failure : ExitCode.inPart }
    }
}
