import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui why PHOTO`.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Tell what happened to a photo, in order of time, and where it is now.",
        discussion: """
            Where it came from, uploads and jobs, edits, decisions on duplicates and their undoing, the trash; then hashes, \
            objects and renditions, albums, tags, sidecars and place.

            Examples:
              phototui why 0190a7c2
              phototui why ~/Pictures/IMG_2041.jpg --json | jq -r '.events[] | select(.actor).text'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "An id, the beginning of one, a SHA-256, or a path.", completion: .file())
    var photo: String

    func run() async throws {
        let sizes = LibraryOptions.configuration().processingOptions.sizes
        try await libraryOptions.withLibrary { library in
            let found = try await PhotoName.resolve(photo, in: library)
            let story = try await PhotoStory.of(found, in: library.catalog, objects: library.objects, sizes: sizes)
            try output.json ? Console.line(StoryFormat.json(story).encoded()) : Console.write(StoryFormat.text(story))
        }
    }
}

/// How a photo's story is written.
enum StoryFormat {
    static func json(_ story: PhotoStory) -> JSON {
        .object([
            "id": .string(story.photo.id.description), "sha256": .string(story.photo.sha256.description),
            "events": .array(
                story.events.map { event in
                    .object([
                        "at": .moment(event.at), "kind": .string(event.kind.rawValue), "text": .rawText(event.text),
                        "actor": .text(event.actor),
                        "reason": .text(event.reason?.isEmpty == true ? nil : event.reason),
                        "subject": .text(event.subject),
                    ])
                }),
            "now": .array(
                story.facts.map { .object(["name": .string($0.name), "value": .rawText($0.value)]) }),
        ])
    }

    static func text(_ story: PhotoStory) -> String {
        lines(story).map { $0 + "\n" }.joined()
    }

    /// Safe to show.
    static func lines(_ story: PhotoStory) -> [String] {
        var events = TextTable([("", .left), ("", .left)])
        for event in story.events {
            var text = displayEscaped(event.text)
            if let actor = event.actor, !actor.isEmpty { text += ", by \(displayEscaped(actor))" }
            if let reason = event.reason, !reason.isEmpty { text += ": \(displayEscaped(reason))" }
            if let subject = event.subject { text += " (\(event.kind.rawValue) \(subject))" }
            events.add([rfc3339(microseconds: event.at), text])
        }
        var facts = TextTable([("", .left), ("", .left)])
        for fact in story.facts { facts.add([fact.name, displayEscaped(fact.value)]) }
        let both = events.text(showsTitles: false) + "\nnow\n" + facts.text(showsTitles: false)
        return both.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
