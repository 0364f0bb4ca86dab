import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension JobsCommand {
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel jobs that wait.",
            discussion: """
                The catalogue decides: a worker that takes a cancelled job's message drops it. With a broker its workers are told to \
                end it, too, as by jobs revoke. jobs retry queues it again.

                Examples:
                  phototui jobs cancel 0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d
                  phototui jobs cancel --all --state retrying --match "no space" --yes

                Exit codes: 0 all cancelled, 2 some not: unknown, running, or finished.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var selection: JobSelection
        @OptionGroup var consent: ConsentOptions

        @Argument(help: "Jobs' ids.")
        var ids: [JobID] = []

        func validate() throws {
            if selection.all != ids.isEmpty { throw ValidationError("name the jobs to cancel, or --all: one of these") }
        }

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let ids = selection.all ? try await selection.ids([.queued, .retrying], in: library) : ids
                if selection.all, !ids.isEmpty {
                    try consent.ask("\(counted(ids.count, "job")) will be cancelled", type: "cancel")
                }
                let result = try await LibraryJobs(library).cancel(ids)
                let done = Set(result.ids)
                if selection.all, !done.isEmpty {
                    try await JobJournal.append(
                        "cancel jobs", "\(done.count) jobs", "\(done.count) cancelled", reason: consent.reason, library)
                }
                // Of those that were named each has an entry, by which its story is found.
                for id in result.ids where !selection.all {
                    try await JobJournal.append(
                        "cancel job", id.description, "cancelled", reason: consent.reason, library)
                }
                var failed: [(id: JobID, reason: String)] = []
                for id in ids where !done.contains(id) {
                    failed.append((id, Self.reason(try await library.catalog.job(id), id)))
                }
                if output.json {
                    let faults = failed.map {
                        JSON.object(["id": .string($0.id.description), "reason": .string($0.reason)])
                    }
                    try Console.line(
                        JSON.object([
                            "cancelled": .count(done.count), "failed": .array(faults),
                            "workers": .array((result.control?.workers ?? []).map(JSON.string)),
                        ]).encoded())
                } else {
                    try Console.line("\(done.count) cancelled")
                    for worker in result.control?.workers ?? [] {
                        Console.note("  \(displayEscaped(worker)) was told\n")
                    }
                    for item in failed { Console.complain("\(item.id): \(item.reason)") }
                }
                // What the catalogue has cancelled stays so: phototui's workers drop its messages.
                if let problem = result.problem {
                    Console.complain("workers could not be told: \(problem.description)")
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
    static func append(
        _ action: String, _ subject: String, _ outcome: String, reason: String = "", _ library: Library
    ) async throws {
        let clock = SystemClock()
        let outcome = reason.isEmpty ? outcome : "\(outcome) (\(reason))"
        try await library.catalog.append(
            JournalEntry(
                id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds,
                actor: NSUserName(), action: action, subject: subject, outcome: outcome))
    }
}
