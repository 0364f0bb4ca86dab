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
                    try await JobJournal.ask(
                        consent, "\(counted(ids.count, "job")) will be cancelled", type: "cancel", for: "cancel jobs",
                        on: counted(ids.count, "job"), library)
                }
                // Those that were named are, by which the story of each is found.
                let subject =
                    selection.all
                    ? counted(ids.count, "job") : ids.map(\.description).joined(separator: " ")
                let (result, failed) = try await JobJournal.act(
                    "cancel jobs", on: subject, reason: consent.reason, library,
                    outcome: { (result: LibraryJobs.Cancelled, failed: [(id: JobID, reason: String)]) in
                        (["\(result.ids.count) cancelled"] + failed.map { "\($0.id) refused: \($0.reason)" })
                            .joined(separator: ", ")
                    }
                ) {
                    let result = try await LibraryJobs(library).cancel(ids)
                    let done = Set(result.ids)
                    var failed: [(id: JobID, reason: String)] = []
                    for id in ids where !done.contains(id) {
                        failed.append((id, Self.reason(try await library.catalog.job(id), id)))
                    }
                    return (result, failed)
                }
                let done = Set(result.ids)
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
