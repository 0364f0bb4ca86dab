import ArgumentParser
import Core
import Foundation
import PhotoEngine

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
