import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List jobs, newest first unless --sort says otherwise.",
            discussion: """
                With --broker, or PHOTOTUI_BROKER where there is no library, the tasks of that broker as far as `jobs watch` has seen \
                them: their states are queued, received, running, retrying, succeeded, failed, revoked and rejected. --follow \
                watches, too, if nobody does.

                Examples:
                  phototui jobs list --state dead --limit 20
                  phototui jobs list --state dead,retrying --match "no space" --since 2h
                  phototui jobs list --follow --state dead,retrying
                  phototui jobs list --worker 'photos1/*' --sort runtime
                  phototui jobs list --photo 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d
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

        @Option(help: ArgumentHelp("Only this photo's jobs. A library's only.", valueName: "id")) var photo: PhotoID?

        @OptionGroup(title: "Filters") var tasks: TaskOptions

        @Flag(help: "Print CSV.")
        var csv = false

        @Flag(
            name: [.long, .customLong("watch")],
            help: "Go on with what changes, until Ctrl-C; with --json a document a line.")
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
                if photo != nil { throw ValidationError("--photo is for a library's jobs") }
                return try await TaskListing(
                    broker: broker, filter: tasks.filter(states: StateWords.parse(state, as: BrokerTask.State.self)),
                    limit: limit, after: after, asJSON: output.json, asCSV: csv, follows: follow
                ).run()
            }
            let filter = try tasks.jobFilter(states: StateWords.parse(state, as: JobState.self), photo: photo)
            let after = try after.map { text in
                guard let id = JobID(text) else { throw ValidationError("--after takes a job's id") }
                return id
            }
            if after != nil, filter.order != .newest, filter.order != .oldest {
                throw ValidationError("--after goes with --sort newest and oldest")
            }
            try await libraryOptions.withLibrary { library in
                if follow {
                    return try await JobsFollow(library: library, filter: filter, limit: limit) {
                        [asJSON = output.json, csv] job in
                        if asJSON { return try Console.line(JobFormat.json(job).encoded(isIndented: false)) }
                        if csv { return try Console.write(JobFormat.csv(job)) }
                        try Console.line(displayEscaped(JobFormat.line(job)))
                    }.run(heading: csv ? JobFormat.csvHeader : "")
                }
                let progress = ProgressLine()
                let found = try await library.catalog.jobs(filter, after: after, limit: limit + 1) {
                    progress.show($0, "errors looked at")
                }
                progress.clear()
                let jobs = Array(found.prefix(limit))
                let isPaged = filter.order == .newest || filter.order == .oldest
                let next = found.count > limit && isPaged ? jobs.last?.id : nil
                if output.json {
                    let document: JSON = .object([
                        "jobs": .array(jobs.map { JobFormat.json($0) }), "next": .text(next?.description),
                    ])
                    try Console.line(document.encoded())
                    return
                }
                if csv { return try Console.write(JobFormat.csvHeader + jobs.map(JobFormat.csv).joined()) }
                var table = TextTable([
                    ("ID", .left), ("KIND", .left), ("STATE", .left), ("ATTEMPTS", .right), ("CREATED", .left),
                    ("WORKER", .left), ("ERROR", .left),
                ])
                for job in jobs {
                    table.add([
                        job.id.description, job.kind.rawValue, job.state.rawValue, "\(job.attempts)",
                        rfc3339(microseconds: job.createdAt),
                        job.worker.map { displayEscaped(WorkerWords.short($0)) } ?? "-",
                        displayEscaped(job.error ?? ""),
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
}
