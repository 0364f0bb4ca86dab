import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queue dead or cancelled jobs again, or send failed tasks of a broker once more.",
            discussion: """
                A library's jobs the app, workers or the next import work off.

                With --broker, tasks that failed while somebody watched (jobs watch): each is sent as a new task, with the arguments \
                that its result has (result_extended) or its workers told, and without what was to follow it (chains, callbacks). \
                Where the arguments were told cut, or are no plain values, it is left, with the reason. Once: who asks again, also \
                after a crash in the middle, sends the rest.

                Examples:
                  phototui jobs retry --all-dead --yes
                  phototui jobs retry --all --match "no space"
                  phototui jobs retry --unprocessed        photos without a job that would process them
                  phototui jobs retry --lost-renditions    photos whose renditions the storage has lost
                  phototui jobs retry 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d
                  phototui jobs retry --broker redis://localhost:6379/0 --all --task shop.charge --since 2h --dry-run

                Exit codes: 0 all queued, 1 no task could be sent again, 2 some not: unknown, or neither dead nor cancelled.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @Option(help: ArgumentHelp("Tasks of this Celery broker on Redis, without a library.", valueName: "url"))
        var broker: String?
        @OptionGroup var output: JSONOption

        @Flag(help: "Every dead job.")
        var allDead = false

        @Flag(help: "A new job for each photo that was never processed and has none that would do it.")
        var unprocessed = false

        @Flag(help: "A new job for each photo that lacks renditions in the storage.")
        var lostRenditions = false

        @OptionGroup var selection: JobSelection
        @OptionGroup var budget: BudgetOptions

        @OptionGroup var consent: ConsentOptions
        @OptionGroup(title: "Tasks of a broker") var retry: RetryOptions

        @Argument(help: "Jobs' ids; tasks' with --broker.")
        var ids: [String] = []

        func validate() throws {
            if [allDead, unprocessed, lostRenditions, selection.all, !ids.isEmpty].count(where: \.self) == 1 { return }
            throw ValidationError(
                "name the jobs to retry, or --all, --all-dead, --unprocessed, or --lost-renditions: one of these")
        }

        func run() async throws {
            if try BrokerOptions.namesForeignBroker(broker, libraryOptions) { return try await retryTasks() }
            if let wrong = ids.first(where: { JobID($0) == nil }) {
                throw ValidationError("\(displayEscaped(wrong)) is no job's id; list them with: phototui jobs")
            }
            if retry.to != nil || retry.again || retry.dryRun {
                throw ValidationError("--to, --again and --dry-run are for the tasks of a --broker")
            }
            try await libraryOptions.withLibrary { library in
                if unprocessed {
                    let photos = try await UnprocessedPhotos.find(in: library.catalog, limit: .max)
                    return try await add("retry unprocessed photos", photos, library)
                }
                if lostRenditions {
                    return try await add("remake renditions", try await UnpicturedPhotos.find(in: library), library)
                }
                if !ids.isEmpty { return try await retryNamed(library) }
                // Those that there are now: one that dies again meanwhile is not among them.
                let found =
                    allDead
                    ? try await LibraryJobs(library).ids(JobFilter(states: [.dead]))
                    : try await selection.ids([.dead, .cancelled], in: library)
                let (action, subject) = (allDead ? "retry dead jobs" : "retry jobs", counted(found.count, "job"))
                try await ask(found.count, "\(subject) will be queued again", for: action, on: subject, library)
                let retried = try await JobJournal.act(
                    action, on: subject, reason: consent.reason, library, outcome: { "\($0) queued" }
                ) { try await LibraryJobs(library).retry(found) }
                try tell(retried, failed: [])
            }
        }

        /// Says what so many jobs will cost, and asks. A budget that they would use up forbids it, which is on record.
        private func ask(
            _ count: Int, _ sentence: String, for action: String, on subject: String, _ library: Library
        ) async throws {
            guard count > 0 else { return }
            let price = try await RetryQuote.price(of: count, library)
            try await JobJournal.allowed(action, on: subject, reason: consent.reason, library) {
                try await budget.check(library, adding: price ?? 0)
            }
            try await JobJournal.ask(
                consent, sentence + RetryQuote.words(price), type: "retry", for: action, on: subject, library)
            if consent.yes, price != nil { Console.note(sentence + RetryQuote.words(price) + "\n") }
        }

        /// A job for each of these photos.
        private func add(_ action: String, _ photos: [PhotoID], _ library: Library) async throws {
            let subject = counted(photos.count, "photo")
            try await ask(
                photos.count, "a job will be added for each of \(subject)", for: action, on: subject, library)
            let added = try await JobJournal.act(
                action, on: subject, reason: consent.reason, library, outcome: { "\($0) queued" }
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
            try await JobJournal.allowed("retry jobs", on: counted(ids.count, "job"), reason: consent.reason, library) {
                try await budget.check(library)
            }
            for id in ids.compactMap({ JobID($0) }) {
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
    }
}
