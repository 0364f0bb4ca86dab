public import Core
import Grid
import Widgets

/// What the storage costs, as it was told last.
public struct CostsState: Sendable {
    public private(set) var report: CostReport?
    public private(set) var answeredAt: Double?
    public var cursor = RowCursor()

    /// Between two looks: nothing of it changes fast.
    static let pause = 10.0

    public init() {}

    mutating func take(_ report: CostReport, at moment: Double) { (self.report, answeredAt) = (report, moment) }
    mutating func arrange(visible: Int) {
        cursor.settle(in: (report?.forecasts ?? []).map(\.provider), visible: visible)
    }
}

extension AppState {
    func costsHeading(_ console: ConsoleState) -> (String, [String]) {
        guard let report = console.costs.report else { return ("Costs", []) }
        var facts = [report.month]
        if report.provider != nil { facts.append("\(Money.text(report.spent)) so far") }
        switch report.budgetState() {
        case .none: if report.provider != nil { facts.append("no budget") }
        case .ok, .warning, .exhausted:
            let share = Int((report.monthTotal() / max(0.01, report.budget ?? 1) * 100).rounded())
            facts.append("\(share) % of the budget")
        }
        return ("Costs", facts)
    }

    func drawCosts(_ console: ConsoleState, into grid: inout Grid, in area: Rect) {
        guard let report = console.costs.report else {
            return drawNoRows([], isLoaded: false, into: &grid, in: area)
        }
        let lines = costLines(report)
        let (facts, rest) = area.splitTop(min(lines.count + 1, max(0, area.rows - 5)))
        for (row, line) in lines.prefix(max(0, facts.rows - 1)).enumerated() {
            grid.write(
                line.label, at: Position(row: facts.row + row, column: facts.column + 1), role: .label, maxWidth: 11)
            grid.write(
                displayEscaped(line.text), at: Position(row: facts.row + row, column: facts.column + 13),
                role: line.role, maxWidth: facts.columns - 14, ascii: look.lines.isASCII)
        }
        guard report.provider != nil else { return }
        let bills = report.forecasts
        let columns: [ConsoleColumn] = [
            .init(title: "A MONTH AT", width: 0, isRight: false), .init(title: "STORAGE", width: 9),
            .init(title: "REQUESTS", width: 9), .init(title: "EGRESS", width: 9), .init(title: "TOTAL", width: 9),
            .init(title: "PRICES OF", width: 10, isRight: false),
        ]
        drawRows(columns, count: bills.count, console.costs.cursor, into: &grid, in: rest) { index in
            let bill = bills[index]
            let isOwn = bill.provider == report.provider
            return [
                ConsoleCell(text: isOwn ? "\(bill.title) (this library's)" : bill.title, role: isOwn ? .text : .dim),
                ConsoleCell(text: Money.text(bill.storage)),
                ConsoleCell(text: Money.text(bill.requests.reduce(0) { $0 + $1.cost })),
                ConsoleCell(text: Money.text(bill.egress)), ConsoleCell(text: Money.text(bill.total), role: .badge),
                ConsoleCell(text: displayEscaped(bill.date), role: .dim),
            ]
        }
    }

    private func costLines(_ report: CostReport) -> [(label: String, text: String, role: StyleRole)] {
        var lines: [(label: String, text: String, role: StyleRole)] = [
            ("storage", report.storage, .value),
            ("originals", "\(report.originals) of \(counted(report.photos, "photo")), all hot", .value),
        ]
        guard report.provider != nil else {
            return lines + [("costs", "nothing but this machine's disk", .dim)]
        }
        if let measure = report.measure {
            lines.append(
                (
                    "renditions",
                    "\(measure.renditions.bytes), as measured on \(ConsoleText.moment(measure.at).prefix(10))",
                    .value
                ))
        } else {
            lines.append(("renditions", "not measured: phototui costs --measure", .warning))
        }
        let month = report.thisMonth
        let kinds = StorageTraffic.Kind.allCases.map {
            "\(grouped(Int(month.requests[$0, default: 0]))) \($0.rawValue)"
        }
        lines.append(("requests", kinds.joined(separator: ", ") + " this month, from here", .value))
        lines.append(("traffic", "\(month.bytesSent) sent, \(month.bytesReceived) received this month", .value))
        let days = Int(report.observedDays.rounded())
        lines.append(
            report.observedDays > 0
                ? ("forecast", "with the traffic of \(counted(days, "day")), as counted on this machine", .dim)
                : ("forecast", "without requests: none was counted on this machine yet", .dim))
        if let budget = report.budget {
            let text = "\(Money.text(report.monthTotal())) of \(Money.text(budget)) this month"
            switch report.budgetState() {
            case .exhausted: lines.append(("budget", text + ": imports and uploads are refused", .error))
            case .warning: lines.append(("budget", text, .warning))
            default: lines.append(("budget", text, .success))
            }
        } else {
            lines.append(("budget", "none: budget in config.toml sets one", .dim))
        }
        return lines
    }

    func costsFacts(_ console: ConsoleState) -> String {
        guard let bills = console.costs.report?.forecasts, console.costs.report?.provider != nil,
            bills.indices.contains(console.costs.cursor.scroll.cursor)
        else { return "" }
        let bill = bills[console.costs.cursor.scroll.cursor]
        let classes = bill.requests.map { "\(grouped(Int($0.requests))) of class \($0.name): \(Money.text($0.cost))" }
        return ([bill.title] + classes).joined(separator: look.lines.separator)
    }
}
