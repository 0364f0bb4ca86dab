import Core
import Foundation
import PhotoEngine

/// How costs are written.
enum CostFormat {
    static func json(_ report: CostReport) -> JSON {
        let measure = report.measure
        return .object([
            "provider": .text(report.provider), "storage": .string(report.storage), "month": .string(report.month),
            "photos": .count(report.photos), "quota": report.usage.map(OwnerFormat.json) ?? .null,
            "tiers": .array([
                .object([
                    "name": .string("hot"), "originals_bytes": .integer(report.originals.bytes),
                    "renditions_bytes": measure.map { .integer($0.renditions.bytes.bytes) } ?? .null,
                    "others_bytes": measure.map { .integer($0.others.bytes.bytes) } ?? .null,
                    "stored_bytes": .integer(report.stored.bytes),
                    "measured_at": .moment(measure.map { Int64($0.at * 1e6) }),
                ])
            ]),
            "classes": .object(
                report.bytesByClass.sorted { $0.key < $1.key }.map { (name: $0.key, value: .integer($0.value.bytes)) }),
            "this_month": json(report.thisMonth), "monthly": json(report.monthly),
            "observed_days": .number(report.observedDays), "spent": .number(report.spent),
            "forecast": .number(report.forecast), "budget": .decimal(report.budget),
            "budget_state": .string(report.budgetState().rawValue),
            "budget_share": .decimal(report.budget.map { report.monthTotal() / $0 }),
            "providers": .array(
                report.forecasts.map { bill in
                    .object([
                        "provider": .string(bill.provider), "title": .string(bill.title),
                        "prices_of": .string(bill.date), "storage": .number(bill.storage),
                        "requests": .array(
                            bill.requests.map {
                                .object([
                                    "class": .string($0.name), "requests": .integer($0.requests),
                                    "cost": .number($0.cost),
                                ])
                            }), "egress": .number(bill.egress), "total": .number(bill.total),
                    ])
                }),
        ])
    }

    private static func json(_ traffic: StorageTraffic) -> JSON {
        .object([
            (
                "requests",
                .object(
                    StorageTraffic.Kind.allCases.map {
                        (name: $0.rawValue, value: .integer(traffic.requests[$0, default: 0]))
                    })
            ), ("bytes_sent", .integer(traffic.bytesSent.bytes)),
            ("bytes_received", .integer(traffic.bytesReceived.bytes)),
        ])
    }

    static func text(_ report: CostReport) -> String {
        var facts = TextTable([("", .left), ("", .left)])
        facts.add(["storage", displayEscaped(report.storage)])
        let classes = report.bytesByClass.filter { $0.key != StorageClasses.standard }.sorted { $0.key < $1.key }
        let places =
            classes.isEmpty
            ? "all hot" : classes.map { "\($0.value) of it in \(displayEscaped($0.key))" }.joined(separator: ", ")
        facts.add(["originals", "\(report.originals) of \(counted(report.photos, "photo")), \(places)"])
        if let usage = report.usage, usage.state != .none { facts.add(["quota", OwnerFormat.words(usage)]) }
        if report.provider == nil {
            return facts.text(showsTitles: false) + "A library on this machine's disk costs nothing but its disk.\n"
        }
        if let measure = report.measure {
            let day = rfc3339(microseconds: Int64(measure.at * 1e6)).prefix(10)
            facts.add(["renditions", "\(measure.renditions.bytes), as measured on \(day)"])
            if measure.others.objects > 0 { facts.add(["others", "\(measure.others.bytes)"]) }
        } else {
            facts.add(["renditions", "not measured: phototui costs --measure"])
        }
        let month = report.thisMonth
        facts.add([
            "this month",
            "\(month.requestCount) requests from here, \(month.bytesSent) sent, \(month.bytesReceived) received",
        ])
        var output = facts.text(showsTitles: false)
        var table = TextTable([
            ("A MONTH AT", .left), ("STORAGE", .right), ("REQUESTS", .right), ("EGRESS", .right), ("TOTAL", .right),
            ("PRICES OF", .left), ("", .left),
        ])
        for bill in report.forecasts {
            table.add([
                bill.title, Money.text(bill.storage), Money.text(bill.requests.reduce(0) { $0 + $1.cost }),
                Money.text(bill.egress), Money.text(bill.total), bill.date,
                bill.provider == report.provider ? "this library's" : "",
            ])
        }
        output += "\n" + table.text()
        let days = Int(report.observedDays.rounded())
        output +=
            report.observedDays > 0
            ? "With the traffic of \(counted(days, "day")), as counted on this machine.\n"
            : "Without requests: none was counted on this machine yet.\n"
        return output + "\n" + budgetLine(report) + "\n"
    }

    static func budgetLine(_ report: CostReport) -> String {
        guard let budget = report.budget else {
            return "\(report.month): \(Money.text(report.monthTotal())), without a budget (budget in config.toml)"
        }
        let share = Int((report.monthTotal() / budget * 100).rounded())
        let text =
            "\(report.month): \(Money.text(report.monthTotal())) of \(Money.text(budget)), \(share) %, "
            + "spent so far \(Money.text(report.spent))"
        switch report.budgetState() {
        case .exhausted: return Ink.bad(text + ": imports and uploads are refused")
        case .warning: return Ink.warning(text)
        default: return text
        }
    }

    static let csvHeader = "provider,title,prices_of,storage,requests,egress,total,own\r\n"

    static func csv(_ bill: StorageBill, _ report: CostReport) -> String {
        func sum(_ value: Double) -> String { String(format: "%.6f", value) }
        let fields = [
            bill.provider, bill.title, bill.date, sum(bill.storage),
            sum(bill.requests.reduce(0) { $0 + $1.cost }), sum(bill.egress), sum(bill.total),
            bill.provider == report.provider ? "yes" : "no",
        ]
        return fields.map { CSV.field(displayEscaped($0)) }.joined(separator: ",") + "\r\n"
    }
}
