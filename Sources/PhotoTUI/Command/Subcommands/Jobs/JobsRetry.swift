import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queue dead or cancelled jobs again, or send failed tasks of a broker anew.",
            discussion: """
                A library's jobs the app, workers or the next import work off.

                With --broker, a task that failed is sent anew under its id to the queue it was in, with the arguments it had: Celery \
                keeps no message of it, so that they must be known whole, by the task's result (result_extended), or by what its \
                worker told of them, if they are plain values and not cut. What was to follow it (a chain, a chord) is not sent.

                Examples:
                  phototui jobs retry --all-dead --yes
                  phototui jobs retry --all --match "no space"
                  phototui jobs retry --unprocessed        photos without a job that would process them
                  phototui jobs retry 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d
                  phototui jobs retry --broker redis://localhost:6379/0 --all --task shop.export --since 2h --yes

                Exit codes: 0 all queued, 2 some not: unknown, in another state, or not known whole.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @Option(help: ArgumentHelp("Failed tasks of this Celery broker on Redis, without a library.", valueName: "url"))
        var broker: String?
        @OptionGroup var output: JSONOption

        @Flag(help: "Every dead job.")
        var allDead = false

        @Flag(help: "A new job for each photo that was never processed and has none that would do it.")
        var unprocessed = false

        @OptionGroup var selection: JobSelection
        @OptionGroup var budget: BudgetOptions
        @OptionGroup var consent: ConsentOptions

        @Argument(help: "Jobs' ids; tasks' with --broker.")
        var ids: [String] = []

        func validate() throws {
            if broker == nil, ProcessInfo.processInfo.environment["PHOTOTUI_BROKER", default: ""].isEmpty,
                let wrong = ids.first(where: { JobID($0) == nil })
            {
                throw ValidationError("\(displayEscaped(wrong)) is no job's id; list them with: phototui jobs")
            }
            if [allDead, unprocessed, selection.all, !ids.isEmpty].count(where: \.self) == 1 { return }
            throw ValidationError("name the jobs to retry, or --all, --all-dead, or --unprocessed: one of these")
        }

        func run() async throws {
            if try BrokerOptions.namesForeignBroker(broker, libraryOptions) { return try await resend() }
            try await libraryOptions.withLibrary { library in
                try await budget.check(library)
                if unprocessed { return try await addMissing(library) }
                if !ids.isEmpty { return try await retryNamed(library) }
                // Those that there are now: one that dies again meanwhile is not among them.
                let found =
                    allDead
                    ? try await LibraryJobs(library).ids(JobFilter(states: [.dead]))
                    : try await selection.ids([.dead, .cancelled], in: library)
                if !found.isEmpty {
                    try await JobJournal.ask(
                        consent, "\(counted(found.count, "job")) will be queued again", type: "retry",
                        for: "retry jobs", on: counted(found.count, "job"), library)
                }
                let retried = try await JobJournal.act(
                    allDead ? "retry dead jobs" : "retry jobs", on: counted(found.count, "job"),
                    reason: consent.reason, library, outcome: { "\($0) queued" }
                ) { try await LibraryJobs(library).retry(found) }
                try tell(retried, failed: [])
            }
        }

        private func addMissing(_ library: Library) async throws {
            let photos = try await UnprocessedPhotos.find(in: library.catalog, limit: .max)
            if !photos.isEmpty {
                try await JobJournal.ask(
                    consent, "a job will be added for each of \(counted(photos.count, "photo"))", type: "retry",
                    for: "retry unprocessed photos", on: counted(photos.count, "photo"), library)
            }
            let added = try await JobJournal.act(
                "retry unprocessed photos", on: counted(photos.count, "photo"), reason: consent.reason, library,
                outcome: { "\($0) queued" }
            ) { () -> Int in
                var added = 0
                for start in stride(from: 0, to: photos.count, by: 1000) {
                    added += try await library.catalog.enqueueProcessing(
                        Array(photos[start..<min(start + 1000, photos.count)]))
                }
                return added
            }
            try tell(added, failed: [])
        }

        /// Each has an entry in the journal, by which its story is found.
        private func retryNamed(_ library: Library) async throws {
            var retried = 0
            var failed: [(id: String, reason: String)] = []
            for text in ids {
                guard let id = JobID(text) else {
                    failed.append((text, "it is no job's id"))
                    continue
                }
                let refusal = try await JobJournal.act(
                    "retry job", on: id.description, reason: consent.reason, library,
                    outcome: { $0.map { "refused: \($0)" } ?? "queued" }
                ) { () -> String? in
                    if try await library.catalog.retry([id]) == 1 { return nil }
                    let state = try await library.catalog.job(id)?.state
                    return state.map { "it is \($0.rawValue)" } ?? "no job has this id"
                }
                if let refusal { failed.append((id.description, refusal)) } else { retried += 1 }
            }
            try tell(retried, failed: failed)
        }

        private func tell(_ retried: Int, failed: [(id: String, reason: String)]) throws {
            if output.json {
                let document: JSON = .object([
                    "retried": .count(retried),
                    "failed": .array(failed.map { .object(["id": .string($0.id), "reason": .string($0.reason)]) }),
                ])
                try Console.line(document.encoded())
            } else {
                try Console.line("\(retried) queued again")
                for item in failed { Console.complain("\(displayEscaped(item.id)): \(item.reason)") }
            }
            if !failed.isEmpty { throw ExitCode.inPart }
        }

        // Of a broker

        private func resend() async throws {
            guard !allDead, !unprocessed else {
                throw ValidationError("--all-dead and --unprocessed are for a library's jobs; --all is for tasks, too")
            }
            if selection.photo != nil { throw ValidationError("--photo is for a library's jobs") }
            try await TaskListing.options(broker).withConsole { opened in
                let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
                try await TaskListing.reading(file) { history in
                    var wanted = ids
                    if selection.all {
                        let states = try StateWords.parse(selection.state, as: BrokerTask.State.self)
                        guard states.isSubset(of: [.failed]) else {
                            throw ValidationError("only what failed can be sent again: --state takes failed")
                        }
                        let filter = selection.tasks.filter(states: [.failed])
                        wanted = try await history.tasks(filter, limit: 1_000_000).tasks.reversed().map(\.id)
                    }
                    if selection.all, !wanted.isEmpty {
                        try await opened.ask(
                            consent, "\(counted(wanted.count, "failed task")) of \(opened.address) will be sent again",
                            type: "retry", for: "retry task", on: counted(wanted.count, "task"))
                    }
                    let subject = wanted.count == 1 ? "task \(wanted[0])" : counted(wanted.count, "task")
                    let outcome = try await opened.act(
                        "retry task", on: subject, reason: consent.reason, outcome: { $0.summary }
                    ) { try await DeadSources.resend(wanted, history, opened) }
                    try tell(outcome.sent.count, failed: outcome.kept.map { ($0.id, $0.reason) })
                }
            }
        }
    }
}
