import Core
import Grid
import Widgets

extension AppState {
    func drawDuplicates(into grid: inout Grid, _ layout: Layout) {
        let (heading, rows) = layout.body.splitTop(1)
        drawDuplicatesHeading(into: &grid, in: heading)
        switch duplicates.phase {
        case .failed(let error):
            drawCentered([error.whatHappened, error.whatToDo], role: .error, into: &grid, in: rows)
        case .loading: drawCentered(["loading" + look.lines.ellipsis], role: .placeholder, into: &grid, in: rows)
        case .ready where duplicates.window.clusters.isEmpty:
            drawCentered(emptyDuplicatesExplanation, role: .heading, into: &grid, in: rows)
        case .ready:
            for (line, index) in duplicates.visible.enumerated() {
                let height = duplicates.rowHeight
                let row = Rect(row: rows.row + line * height, column: rows.column, rows: height, columns: rows.columns)
                drawCluster(index, into: &grid, in: row.intersection(rows))
            }
        }
    }

    private var emptyDuplicatesExplanation: [String] {
        let compare = keyMap.keyName(for: .comparePhotos)
        if duplicates.window.after != nil || duplicates.window.before != nil {
            return ["looking for clusters" + look.lines.ellipsis, "\(grouped(duplicates.examined)) looked at so far"]
        }
        if !duplicates.filter.isEmpty {
            return ["no cluster matches", "\(keyMap.keyName(for: .closeDuplicates)) drops the filter"]
        }
        if let waiting = duplicates.totals?.uncompared, waiting > 0 {
            return [
                "no duplicates are known yet", "\(counted(waiting, "photo")) not compared: \(compare) compares them",
            ]
        }
        return ["there are no duplicates"]
    }

