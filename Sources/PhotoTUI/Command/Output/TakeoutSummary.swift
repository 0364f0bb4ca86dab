import Core
import Grid
import Workflows

/// What was found in a Takeout, as text and as JSON.
enum TakeoutSummary {
    static func json(_ report: TakeoutReport) -> JSON {
        .object([
            "pictures": .count(report.pictures),
            "notes": .count(report.notes),
            "matched": .count(matched(report)),
            "rules": .object(
                TakeoutReport.rules.map { rule in (name: rule.name, value: .count(report.matched[rule.name] ?? 0)) }),
            "videos": .count(report.videos),
            "trashed": .count(report.trashed),
            "archived": .count(report.archived),
            "archive_edit": .text(report.archiveEdit?.description),
            "unmatched": items(report.unmatched),
            "others": items(report.others),
            "unused": items(report.unused),
            "problems": items(report.problems),
        ])
    }

    private static func matched(_ report: TakeoutReport) -> Int { report.matched.values.reduce(0, +) }

    private static func items(_ items: [TakeoutReport.Item]) -> JSON {
        .array(items.map { .object(JSON.path($0.path) + [("reason", .string($0.reason))]) })
    }

    static func text(_ report: TakeoutReport, _ advice: ImportSummary.Advice, columns: Int) -> String {
        var text = "Takeout: \(matched(report)) of \(counted(report.pictures, "picture")) have a note"
        let rules = TakeoutReport.rules.compactMap { rule in
            report.matched[rule.name].map { "\($0) \(rule.words)" }
        }
        text += (rules.isEmpty ? "" : ": \(rules.joined(separator: ", "))") + "\n"
        if report.videos > 0 {
            text += "\(counted(report.videos, "video")) not read: they stay where they are, so keep them\n"
        }
        if !report.others.isEmpty {
            text += "\(counted(report.others.count, "other file")) left in the archives; --json lists them\n"
        }
        if report.trashed > 0 {
            text += "\(counted(report.trashed, "picture")) of Google's trash left out; --with-trash takes them\n"
        }
        if let edit = report.archiveEdit {
            text +=
                "\(counted(report.archived, "photo")) archived as at Google; take it back with: "
                + advice.line(["edits", "undo", edit.description]) + "\n"
        }
        text += examples("no note", report.unmatched, columns)
        text += examples("no picture", report.unused, columns)
        text += examples("problem", report.problems, columns)
        return text
    }

    private static let exampleLimit = 5

    private static func examples(_ title: String, _ items: [TakeoutReport.Item], _ columns: Int) -> String {
        var text = ""
        for item in items.prefix(exampleLimit) {
            let start = "  " + title + String(repeating: " ", count: max(1, 11 - title.count))
            let line = "\(start)\(ImportSummary.shown(item.path)): \(displayEscaped(item.reason))"
            text += line.truncated(to: columns - 1) + "\n"
        }
        if items.count > exampleLimit { text += "  \(items.count - exampleLimit) more \(title); --json lists them\n" }
        return text
    }
}
