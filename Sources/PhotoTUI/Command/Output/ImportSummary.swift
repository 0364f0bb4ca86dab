import Core
import Grid
import SystemPackage
import Workflows

/// An import's report, as text and as JSON.
enum ImportSummary {
    /// `markedMissing` counts the files that were marked missing afterwards; nil where that wasn't asked for.
    static func json(_ report: ImportReport, isDryRun: Bool, markedMissing: Int?) -> JSON {
        let sums: [(name: String, value: JSON)] = [
            ("found", .count(report.found)), ("imported", .count(report.imported)), ("known", .count(report.known)),
            ("unsupported", .count(report.unsupported)), ("rejected", .count(report.rejected)),
            ("bytes_read", .integer(report.bytesRead)), ("seconds", .decimal(report.seconds)),
            ("dry_run", .bool(isDryRun)), ("unprocessed", .count(report.unprocessed)),
            ("handed_over", .count(report.handedOver)),
            ("handed_over_earlier", .count(report.handedOver.map { _ in report.handedOverEarlier })),
            ("broker_problem", .text(report.brokerProblem)), ("waiting", .count(report.waiting)),
            ("left", .count(report.left)), ("unscanned", .count(report.unscanned)),
            ("quota", report.usage.map(OwnerFormat.json) ?? .null),
            ("interrupted", .bool(report.isInterrupted)), ("marked_missing", .count(markedMissing)),
        ]
        let more: [(name: String, value: JSON)] = [
            ("albums", report.albums.map(AlbumSummary.json) ?? .null), ("stacks", stacks(report)),
            ("library", report.library.map(LibrarySummary.json) ?? .null),
            ("takeout", report.takeout.map(TakeoutSummary.json) ?? .null),
            ("items", .array(report.items.map(item))),
            ("skipped", .array(report.skipped.map { .object(JSON.path($0.path) + [("reason", .string($0.reason))]) })),
        ]
        return .object(sums + more)
    }

    private static func item(_ item: ImportItem) -> JSON {
        .object(
            JSON.path(item.path) + [("outcome", .string(item.outcome.rawValue)), ("reason", .text(item.reason))])
    }

    private static func stacks(_ report: ImportReport) -> JSON {
        guard let stacks = report.stacks else { return .null }
        return .object(
            StackReason.allCases.map { (name: DuplicateFormat.name($0), value: JSON.count(stacks[$0] ?? 0)) })
    }

    /// Paths listed of each sort; JSON has all of them.
    private static let exampleLimit = 10

    /// What follows the sums.
    struct Advice {
        /// What lists every file in JSON.
        let listing: String
        /// What shows the photos, alternatives included; nil where they are on screen.
        let showing: String?
        /// What sends what waits for the storage.
        let resuming: String
        /// The program with its library, for further commands.
        private var command = OwnCommand(name: "phototui", library: nil)
        private var place: [String] = []

        init(listing: String, showing: String?, resuming: String = "phototui upload resume") {
            self.listing = listing
            self.showing = showing
            self.resuming = resuming
        }

        /// Commands that work as they stand, for an import of these paths, as they were typed; `place` is what names a networked
        /// library.
        init(
            _ command: OwnCommand, paths: [String], flags: [String] = [], showsPhotos: Bool, place: [String] = []
        ) {
            let named = paths.count > 3 ? Array(paths.prefix(2)) : paths
            let rest = paths.count > 3 ? " …" : ""
            listing = command.line(["import", "--json"] + place + flags + named) + rest
            showing = showsPhotos ? "\(command.line(place)), or: \(command.line(["photos"] + place))" : nil
            resuming = command.line(["upload", "resume"] + place)
            (self.command, self.place) = (command, place)
        }

        func line(_ words: [String]) -> String { command.line(words + place) }
    }

