import Core
import Grid
import Workflows

/// What came from another library besides its photos, as text and as JSON.
enum LibrarySummary {
    static func json(_ report: LibraryReport) -> JSON {
        .object([
            "left_out": .count(report.leftOut),
            "marks": .object(
                report.marks.sorted { $0.key < $1.key }.map { (name: $0.key, value: .count($0.value)) }),
            "saved_searches": .count(report.savedSearches),
            "stacks": .count(report.stacks),
            "decisions": .count(report.decisions),
            "conflicts": .array(
                report.conflicts.map {
                    .object([
                        "subject": .string($0.subject), "what": .string($0.what), "here": .string($0.here),
                        "there": .string($0.there),
                    ])
                }),
        ])
    }

    private static let exampleLimit = 10

    static func text(_ report: LibraryReport, isDryRun: Bool, columns: Int) -> String {
        var parts = report.marks.sorted { $0.key < $1.key }.map { "\($0.key) of \(counted($0.value, "photo"))" }
        if report.savedSearches > 0 { parts.append("saved searches: \(report.savedSearches)") }
        if report.stacks > 0 { parts.append(counted(report.stacks, "stack")) }
        if report.decisions > 0 { parts.append("\(counted(report.decisions, "pair")) that are no duplicates") }
        var text =
            parts.isEmpty
            ? "Marks, stacks and decisions: nothing more to bring.\n"
            : "\(isDryRun ? "Would bring" : "Brought"): \(parts.joined(separator: ", "))\n"
        if report.leftOut > 0 {
            text += "\(counted(report.leftOut, "photo")) of its trash, or unreadable, left there\n"
        }
        for conflict in report.conflicts.prefix(exampleLimit) {
            let line =
                "  differs    \(displayEscaped(conflict.subject)): \(conflict.what) here \(displayEscaped(conflict.here)), "
                + "there \(displayEscaped(conflict.there))"
            text += line.truncated(to: columns - 1) + "\n"
        }
        if report.conflicts.count > exampleLimit {
            text += "  \(report.conflicts.count - exampleLimit) more differ; --json lists them\n"
        }
        return text
    }
}
