import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queue dead or cancelled jobs again.",
            discussion: """
                The app or the next import works them off.

                Examples:
                  phototui jobs retry --all-dead
                  phototui jobs retry --all --match "no space"
                  phototui jobs retry --unprocessed        photos without a job that would process them
                  phototui jobs retry 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d

                Exit codes: 0 all queued, 2 some not: unknown, or neither dead nor cancelled.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        /// Only to say what can be done instead.
        @Option(help: .hidden) var broker: String?
        @OptionGroup var output: JSONOption

        @Flag(help: "Every dead job.")
        var allDead = false

        @Flag(help: "A new job for each photo that was never processed and has none that would do it.")
        var unprocessed = false

        @OptionGroup var selection: JobSelection
        @OptionGroup var budget: BudgetOptions

        @Option(help: ArgumentHelp("Why, for the journal.", valueName: "text")) var reason = ""

        @Argument(help: "Jobs' ids.")
        var ids: [String] = []

        /// Celery keeps no message of a task that it has taken, and events tell of its arguments only as people read them.
        private static func refusal(_ broker: String?) -> EngineError {
            let place = broker.map { ["--broker", ConsoleCommand.withoutPassword($0)] } ?? []
            func line(_ words: String...) -> String {
                (["phototui"] + words + place).map(OwnCommand.quoted).joined(separator: " ")
            }
            return EngineError(
                .unsupported,
                "a Celery task that has ended left no message on its broker, so that it can't be sent again from here",
                whatToDo: "dead letters can be: \(line("dead", "list", "--group")); for others send it again from the "
                    + "application, with the arguments that this shows: \(line("jobs", "show", "ID"))")
        }

        func validate() throws {
            if broker == nil, let wrong = ids.first(where: { JobID($0) == nil }) {
                throw ValidationError("\(displayEscaped(wrong)) is no job's id; list them with: phototui jobs")
            }
            if [allDead, unprocessed, selection.all, !ids.isEmpty].count(where: \.self) == 1 { return }
            throw ValidationError("name the jobs to retry, or --all, --all-dead, or --unprocessed: one of these")
        }

        func run() async throws {
            if try BrokerOptions.namesForeignBroker(broker, libraryOptions) { throw Self.refusal(broker) }
            try await libraryOptions.withLibrary { library in
                var retried = 0
                var failed: [(id: JobID, reason: String)] = []
                if allDead {
                    while true {
                        let dead = try await library.catalog.jobs(state: .dead, after: nil, limit: 1000).map(\.id)
                        let count = try await library.catalog.retry(dead)
                        retried += count
                        if count == 0 { break }
                    }
                    if retried > 0 {
                        try await JobJournal.append(
                            "retry dead jobs", "all", "\(retried) queued", reason: reason, library)
                    }
                }
                if selection.all {
                    let ids = try await selection.ids([.dead, .cancelled], in: library)
                    retried += try await LibraryJobs(library).retry(ids)
                    if retried > 0 {
                        try await JobJournal.append(
                            "retry jobs", "\(ids.count) jobs", "\(retried) queued", reason: reason, library)
                    }
                }
                if unprocessed {
                    try await budget.check(library)
                    let photos = try await UnprocessedPhotos.find(in: library.catalog, limit: .max)
                    for start in stride(from: 0, to: photos.count, by: 1000) {
                        retried += try await library.catalog.enqueueProcessing(
                            Array(photos[start..<min(start + 1000, photos.count)]))
                    }
                    if retried > 0 {
                        try await JobJournal.append(
                            "retry unprocessed photos", "all", "\(retried) queued", reason: reason, library)
                    }
                }
                for id in ids.compactMap({ JobID($0) }) {
                    if try await library.catalog.retry([id]) == 1 {
                        retried += 1
                        try await JobJournal.append("retry job", id.description, "queued", reason: reason, library)
                    } else {
                        let state = try await library.catalog.job(id)?.state
                        failed.append((id, state.map { "it is \($0.rawValue)" } ?? "no job has this id"))
                    }
                }
                if output.json {
                    let document: JSON = .object([
                        "retried": .count(retried),
                        "failed": .array(
                            failed.map { .object(["id": .string($0.id.description), "reason": .string($0.reason)]) }),
                    ])
                    try Console.line(document.encoded())
                } else {
                    try Console.line("\(retried) queued again")
                    for item in failed { Console.complain("\(item.id): \(item.reason)") }
                }
                if !failed.isEmpty { throw ExitCode.inPart }
            }
        }
    }
}
