import ArgumentParser
import Core
import Foundation
import PhotoEngine

/// `phototui jobs revoke`.
struct JobsRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Have the workers of a broker end tasks instead of running them.",
        discussion: """
            As `celery control revoke`: each worker that listens remembers the ids, until all workers have ended. A library's jobs \
            are cancelled by it, too; jobs retry queues them again. With --terminate what runs is stopped as well: Celery kills \
            the process that runs it, phototui's workers stop at the task's next step. --all takes all unfinished tasks that the \
            filters let through: a profile's jobs, or what the history of a --broker knows (jobs watch).

            Examples:
              phototui jobs revoke 1f0c7a2e-3f1e-7cc0-9a55-0d5e8f1b2c3d
              phototui jobs revoke --terminate 1f0c7a2e-3f1e-7cc0-9a55-0d5e8f1b2c3d --reason "it hangs"
              phototui jobs revoke --all --task shop.export --yes --broker redis://localhost:6379/0
              phototui jobs revoke --all --state retrying --profile prod

            An id that nobody here has heard of is told, as it may be mistyped; workers are told of it all the same.

            Exit codes: 0 all workers that listen have done it, 1 nobody has, 2 some did not answer, or refused.
            """)

    @OptionGroup var brokerOptions: BrokerOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var consent: ConsentOptions
    @Flag(help: "Stop those that run, too.") var terminate = false
    @Option(help: ArgumentHelp("The signal for --terminate.", valueName: "signal")) var signal = "SIGTERM"
    @Flag(help: "All unfinished tasks that the filters let through.") var all = false
    @Option(help: ArgumentHelp("With --all, only in this unfinished state; several with commas.", valueName: "state"))
    var state: String?
    @Option(help: ArgumentHelp("With --all, another owner's of the profile's database.", valueName: "name"))
    var owner: String?
    @Option(help: ArgumentHelp("With --all, only this photo's. A library's only.", valueName: "id")) var photo: PhotoID?
    @OptionGroup(title: "Filters for --all") var tasks: TaskOptions
    @Argument(help: "Tasks' ids, whole.") var ids: [String] = []

    func validate() throws {
        if all != ids.isEmpty { throw ValidationError("name tasks, or --all, not both") }
        if !all, tasks.isGiven || state != nil || owner != nil || photo != nil {
            throw ValidationError("filters go with --all")
        }
        if tasks.sort != nil { throw ValidationError("--sort is for jobs list") }
        if !["SIGTERM", "SIGKILL", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGHUP"].contains(signal) {
            throw ValidationError("--signal takes SIGTERM, SIGKILL, SIGINT, SIGQUIT, SIGHUP, SIGUSR1 or SIGUSR2")
        }
    }

    func run() async throws {
        try await brokerOptions.withConsole { opened in
            let ids = all ? try await unfinished(opened) : ids
            if ids.isEmpty {
                if output.json { return try Console.line(JSON.object(["revoked": .count(0)]).encoded()) }
                return try Console.line("no tasks to revoke")
            }
            if all || terminate {
                let stops = terminate ? ", also where they run" : ""
                try await opened.ask(
                    consent, "\(counted(ids.count, "task")) of \(opened.address) will be revoked\(stops)",
                    type: "revoke", for: terminate ? "terminate task" : "revoke task",
                    on: ids.count == 1 ? "task \(ids[0])" : counted(ids.count, "task"))
            }
            let subject = ids.count == 1 ? "task \(ids[0])" : counted(ids.count, "task")
            let outcome = try await opened.act(
                terminate ? "terminate task" : "revoke task", on: subject, reason: consent.reason,
                outcome: ControlFormat.outcome
            ) { try await opened.control.revoke(ids, signal: terminate ? signal : nil) }
            let unknown = all ? [] : try await strangers(among: ids, opened)
            let done =
                unknown.isEmpty
                ? "\(counted(ids.count, "task")) revoked" : "workers were told not to run \(counted(ids.count, "task"))"
            for id in unknown {
                Console.complain(
                    "\(displayEscaped(id)): nobody here has heard of such a task, so that it may be mistyped")
            }
            try ControlFormat.show(
                outcome, done: done, count: ("revoked", ids.count), unknown: unknown, asJSON: output.json)
        }
    }

    /// Those that neither the history, where there is one, nor the catalogue of a profile knows.
    private func strangers(among ids: [String], _ opened: OpenConsole) async throws -> [String] {
        let configuration = LibraryOptions.configuration(warns: false)
        let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
        let profile = try brokerOptions.chosenProfile(configuration)
        guard file.exists || profile != nil else { return [] }
        var rest = ids
        if file.exists {
            let history = try await file.open()
            var unheard: [String] = []
            for id in rest where (try? await history.task(id)) == nil { unheard.append(id) }
            await history.close()
            rest = unheard
        }
        guard let profile, !rest.isEmpty else { return rest }
        let library = try await Library.open(
            profile, configuration: configuration, environment: ProcessInfo.processInfo.environment,
            unknownOwner: .refused)
        var unknown: [String] = []
        for id in rest {
            if let job = JobID(id), (try? await library.catalog.job(job)) != nil { continue }
            unknown.append(id)
        }
        await library.close()
        return unknown
    }

    private func unfinished(_ opened: OpenConsole) async throws -> [String] {
        let configuration = LibraryOptions.configuration(warns: false)
        if let profile = try brokerOptions.chosenProfile(configuration) {
            return try await unfinishedJobs(of: owner.map(profile.belonging) ?? profile, configuration)
        }
        if owner != nil || photo != nil { throw ValidationError("--owner and --photo are for a profile's jobs") }
        let file = TaskHistoryFile(opened.redis, environment: ProcessInfo.processInfo.environment)
        let unfinished = Set(BrokerTask.State.allCases.filter { !$0.isFinished })
        let asked = try StateWords.parse(state, as: BrokerTask.State.self)
        let states = asked.isEmpty ? unfinished : asked.intersection(unfinished)
        if states.isEmpty { throw ValidationError("what has ended can't be revoked: --state takes unfinished states") }
        let filter = tasks.filter(states: states)
        let history = try await file.open()
        do {
            let found = try await history.tasks(filter, limit: 1_000_000).tasks.map(\.id)
            await history.close()
            return found
        } catch {
            await history.close()
            throw error
        }
    }
}

