import App
import ArgumentParser
import Core
import Foundation
import PhotoEngine

extension DeadCommand {
    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put dead letters back, queue dead jobs again, send failed tasks once more.",
            discussion: """
                Letters go back to the end of their queues; poison is left where it is without --poison: a Celery worker that takes \
                it may end. A failed task is sent as a new one with the arguments that it had, once, whoever asks. Each moves as a \
                whole; after Ctrl-C or a crash the rest is still there.

                Examples:
                  phototui dead retry 1f0c7a2e
                  phototui dead retry --group 3f2a91bc --yes --reason "fixed in 1.4.2"
                  phototui dead retry --all --queue high --dry-run

                Exit codes: 0 all that were asked for, 1 none, 2 some were gone, or can't be sent again.
                """)

        @OptionGroup var options: DeadOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @OptionGroup var selection: DeadSelection
        @OptionGroup var retry: RetryOptions
        @OptionGroup var budget: BudgetOptions
        @Flag(help: "Poison, too.") var poison = false

        func run() async throws {
            try await options.withPlace { place in
                var chosen = try await prepare(place)
                let asked = chosen.letters.count
                if !poison { chosen.letters.removeAll { $0.kind == .poison } }
                let left = asked - chosen.letters.count
                if chosen.count == 0, left > 0 {
                    throw EngineError(
                        .conflict, "\(counted(left, "dead letter")) would harm a Celery worker",
                        whatToDo: "add --poison to put it back all the same, or: phototui dead delete")
                }
                if retry.dryRun { return try showDryRun(chosen) }
                let sendable = chosen.letters.count + chosen.jobs.count + chosen.tasks.calls.count
                let price = try await allowedPrice(chosen, place)
                if sendable > 1 || (sendable == 1 && selection.ids.isEmpty) {
                    try await ask(chosen, price, place)
                }
                let done = try await perform(chosen, place)
                try tell(done, of: chosen, skipped: left)
            }
        }

        private func prepare(_ place: DeadPlace) async throws -> DeadSelection.Chosen {
            guard let opened = place.opened else {
                return try await selection.chosen(in: place, to: retry.to, again: retry.again)
            }
            return try await opened.preparing("retry dead", on: "dead letters", reason: consent.reason) {
                if let queue = retry.to { try await opened.requireQueue(queue) }
                return try await selection.chosen(in: place, to: retry.to, again: retry.again)
            }
        }

        /// What the jobs among them will cost. A budget that they would use up forbids it.
        private func allowedPrice(_ chosen: DeadSelection.Chosen, _ place: DeadPlace) async throws -> Double? {
            guard let library = place.library, !chosen.jobs.isEmpty else { return nil }
            let price = try await RetryQuote.price(of: chosen.jobs.count, library)
            try await JobJournal.allowed("retry dead jobs", on: jobs(chosen), reason: consent.reason, library) {
                try await budget.check(library, adding: price ?? 0)
            }
            return price
        }

        /// As the journal has them.
        private func jobs(_ chosen: DeadSelection.Chosen) -> String {
            chosen.jobs.count == 1
                ? "job \(chosen.jobs[0])" : "\(chosen.jobs.count) dead jobs (\(selection.described))"
        }

        private func ask(_ chosen: DeadSelection.Chosen, _ price: Double?, _ place: DeadPlace) async throws {
            let sentence = Self.sentence(chosen, price, place)
            if consent.yes, price != nil { Console.note(displayEscaped(sentence) + "\n") }
            let subject = "\(chosen.count) dead (\(selection.described))"
            if let opened = place.opened {
                try await opened.ask(consent, sentence, type: "retry", for: "retry dead", on: subject)
            } else if let library = place.library {
                try await JobJournal.ask(
                    consent, sentence, type: "retry", for: "retry dead jobs", on: subject, library)
            }
        }

        /// What will be done, of each source.
        private static func sentence(
            _ chosen: DeadSelection.Chosen, _ price: Double?, _ place: DeadPlace
        ) -> String {
            var parts: [String] = []
            if !chosen.letters.isEmpty {
                parts.append("\(counted(chosen.letters.count, "dead letter")) go back to their queues")
            }
            if !chosen.jobs.isEmpty {
                parts.append(
                    "\(counted(chosen.jobs.count, "dead job")) will be queued again" + RetryQuote.words(price))
            }
            if chosen.tasks != RetryPlan() { parts.append(TaskRetry.summary(chosen.tasks)) }
            return parts.joined(separator: "; ") + (place.opened.map { ", of \($0.address)" } ?? "")
        }

        private struct Done {
            var letters = 0
            var jobs = 0
            var sent: [RetryOutcome] = []
            var tasks: Int { sent.count(where: \.isSent) }
        }

        private func perform(_ chosen: DeadSelection.Chosen, _ place: DeadPlace) async throws -> Done {
            var done = Done()
            if let opened = place.opened, !chosen.letters.isEmpty {
                done.letters = try await selection.act(
                    on: chosen.letters.reversed().map(\.id), "retry dead", reason: consent.reason, opened
                ) { try await opened.console.revive($0) }
            }
            if let library = place.library, !chosen.jobs.isEmpty {
                done.jobs = try await JobJournal.act(
                    "retry dead jobs", on: jobs(chosen), reason: consent.reason, library, outcome: { "\($0) queued" }
                ) { try await LibraryJobs(library).retry(chosen.jobs) }
            }
            if let opened = place.opened, let history = place.history {
                done.sent = try await TaskRetry.sendHere(
                    chosen.tasks, history: history, on: selection.described, reason: consent.reason, opened)
            }
            return done
        }

        private func showDryRun(_ chosen: DeadSelection.Chosen) throws {
            if !output.json {
                Console.note(
                    "\(counted(chosen.letters.count, "dead letter")) would go back, \(counted(chosen.jobs.count, "dead job")) "
                        + "would be queued again\n")
            }
            if output.json || chosen.tasks != RetryPlan() {
                try TaskRetry.showDryRun(chosen.tasks, asJSON: output.json)
            }
        }

        private func tell(_ done: Done, of chosen: DeadSelection.Chosen, skipped: Int) throws {
            let gone =
                chosen.letters.count + chosen.jobs.count + chosen.tasks.calls.count
                - (done.letters + done.jobs + done.tasks)
            let count = done.letters + done.jobs + done.tasks
            if output.json {
                let fields: [(name: String, value: JSON)] = [
                    ("retried", .count(count)), ("letters", .count(done.letters)), ("jobs", .count(done.jobs)),
                    ("gone", .count(gone)), ("skipped", .count(skipped)),
                ]
                try Console.line(JSON.object(fields + TaskRetry.fields(chosen.tasks, done.sent)).encoded())
            } else {
                if !chosen.letters.isEmpty || chosen.count == 0 {
                    try Console.line("\(counted(done.letters, "dead letter")) retried")
                }
                if !chosen.jobs.isEmpty { try Console.line("\(counted(done.jobs, "dead job")) queued again") }
                if chosen.tasks != RetryPlan() { try Console.line("\(counted(done.tasks, "task")) sent again") }
                TaskRetry.tellObstacles(chosen.tasks)
                if skipped > 0 { Console.note("\(skipped) left: poison, which --poison includes\n") }
                if gone > 0 { Console.complain("\(gone) were gone: somebody else was faster") }
            }
            if gone > 0 || !chosen.tasks.obstacles.isEmpty { throw count == 0 ? ExitCode.failure : ExitCode.inPart }
        }
    }
}

extension DeadSelection {
    /// Does `body` to letters of the broker a thousand at a time, between two entries in the journal; returns to how many.
    func act(
        on ids: [String], _ action: String, reason: String, _ opened: OpenConsole,
        _ body: @escaping @Sendable ([String]) async throws -> Int
    ) async throws -> Int {
        guard !ids.isEmpty else { return 0 }
        let subject = ids.count == 1 ? "dead letter \(ids[0])" : "\(ids.count) dead letters (\(described))"
        let progress = ProgressLine()
        let tally = Tally()
        return try await Interrupt.cancelling {
            progress.clear()
        } work: {
            try await opened.act(
                action, on: subject, reason: reason, outcome: { "\($0) done" }, soFar: { "\(tally.value) done" }
            ) {
                var done = 0
                for start in stride(from: 0, to: ids.count, by: 1000) {
                    try Task.checkCancellation()
                    done += try await body(Array(ids[start..<min(start + 1000, ids.count)]))
                    tally.value = done
                    progress.show(done, of: ids.count, "dead letters")
                }
                return done
            }
        }
    }
}