    static func text(
        _ report: ImportReport, isDryRun: Bool, advice: Advice, columns: Int = Console.columns
    ) -> String {
        var table = TextTable([("", .left), ("", .right), ("", .left)])
        table.add(["found", "\(report.found)", ""])
        table.add([isDryRun ? "would import" : "imported", "\(report.imported)", ""])
        table.add(["known", "\(report.known)", ""])
        table.add(["unsupported", "\(report.unsupported)", reasons(report, .unsupported)])
        table.add(["rejected", "\(report.rejected)", reasons(report, .rejected)])
        if report.left > 0 { table.add(["left out", "\(report.left)", reasons(report, .left, columns: 200)]) }
        var text = table.text(showsTitles: false)
        text += examples(
            "rejected",
            report.items.filter { $0.outcome == .rejected }.map { ($0.path, $0.reason ?? "") }, columns: columns)
        text += examples(
            "left out", report.items.filter { $0.outcome == .left }.map { ($0.path, $0.reason ?? "") }, columns: columns
        )
        text += examples("skipped", report.skipped.map { ($0.path, $0.reason) }, columns: columns)
        if report.rejected > 0 || report.left > exampleLimit || report.skipped.count > exampleLimit {
            text += "Every file, with the reason, is listed by: \(advice.listing)\n"
        }
        if report.unscanned > 0 {
            text +=
                "\(report.unscanned) were not scanned for malware: \(displayEscaped(report.unscannedReason ?? ""))\n"
        }
        if let usage = report.usage, usage.state == .warning || usage.state == .full {
            text += "Of the quota are taken: \(OwnerFormat.words(usage)), the trash included.\n"
        }
        if report.unprocessed > 0 {
            let reason = displayEscaped(report.unprocessedReason ?? "no reason is known")
            text += "\(report.unprocessed) photos could not be processed: \(reason)\n"
        }
        if report.waiting > 0 {
            let photos = report.waiting == 1 ? "1 photo waits" : "\(report.waiting) photos wait"
            let reason = displayEscaped(report.waitingReason ?? "it gave no answer")
            text += "\(photos) for the storage: \(reason)\nThe next import sends them, or: \(advice.resuming)\n"
        }
        if let count = report.handedOver, count > 0 {
            let earlier = report.handedOverEarlier
            let share = earlier == count ? "all" : "\(earlier)"
            text += handedOver(count) + (earlier > 0 ? ", \(share) of them from before" : "") + "\n"
        }
        if let problem = report.brokerProblem {
            text += "Workers could not be told: \(displayEscaped(problem)). The next worker or import does.\n"
        }
        if let stacks = report.stacks {
            let found = StackReason.allCases.compactMap { kind in stacks[kind].map { "\($0) × \(kind.words)" } }
            text +=
                found.isEmpty
                ? "Stacks: nothing more belongs together.\n"
                : "Stacks: \(found.joined(separator: ", ")); \(advice.line(["duplicates", "stacks"])) lists them\n"
        }
        if let library = report.library { text += LibrarySummary.text(library, isDryRun: isDryRun, columns: columns) }
        if let takeout = report.takeout { text += TakeoutSummary.text(takeout, advice, columns: columns) }
        if let albums = report.albums {
            text += AlbumSummary.text(albums, advice, isDryRun: isDryRun, columns: columns)
        }
        let rate = report.seconds > 0 ? Double(report.found) / report.seconds : 0
        text +=
            "\(ByteCount(report.bytesRead)) read in \(PhotoFormat.short(report.seconds)) s, "
            + "\(PhotoFormat.short(rate.rounded())) files/s\n"
        if report.isInterrupted {
            text += "Stopped before the end. The same command goes on from here.\n"
        } else if isDryRun {
            text += "Nothing was changed. Without --dry-run these would be imported.\n"
        } else if report.imported > 0, let showing = advice.showing {
            text += "See them with: \(showing)\n"
        }
        return text
    }

    /// `12 photos handed to workers`.
    static func handedOver(_ count: Int) -> String { "\(count) \(count == 1 ? "photo" : "photos") handed to workers" }

    static func shown(_ path: FilePath) -> String { displayEscaped(bytes: path.nameBytes) }

    /// A line each for the first few, none wider than the terminal, and how many more there are.
    private static func examples(
        _ title: String, _ found: [(path: FilePath, reason: String)], columns: Int
    ) -> String {
        var text = found.prefix(exampleLimit).map { path, reason in
            let start = "  " + title + String(repeating: " ", count: max(0, 10 - title.count))
            return (start + "\(shown(path)): \(displayEscaped(reason))").truncated(to: columns - 1) + "\n"
        }.joined()
        if found.count > exampleLimit {
            text += "  \(found.count - exampleLimit) more \(title)\n"
        }
        return text
    }

    /// `12 not a picture, 3 a video`, most frequent first, at most four kinds.
    private static func reasons(
        _ report: ImportReport, _ outcome: ImportItem.Outcome, columns: Int = 60
    ) -> String {
        var counts: [String: Int] = [:]
        for item in report.items where item.outcome == outcome { counts[item.reason ?? "", default: 0] += 1 }
        let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let named = ordered.prefix(4).map { "\($0.value) \(displayEscaped($0.key).truncated(to: columns))" }
        let rest = ordered.dropFirst(4).reduce(0) { $0 + $1.value }
        return (named + (rest > 0 ? ["\(rest) other"] : [])).joined(separator: ", ")
    }
}
