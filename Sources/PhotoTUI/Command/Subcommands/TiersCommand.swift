import ArgumentParser
import Core
import PhotoEngine
import Synchronization
import Workflows

/// `phototui tiers …`.
struct TiersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiers",
        abstract: "Say in which tier of the storage originals are, and move older ones to cheaper ones.",
        discussion: """
            What has been in the library for 30 days is to be warm, for a year cold (tier_warm_days, tier_cold_days). Amazon S3 has \
            classes for both, R2 one; B2 and disks have none. docs/costs.md has what each costs.
            """,
        subcommands: [List.self, Move.self], defaultSubcommand: List.self)

    /// `phototui tiers list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the tiers: what is there, what is to be, the price of moving it.",
            discussion: """
                Examples:
                  phototui tiers --profile prod
                  phototui tiers list --profile prod --json | jq .price
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var list: ListOptions

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                try await list.list {
                    let report = try await library.tierReport()
                    return Listing(
                        "tiers", TierFormat.tiers(report), more: TierFormat.fields(report),
                        text: TierFormat.text(report))
                }
            }
        }
    }

    /// `phototui tiers move`.
    struct Move: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "move", abstract: "Move originals to the tier that their age asks for.",
            discussion: """
                Says what it costs and saves, and asks; where nobody can be asked it takes --yes. The provider copies each original onto \
                itself in the other class, which is verified, and remembered at once: stopped, the same command goes on with the rest. \
                Nothing goes back to a warmer tier. Refused while the month's budget is used up, or would be by it.

                Examples:
                  phototui tiers move --dry-run --profile prod
                  phototui tiers move --profile prod --reason "ticket 812"
                  0 4 * * 0 phototui tiers move --yes --profile prod        # from cron

                Exit codes: 0 all moved, 2 some could not be, 130 stopped by Ctrl-C.
                """)

        @OptionGroup var libraryOptions: LibraryOptions
        @OptionGroup var output: JSONOption
        @OptionGroup var consent: ConsentOptions
        @OptionGroup var budget: BudgetOptions

        @Flag(help: "Tell what would be moved and what that costs, and change nothing.")
        var dryRun = false

        func run() async throws {
            try await libraryOptions.withLibrary { library in
                let report = try await library.tierReport()
                if let obstacle = report.obstacle { throw obstacle }
                if dryRun || report.moves.isEmpty {
                    if output.json {
                        return try Console.line(TierFormat.json(report, TierMoving.Report(), isDry: dryRun).encoded())
                    }
                    return try Console.write(
                        TierFormat.question(report) + ".\n" + (dryRun ? "Nothing was changed.\n" : ""))
                }
                try await budget.check(library, adding: report.price?.once ?? 0)
                try consent.ask(TierFormat.question(report), type: "yes")
                let (moving, limits) = (
                    try await library.tierMoving(), report.rules.limits(at: SystemClock().microseconds)
                )
                let line = ProgressLine()
                let all = report.moves.reduce(0) { $0 + $1.photos }
                let moved = Mutex(0)
                let done = try await Interrupt.cancelling {
                    line.clear()
                } work: { [reason = consent.reason] in
                    try await moving.run(limits, actor: DuplicatesCommand.actor, reason: reason) { _ in
                        let count = moved.withLock { count in
                            count += 1
                            return count
                        }
                        line.show(count, of: all, "moved")
                    }
                }
                line.clear()
                if output.json {
                    try Console.line(TierFormat.json(report, done, isDry: false).encoded())
                } else {
                    try Console.line("\(counted(done.moved, "original")) moved, \(done.bytes)")
                    for failure in done.failed {
                        Console.complain("\(failure.photo): \(displayEscaped(failure.reason))")
                    }
                    if done.isInterrupted {
                        try Console.line("Stopped before the end. The same command goes on from here.")
                    }
                }
                if done.isInterrupted { throw ExitCode.interrupted }
                if !done.failed.isEmpty { throw ExitCode.inPart }
            }
        }
    }
}
