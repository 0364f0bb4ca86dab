import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one job.",
            discussion: """
                Of a broker's task: every attempt with its moments, arguments, error and trace, as far as it was watched.

                Examples:
                  phototui jobs show 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d
                  phototui jobs show --json ID | jq -r .error
                  phototui jobs show --broker redis://localhost:6379/0 1f0c7a2e
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Option(help: ArgumentHelp("A task of this Celery broker on Redis, without a library.", valueName: "url"))
        var broker: String?

        @Argument(help: "The job's id; of a broker's task, the beginning of it is enough.")
        var id: String

        func run() async throws {
            if try BrokerOptions.namesForeignBroker(broker, libraryOptions) {
                return try await TaskListing.show(id, broker: broker, asJSON: output.json)
            }
            guard let id = JobID(id) else {
                throw ValidationError("\(displayEscaped(id)) is no job's id; list them with: phototui jobs")
            }
            try await libraryOptions.withLibrary { library in
                guard let job = try await library.catalog.job(id) else {
                    throw EngineError(.notFound, "no job has the id \(id)", whatToDo: "list them with: phototui jobs")
                }
                if output.json {
                    try Console.line(JobFormat.json(job).encoded())
                } else {
                    try Console.write(JobFormat.text(job))
                }
            }
        }
    }
}
