import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one job, with its attempts.",
            discussion: """
                Of a library's job: when each attempt began and ended, on which worker, and its error; the latest twenty before the \
                last. Of a broker's task: arguments and traces, too, as far as it was watched.

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
                let attempts = try await library.catalog.attempts(of: id)
                if output.json { return try Console.line(JobFormat.json(job, attempts).encoded()) }
                try Console.write(JobFormat.text(job, attempts))
            }
        }
    }
}
