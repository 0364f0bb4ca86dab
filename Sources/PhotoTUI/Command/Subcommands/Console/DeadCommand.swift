import App
import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui dead …`.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "See and retry what will not be tried again by itself, in groups of what has failed alike.",
        discussion: """
            Messages that no phototui worker could run, and tasks that failed for good in one, are kept on the broker byte for \
            byte (letter). Dead jobs of a library are in its catalogue (job). What failed in Celery's own workers leaves no message: \
            it is known from what they told while somebody watched (task), and is sent again as a new task.

            Examples:
              phototui dead                        the latest
              phototui dead list --group           one line for each kind of failure
              phototui dead retry --group 3f2a     all of one kind
            """,
        subcommands: [List.self, Show.self, Retry.self, Delete.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List dead letters, jobs and tasks, the latest first, or their groups.",
            discussion: """
                Examples:
                  phototui dead list --queue high --limit 20
                  phototui dead list --group --json | jq '.groups[] | {group, count, error, owners}'
                  phototui dead list --group --of job --profile prod
                """)

        @OptionGroup var options: DeadOptions
        @OptionGroup var list: ListOptions
        @OptionGroup var filter: DeadFilter
        @Flag(help: "One line for each group of errors that differ only in their particulars.") var group = false
        @Option(help: ArgumentHelp("At most so many.", valueName: "n")) var limit = 100
        @Option(help: ArgumentHelp("Only what follows this `next` of a list before.", valueName: "place"))
        var after: String?

        func validate() throws {
            if !(1...1_000_000).contains(limit) { throw ValidationError("--limit takes 1 to 1000000") }
            if !group, let after, DeadListPlace(after) == nil {
                throw ValidationError("--after takes the `next` of a list before")
            }
        }

        func run() async throws {
            try await options.withPlace { place in
                try await list.list { group ? try await groups(in: place) : try await rows(in: place) }
            }
        }

        private func rows(in place: DeadPlace) async throws -> Listing {
            let after = after.flatMap { DeadListPlace($0) }
            let found = try await place.rows(after: after, limit: limit + 1, where: filter.condition())
            let rows = found.prefix(limit)
            let next = found.count > limit ? rows.last.map { DeadListPlace($0).description } : nil
            let groups = try await filter.groups(in: place)
            var table = TextTable(DeadFormat.columns)
            for row in rows { table.add(DeadFormat.cells(row)) }
            let total = groups.reduce(0) { $0 + $1.count }
            return Listing(
                "dead", rows.map { DeadFormat.json($0) }, more: [("total", .count(total)), ("next", .text(next))],
                text: table.text(),
                note: "\(rows.count) of \(Self.sum(groups))\n"
                    + (next.map { "More follow: --after \(OwnCommand.quoted($0))\n" } ?? "")
                    + (await noteOfUnwatched(place)))
        }

        private func groups(in place: DeadPlace) async throws -> Listing {
            let groups = try await filter.groups(in: place)
            var start = 0
            if let after {
                guard let index = groups.firstIndex(where: { $0.id == after }) else {
                    throw EngineError(
                        .notFound, "there is no group \(after) any more", whatToDo: "begin anew, without --after")
                }
                start = index + 1
            }
            let shown = groups[min(start, groups.count)...].prefix(limit)
            let next = start + shown.count < groups.count ? shown.last?.id : nil
            var table = TextTable(DeadFormat.groupColumns)
            for group in shown { table.add(DeadFormat.cells(group)) }
            return Listing(
                "groups", shown.map { DeadFormat.json($0) }, more: [("next", .text(next))], text: table.text(),
                note: "\(counted(groups.count, "group")) of \(Self.sum(groups))\n"
                    + (next.map { "More follow: --after \($0)\n" } ?? "") + (await noteOfUnwatched(place)))
        }

        /// `3 dead letters, 88 dead jobs and 190 failed tasks`, without what there is none of.
        private static func sum(_ groups: [DeadGroup]) -> String {
            let words: [String] = DeadSource.allCases.compactMap { source in
                let count = groups.lazy.filter { $0.source == source }.reduce(0) { $0 + $1.count }
                return count > 0 ? counted(count, source.noun) : nil
            }
            if words.isEmpty { return "0 dead letters" }
            return words.dropLast().joined(separator: ", ") + (words.count > 1 ? " and " : "") + (words.last ?? "")
        }

        /// What fails in Celery's own workers is known only while somebody watches.
        private func noteOfUnwatched(_ place: DeadPlace) async -> String {
            guard place.opened != nil else { return "" }
            let until = try? await place.history?.watches(limit: 1).first?.until
            let age = until.map { Date().timeIntervalSince1970 - $0 }
            if let age, age < 15 { return "" }
            let line = (["phototui", "jobs", "watch"] + options.words).map(OwnCommand.quoted).joined(separator: " ")
            let past = age.map { " (the last time \(ProgressLine.duration($0)) ago)" } ?? ""
            return "What fails in Celery's own workers is known only while somebody watches\(past): \(line)\n"
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one dead letter with its message, or one dead job or failed task.",
            discussion: """
                Examples:
                  phototui dead show 1f0c7a2e
                  phototui dead show 1f0c7a2e --json | jq -r .message_base64 | base64 -d
                """)

        @OptionGroup var options: DeadOptions
        @OptionGroup var output: JSONOption
        @Argument(help: "The id, or the beginning of one; of a job, all of it.") var id: String

        func run() async throws {
            try await options.withPlace { place in
                let chosen = try await DeadSelection.named([id], in: place)
                if let letter = chosen.letters.first {
                    if output.json { return try Console.line(DeadFormat.detailedJSON(letter).encoded()) }
                    return try Console.write(DeadFormat.text(letter))
                }
                if let id = chosen.jobs.first, let catalog = place.library?.catalog, let job = try await catalog.job(id)
                {
                    let attempts = try await catalog.attempts(of: id)
                    if output.json { return try Console.line(JobFormat.json(job, attempts).encoded()) }
                    return try Console.write(JobFormat.text(job, attempts))
                }
                let id = chosen.tasks.calls.first?.task ?? chosen.tasks.obstacles.first?.task ?? id
                guard let history = place.history, let task = try await history.task(id) else { return }
                let attempts = try await history.attempts(of: id)
                if output.json { return try Console.line(TaskFormat.json(task, attempts).encoded()) }
                try Console.write(TaskFormat.text(task, attempts))
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drop dead letters, for good.",
            discussion: """
                Dead jobs stay in the catalogue, and failed tasks in the history for as long as that keeps them: only messages are \
                dropped.

                Examples:
                  phototui dead delete 1f0c7a2e --yes
                  phototui dead delete --all --kind poison --yes

                Exit codes: 0 all that were asked for, 1 none, 2 some were gone.
                """)

        @OptionGroup var options: DeadOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @OptionGroup var selection: DeadSelection

        func run() async throws {
            try await options.withPlace { place in
                guard let opened = place.opened else { throw Self.noMessages }
                let chosen = try await opened.preparing(
                    "delete dead", on: "dead letters", reason: consent.reason
                ) { try await selection.chosen(in: place) }
                if chosen.letters.isEmpty, chosen.count > 0 { throw Self.noMessages }
                let ids = chosen.letters.reversed().map(\.id)
                // Also of one: nothing else has it.
                if !ids.isEmpty {
                    let letters = counted(ids.count, "dead letter")
                    try await opened.ask(
                        consent, "\(letters) of \(opened.address): will be lost", type: "delete", for: "delete dead",
                        on: letters)
                }
                let done = try await selection.act(
                    on: ids, "delete dead", reason: consent.reason, opened
                ) { try await opened.console.forget($0) }
                if output.json {
                    let document: JSON = .object([
                        "deleted": .count(done), "gone": .count(ids.count - done), "skipped": .count(0),
                    ])
                    try Console.line(document.encoded())
                } else {
                    try Console.line("\(counted(done, "dead letter")) deleted")
                    if done < ids.count { Console.complain("\(ids.count - done) were gone: somebody else was faster") }
                }
                if done < ids.count { throw done == 0 ? ExitCode.failure : ExitCode.inPart }
            }
        }

        private static var noMessages: EngineError {
            EngineError(
                .unsupported, "dead jobs and failed tasks are no messages that could be dropped",
                whatToDo: "jobs stay in the catalogue, tasks in the history for as long as it keeps them")
        }
    }
}
