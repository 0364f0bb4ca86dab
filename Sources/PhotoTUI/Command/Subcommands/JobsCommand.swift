import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui jobs …`.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List, show, retry and cancel jobs: a library's, or the tasks of any Celery broker.",
        discussion: """
            A library's jobs are in its catalogue. What the tasks of another broker did is known where somebody watches it.

            Examples:
              phototui jobs                         the newest jobs
              phototui jobs list --state dead
              phototui jobs retry --all-dead
              phototui jobs cancel ID
              phototui jobs watch --broker redis://localhost:6379/0
              phototui jobs list --broker redis://localhost:6379/0 --state failed
            """,
        subcommands: [
            List.self, Show.self, Retry.self, Cancel.self, JobsAnnounce.self, JobsRevoke.self, JobsWatch.self,
        ],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List jobs, newest first.",
            discussion: """
                With --broker, or PHOTOTUI_BROKER and no library named, the tasks of that broker as far as `jobs watch` has seen \
                them: their states are queued, received, running, retrying, succeeded, failed, revoked and rejected. --follow \
                watches, too, if nobody does.

                Examples:
                  phototui jobs list --state dead --limit 20
                  phototui jobs list --json | jq -r '.jobs[].error'
                  phototui jobs list --broker redis://localhost:6379/0 --state failed --regex 'user \\d+ not found'
                  phototui jobs list --broker redis://localhost:6379/0 --task 'photo.*' --since 2h --sort runtime
                  phototui jobs list --broker redis://localhost:6379/0 --follow --state failed,retrying
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Option(help: ArgumentHelp("The tasks of this Celery broker on Redis, without a library.", valueName: "url"))
        var broker: String?

        @Option(help: ArgumentHelp("Only jobs in this state; several with commas between.", valueName: "state"))
        var state: String?

        @OptionGroup(title: "Tasks of a broker") var tasks: TaskOptions

        @Flag(help: "Print CSV. Tasks of a broker only.")
        var csv = false

        @Flag(help: "Go on with what changes, until Ctrl-C; with --json a document a line. Tasks of a broker only.")
        var follow = false

        @Option(help: ArgumentHelp("At most so many jobs.", valueName: "n"))
        var limit = 100

        @Option(help: ArgumentHelp("Only what follows this job, or this `next` of a list before.", valueName: "id"))
        var after: String?

        func validate() throws {
            if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
            if csv, output.json { throw ValidationError("--csv or --json, not both") }
            if follow, after != nil || tasks.sort != nil {
                throw ValidationError("--follow goes without --after and --sort")
            }
        }

        func run() async throws {
            if try BrokerOptions.namesForeignBroker(broker, libraryOptions) {
                return try await TaskListing(
                    broker: broker, filter: tasks.filter(states: StateWords.parse(state, as: BrokerTask.State.self)),
                    limit: limit, after: after, asJSON: output.json, asCSV: csv, follows: follow
                ).run()
            }
            if tasks.isGiven || csv || follow {
                throw ValidationError(
                    "--task, --queue, --worker, --match, --regex, --since, --until, --sort, --csv and --follow "
                        + "are for the tasks of a --broker")
            }
            let states = try StateWords.parse(state, as: JobState.self)
            guard states.count < 2 else { throw ValidationError("of a library's jobs, --state takes one state") }
            let state = states.first
            let after = try after.map { text in
                guard let id = JobID(text) else { throw ValidationError("--after takes a job's id") }
                return id
            }
            try await libraryOptions.withLibrary { library in
                let found = try await library.catalog.jobs(state: state, after: after, limit: limit + 1)
                let jobs = Array(found.prefix(limit))
                let next = found.count > limit ? jobs.last?.id : nil
                if output.json {
                    let document: JSON = .object([
                        "jobs": .array(jobs.map(JobFormat.json)), "next": .text(next?.description),
                    ])
                    try Console.line(document.encoded())
                    return
                }
                var table = TextTable([
                    ("ID", .left), ("KIND", .left), ("STATE", .left), ("ATTEMPTS", .right), ("CREATED", .left),
                    ("ERROR", .left),
                ])
                for job in jobs {
                    table.add([
                        job.id.description, job.kind.rawValue, job.state.rawValue, "\(job.attempts)",
                        rfc3339(microseconds: job.createdAt), displayEscaped(job.error ?? ""),
                    ])
                }
                try Console.write(table.text())
                let counts = try await library.catalog.jobCounts()
                let sums = JobState.allCases.map { "\(counts[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
                Console.note("\(sums)\n")
                if let next { Console.note("More follow: --after \(next)\n") }
            }
        }
    }

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

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Queue dead or cancelled jobs again.",
            discussion: """
                The app or the next import works them off.

                Examples:
                  phototui jobs retry --all-dead
                  phototui jobs retry --unprocessed        photos without a job that would process them
                  phototui jobs retry 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d

                Exit codes: 0 all queued, 2 some not: unknown, or neither dead nor cancelled.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Flag(help: "Every dead job.")
        var allDead = false

        @Flag(help: "A new job for each photo that was never processed and has none that would do it.")
        var unprocessed = false

        @Argument(help: "Jobs' ids.")
        var ids: [JobID] = []

        func validate() throws {
            if [allDead, unprocessed, !ids.isEmpty].count(where: \.self) == 1 { return }
            throw ValidationError("name the jobs to retry, or --all-dead, or --unprocessed: one of these")
        }

        func run() async throws {
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
                        try await JobJournal.append("retry dead jobs", "all", "\(retried) queued", library)
                    }
                }
                if unprocessed {
                    let photos = try await UnprocessedPhotos.find(in: library.catalog, limit: .max)
                    for start in stride(from: 0, to: photos.count, by: 1000) {
                        retried += try await library.catalog.enqueueProcessing(
                            Array(photos[start..<min(start + 1000, photos.count)]))
                    }
                    if retried > 0 {
                        try await JobJournal.append("retry unprocessed photos", "all", "\(retried) queued", library)
                    }
                }
                for id in ids {
                    if try await library.catalog.retry([id]) == 1 {
                        retried += 1
                        try await JobJournal.append("retry job", id.description, "queued", library)
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

extension JobsCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel jobs that wait.",
            discussion: """
                The catalogue decides: a worker that takes a cancelled job's message drops it. jobs retry queues it again.

                Examples:
                  phototui jobs cancel 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d

                Exit codes: 0 all cancelled, 2 some not: unknown, running, or finished.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption

        @Argument(help: "Jobs' ids.")
        var ids: [JobID]

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                var cancelled = 0
                var failed: [(id: JobID, reason: String)] = []
                for id in ids {
                    if try await library.catalog.cancel([id]) == 1 {
                        cancelled += 1
                        try await JobJournal.append("cancel job", id.description, "cancelled", library)
                    } else {
                        failed.append((id, Self.reason(try await library.catalog.job(id), id)))
                    }
                }
                if output.json {
                    let faults = failed.map {
                        JSON.object(["id": .string($0.id.description), "reason": .string($0.reason)])
                    }
                    try Console.line(JSON.object(["cancelled": .count(cancelled), "failed": .array(faults)]).encoded())
                } else {
                    try Console.line("\(cancelled) cancelled")
                    for item in failed { Console.complain("\(item.id): \(item.reason)") }
                }
                if !failed.isEmpty { throw ExitCode.inPart }
            }
        }

        private static func reason(_ job: Job?, _ id: JobID) -> String {
            switch job?.state {
            case nil: "no job has this id"
            case .running: "it is running: on a broker, stop it with phototui jobs revoke --terminate \(id)"
            case .some(let state): "it is \(state.rawValue)"
            }
        }
    }
}

/// What a person did to jobs, in the journal.
enum JobJournal {
    static func append(_ action: String, _ subject: String, _ outcome: String, _ library: Library) async throws {
        let clock = SystemClock()
        try await library.catalog.append(
            JournalEntry(
                id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds,
                actor: NSUserName(), action: action, subject: subject, outcome: outcome))
    }
}

/// How a job is written.
enum JobFormat {
    static func json(_ job: Job) -> JSON {
        .object([
            "id": .string(job.id.description),
            "kind": .string(job.kind.rawValue),
            "queue": .string(job.kind.queue.rawValue),
            "state": .string(job.state.rawValue),
            "attempts": .count(job.attempts),
            "photo_id": .text(job.photo?.description),
            "error": .text(job.error),
            "worker_deaths": .count(job.workerDeaths),
            "created_at": .moment(job.createdAt),
            "run_at": .moment(job.runAt),
            "started_at": .moment(job.startedAt),
            "finished_at": .moment(job.finishedAt),
        ])
    }

    /// `process_photo succeeded, 1 attempt, at 2024-07-12T18:03:07.000Z (0190a7c2-…): the last error`.
    static func line(_ job: Job) -> String {
        let attempts = "\(job.attempts) attempt\(job.attempts == 1 ? "" : "s")"
        let moment = rfc3339(microseconds: job.finishedAt ?? job.startedAt ?? job.createdAt)
        return "\(job.kind.rawValue) \(job.state.rawValue), \(attempts), at \(moment) (\(job.id))"
            + (job.error.map { ": \($0)" } ?? "")
    }

    static func text(_ job: Job) -> String {
        var table = TextTable([("", .left), ("", .left)])
        table.add(["id", job.id.description])
        table.add(["kind", "\(job.kind.rawValue) in queue \(job.kind.queue.rawValue)"])
        table.add(["state", job.state.rawValue])
        table.add(["attempts", "\(job.attempts), of which \(job.workerDeaths) ended with the worker gone"])
        if let photo = job.photo { table.add(["photo", photo.description]) }
        if let error = job.error { table.add(["error", displayEscaped(error)]) }
        table.add(["created", rfc3339(microseconds: job.createdAt)])
        if !job.state.isFinished { table.add(["runs at", rfc3339(microseconds: job.runAt)]) }
        if let at = job.startedAt { table.add(["started", rfc3339(microseconds: at)]) }
        if let at = job.finishedAt { table.add(["finished", rfc3339(microseconds: at)]) }
        return table.text(showsTitles: false)
    }
}