extension JobsRevoke {
    /// Of the catalogue, which knows its jobs whether or not anybody watched.
    private func unfinishedJobs(of profile: Profile, _ configuration: Configuration) async throws -> [String] {
        let asked = try StateWords.parse(state, as: JobState.self)
        let states = asked.isEmpty ? JobState.unfinished : asked.intersection(JobState.unfinished)
        if states.isEmpty { throw ValidationError("what has ended can't be revoked: --state takes unfinished states") }
        let filter = try tasks.jobFilter(states: states, photo: photo)
        let library = try await Library.open(
            profile, configuration: configuration, environment: ProcessInfo.processInfo.environment,
            unknownOwner: .refused)
        do {
            let found = try await LibraryJobs(library).ids(filter).map(\.description)
            await library.close()
            return found
        } catch {
            await library.close()
            throw error
        }
    }
}

extension JobState {
    static let unfinished = Set(allCases.filter { !$0.isFinished })
}

/// How it is written what workers did.
enum ControlFormat {
    static func outcome(_ outcome: ControlOutcome) -> String {
        var words = outcome.workers.isEmpty ? "nobody did it" : "done by \(outcome.workers.joined(separator: " "))"
        for refusal in outcome.refusals { words += ", refused by \(refusal.worker): \(refusal.reason)" }
        if outcome.silent > 0 { words += ", \(outcome.silent) silent" }
        return words
    }

    static func show(
        _ outcome: ControlOutcome, done: String, count: (name: String, value: Int)?, unknown: [String]? = nil,
        asJSON: Bool
    ) throws {
        if asJSON {
            let fields: [(name: String, value: JSON)] = count.map { [($0.name, .count($0.value))] } ?? []
            try Console.line(
                JSON.object(
                    fields + [
                        ("workers", .array(outcome.workers.map(JSON.string))),
                        (
                            "refused",
                            .array(
                                outcome.refusals.map {
                                    .object(["worker": .string($0.worker), "reason": .string($0.reason)])
                                })
                        ), ("silent", .count(outcome.silent)),
                    ] + (unknown.map { [("unknown", .array($0.map { .rawText($0) }))] } ?? [])
                ).encoded())
        } else if !outcome.workers.isEmpty {
            try Console.line(done)
            for worker in outcome.workers { Console.note("  \(displayEscaped(worker)) was told\n") }
        }
        for refusal in outcome.refusals {
            Console.complain("\(refusal.worker) refused: \(displayEscaped(refusal.reason))")
        }
        if outcome.silent > 0 { Console.complain("\(counted(outcome.silent, "listener")) did not answer") }
        if outcome.workers.isEmpty {
            if outcome.refusals.isEmpty { Console.complain("no worker answers: nothing was done") }
            throw ExitCode.failure
        }
        if !outcome.refusals.isEmpty || outcome.silent > 0 { throw ExitCode.inPart }
    }
}
