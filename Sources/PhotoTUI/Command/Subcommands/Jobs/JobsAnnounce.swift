import ArgumentParser
import Core
import Jobs
import PhotoEngine

/// `phototui jobs announce`.
struct JobsAnnounce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "announce",
        abstract: "Tell the broker of the jobs that wait and that it holds no message for.",
        discussion: """
            Workers and imports do so by themselves; this is for a broker that lost its messages while none of them runs. What was \
            announced in the last minute is left.

            Examples:
              phototui jobs announce --profile prod
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            guard let relay = library.relay else {
                throw EngineError(
                    .invalidInput, "this library has no broker: the app and imports run its jobs",
                    whatToDo: "choose a profile that has one with --profile NAME")
            }
            let count = try await JobJournal.act(
                "announce jobs", on: "all that wait", reason: "", library, outcome: { "\($0) announced" }
            ) { try await relay.publishDue() }
            if output.json { return try Console.line(JSON.object(["announced": .count(count)]).encoded()) }
            try Console.line("\(counted(count, "job")) announced")
        }
    }
}
