import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui costs`.
struct CostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs",
        abstract: "What a library's storage costs, here and elsewhere, and how much of the budget that is.",
        discussion: """
            Bytes are the catalogue's; requests are those that this machine has sent, as they are counted since; prices are built \
            in with their date, and changed in config.toml (docs/costs.md). --measure goes through every object, 1000 with each \
            request, for what the catalogue doesn't know: the renditions.

            Examples:
              phototui costs --profile prod
              phototui costs --profile prod --measure
              phototui costs --profile prod --json | jq .forecast
              0 8 * * * phototui costs --profile prod --check || mail -s costs admin

            Exit codes: 0 told, 1 it can't be told. With --check, for Nagios and its kin: 0 ok, 1 from 80 % of the budget, \
            2 from all of it, 3 it can't be told.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var list: ListOptions
    @Flag(help: "Print one line, and exit as a monitoring plugin does.") var check = false
    @Flag(help: "Go through every object first.") var measure = false

    func validate() throws {
        if check, list.json || list.csv || list.watch {
            throw ValidationError("--check prints one line: without --json, --csv and --watch")
        }
    }

    func run() async throws {
        do {
            try await libraryOptions.withLibrary { library in
                if measure {
                    let found = try await library.measureStorage()
                    Console.note("\(found.bytes) measured\n")
                }
                guard check else { return try await list.list { Self.listing(try await library.costs()) } }
                try tell(try await library.costs())
            }
        } catch let error as EngineError where check {
            try Console.line("PHOTOTUI COSTS UNKNOWN - \(RawArguments.shown(error.description))")
            throw ExitCode(3)
        }
    }

    /// As CSV, a line for each provider.
    private static func listing(_ report: CostReport) -> Listing {
        Listing(
            CostFormat.json(report),
            csv: CostFormat.csvHeader + report.forecasts.map { CostFormat.csv($0, report) }.joined(),
            text: CostFormat.text(report))
    }

    /// As a monitoring plugin does.
    private func tell(_ report: CostReport) throws {
        let (word, code): (String, Int32) =
            switch report.budgetState() {
            case .none, .ok: ("OK", 0)
            case .warning: ("WARNING", 1)
            case .exhausted: ("CRITICAL", 2)
            }
        func figure(_ sum: Double) -> String { String(format: "%.4f", sum) }
        let limits = report.budget.map { ";\(figure($0 * CostReport.warningShare));\(figure($0))" } ?? ""
        let sum = report.budget.map { " of \(Money.text($0))" } ?? ""
        try Console.line(
            "PHOTOTUI COSTS \(word) - \(report.month) comes to \(Money.text(report.monthTotal()))\(sum) | "
                + "month=\(figure(report.monthTotal()))\(limits)")
        if code != 0 { throw ExitCode(code) }
    }
}

/// `--over-budget`, for work that costs.
struct BudgetOptions: ParsableArguments {
    @Flag(help: "Do it although the month's budget is used up.") var overBudget = false

    /// As `check(_:adding:)`; that it is refused is on record.
    func check(_ library: Library, for name: String, on subject: String) async throws {
        try await JobJournal.allowed(name, on: subject, reason: "", library) { try await check(library) }
    }

    /// Throws where the month's budget is used up, or `cost` more would use it up; says where it nearly is.
    func check(_ library: Library, adding cost: Double = 0) async throws {
        guard library.provider != nil, library.configuration.budget != nil else { return }
        if !overBudget { try await library.checkBudget(adding: cost) }
        let report = try await library.costs()
        guard report.budgetState() != .ok, let budget = report.budget else { return }
        let share = Int((report.monthTotal() / budget * 100).rounded())
        Console.complain("this month comes to \(Money.text(report.monthTotal())), \(share) % of the budget")
    }
}

/// What it costs to run a library's jobs again.
enum RetryQuote {
    /// In US dollars, where that is asked of a budget and told; nil for a library on a disk.
    static func price(of jobs: Int, _ library: Library) async throws -> Double? {
        guard library.provider != nil, jobs > 0 else { return nil }
        return try await library.costs().quote(processing: jobs)
    }

    /// `, for about $0.08`; nothing where it costs nothing here.
    static func words(_ price: Double?) -> String { price.map { ", for about \(Money.text($0))" } ?? "" }
}

/// What files that a person named would cost in a library's storage.
enum ImportQuote {
    /// Says it before an import; nothing for a library on a disk.
    static func tell(_ paths: [FilePath], _ library: Library) async throws {
        guard library.provider != nil else { return }
        let (files, bytes) = try await library.importer().estimate(paths)
        guard files > 0, let quote = try await library.costs().quote(photos: files, bytes: bytes) else { return }
        let once = quote.once > 0 ? ", and \(Money.text(quote.once)) once for sending them" : ""
        Console.note(
            "\(counted(files, "photo")) of \(bytes): if all are new, about \(Money.text(quote.monthly)) more a month\(once)\n"
        )
    }
}