    private func drawDuplicatesHeading(into grid: inout Grid, in area: Rect) {
        var column = area.column + 1
        let title =
            switch duplicates.order {
            case .bytesToWin: "About the most to win first"
            case .photos: "Most photos first"
            case .newest: "Newest first"
            }
        column += grid.write(
            title, at: Position(row: area.row, column: column), role: .heading, maxWidth: area.endColumn - column)
        var right = ""
        if let first = duplicates.window.firstOrdinal, !duplicates.window.clusters.isEmpty {
            right = grouped(first + duplicates.cursor + 1)
            if let total = knownClusterCount { right += " of \(grouped(total))" }
        }
        var parts: [String] = []
        if !duplicates.filterText.isEmpty { parts.append("/" + displayEscaped(duplicates.filterText)) }
        let text = parts.isEmpty ? "" : look.lines.separator + parts.joined(separator: look.lines.separator)
        grid.write(
            text, at: Position(row: area.row, column: column), role: .subheading,
            maxWidth: max(0, area.endColumn - column - right.displayWidth - 2), ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: area.endColumn - right.displayWidth - 1), role: .subheading)
    }

    /// How many clusters the list has, filtered as it is.
    var knownClusterCount: Int? {
        if duplicates.window.isWhole { return duplicates.window.clusters.count }
        return duplicates.filter.isEmpty ? duplicates.totals?.clusters : nil
    }

    private func drawCluster(_ index: Int, into grid: inout Grid, in area: Rect) {
        let cluster = duplicates.window.clusters[index]
        let summary = duplicates.summaries[cluster.id]
        let isCursor = index == duplicates.cursor
        var text = area
        if area.rows > 1 {
            let (size, count) = duplicates.pictures
            for number in 0..<count {
                let rect = Rect(
                    row: area.row, column: area.column + 1 + number * (size.columns + 1), rows: size.rows,
                    columns: size.columns)
                drawClusterPicture(summary, number, into: &grid, at: rect, clip: area)
            }
            text = area.splitLeft(2 + count * (size.columns + 1)).rest
        }
        let head = text.splitTop(1).top
        if isCursor { grid.fill(head, with: Cell(" ", paint: .role(.cursor))) }
        let (line, role) = clusterAdvice(cluster, summary)
        if area.rows == 1 {
            drawCompact(cluster, summary, line, role, isCursor: isCursor, into: &grid, in: head)
            return
        }
        var column = head.column + 1
        func write(_ text: String, _ role: StyleRole, upTo width: Int) {
            column += grid.write(
                text, at: Position(row: head.row, column: column), role: isCursor ? .cursor : role,
                maxWidth: max(0, min(width, head.endColumn - 1 - column)), truncation: .middle,
                ascii: look.lines.isASCII)
        }
        let facts = clusterFacts(cluster, summary).joined(separator: look.lines.separator)
        if case .known(let known) = summary {
            write(displayEscaped(known.name), .heading, upTo: max(8, head.columns - facts.displayWidth - 5))
            write(look.lines.separator, .dim, upTo: 9)
        }
        write(facts, .subheading, upTo: head.columns)
        let below = text.splitTop(1).rest
        drawWrapped(line, role: role, into: &grid, in: below.splitTop(duplicates.rowHeight - 2).top)
    }

    /// One line: what is won, how many photos, what to do.
    private func drawCompact(
        _ cluster: DuplicateCluster, _ summary: DuplicatesState.Summary?, _ advice: String, _ role: StyleRole,
        isCursor: Bool, into grid: inout Grid, in area: Rect
    ) {
        var column = area.column + 1
        let bytes = bytesToWin(cluster, summary)
        let count = grouped(cluster.photos)
        for (text, width) in [(bytes, 7), (count, 4)] {
            grid.write(
                text, at: Position(row: area.row, column: column + max(0, width - text.displayWidth)),
                role: isCursor ? .cursor : .badge, maxWidth: max(width, text.displayWidth))
            column += max(width, text.displayWidth) + 2
        }
        var words = advice
        if case .known(let known) = summary {
            if let advice = known.advice { words = "\(advice.kind.rawValue), " + words }
            let width = min(24, (area.endColumn - column) / 3)
            column +=
                grid.write(
                    displayEscaped(known.name), at: Position(row: area.row, column: column),
                    role: isCursor ? .cursor : .text, maxWidth: width, truncation: .middle, ascii: look.lines.isASCII)
                + 2
        }
        grid.write(
            words, at: Position(row: area.row, column: column), role: isCursor ? .cursor : role == .text ? .dim : role,
            maxWidth: max(0, area.endColumn - column - 1), ascii: look.lines.isASCII)
    }

    private func drawClusterPicture(
        _ summary: DuplicatesState.Summary?, _ number: Int, into grid: inout Grid, at rect: Rect, clip: Rect
    ) {
        let visible = rect.intersection(clip)
        guard case .known(let known) = summary, number < known.pictures.count else {
            if number == 0 { grid.fill(visible, with: Cell(" ", paint: .role(.thumbnailEmpty))) }
            return
        }
        let key = ThumbnailKey(sha256: known.pictures[number], columns: rect.columns, rows: rect.rows)
        switch timeline.thumbnails[key] {
        case .drawn(let picture): grid.draw(picture, at: rect.centered(picture.size).origin, clip: visible)
        case .failed: grid.fill(visible, with: Cell(" ", paint: .role(.thumbnailFailed)))
        case nil: grid.fill(visible, with: Cell(" ", paint: .role(.thumbnailEmpty)))
        }
    }

    /// As the proposal has it; until that is read, and of very many photos, as if the largest were kept.
    private func bytesToWin(_ cluster: DuplicateCluster, _ summary: DuplicatesState.Summary?) -> String {
        guard case .known(let known) = summary, let advice = known.advice else { return cluster.bytesToWin.description }
        return advice.bytesToWin.description
    }

    private func clusterFacts(_ cluster: DuplicateCluster, _ summary: DuplicatesState.Summary?) -> [String] {
        var parts = [counted(cluster.photos, "photo"), "\(bytesToWin(cluster, summary)) to win"]
        if case .known(let known) = summary, let advice = known.advice {
            parts.append(advice.kind.rawValue)
            if advice.isCertain { parts.append("certain") }
        }
        return parts
    }

    /// What to do with a cluster, in short.
    private func clusterAdvice(
        _ cluster: DuplicateCluster, _ summary: DuplicatesState.Summary?
    ) -> (String, StyleRole) {
        switch summary {
        case nil: return ("reading it" + look.lines.ellipsis, .placeholder)
        case .gone: return ("it is no longer there", .warning)
        case .failed(let reason): return (displayEscaped(reason), .error)
        case .known(let known):
            guard let advice = known.advice else { return ("very many photos: open it to see what to keep", .text) }
            if let stack = advice.stack { return ("look at it, it has \(stack); \(advice.sentence)", .warning) }
            return (advice.doubt.map { "look at it: \($0); \(advice.sentence)" } ?? advice.sentence, .text)
        }
    }

    /// The line below the list: what there is, and what was won.
    var duplicatesStatus: (left: String, right: String) {
        var parts: [String] = []
        if let totals = duplicates.totals {
            parts.append(counted(totals.clusters, "cluster"))
            parts.append("about \(totals.bytesToWin) to win")
            if let scan = duplicates.scan {
                var text = "comparing \(grouped(scan.compared)) of \(grouped(scan.total))"
                if let left = scan.secondsLeft { text += ", \(ProgressBar.duration(left)) left" }
                parts.append(text)
            } else if totals.uncompared > 0 {
                let compare = keyMap.keyName(for: .comparePhotos)
                parts.append("\(counted(totals.uncompared, "photo")) not compared (\(compare) compares)")
            }
        }
        return (parts.joined(separator: look.lines.separator), wonText)
    }

    /// `45.6 MB won`; nothing before anything was resolved.
    var wonText: String {
        duplicates.won == 0 ? "" : "\(ByteCount(duplicates.won)) won"
    }
}
