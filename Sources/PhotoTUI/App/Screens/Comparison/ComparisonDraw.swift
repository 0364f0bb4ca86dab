import Core
import Grid
import Widgets

extension AppState {
    func drawComparison(_ comparison: ComparisonState, into grid: inout Grid) {
        guard let layout = comparisonLayout else { return }
        let body = Layout(size).body
        if let failure = comparison.failure {
            drawComparisonHeading(comparison, into: &grid, in: layout.heading)
            let next = keyMap.keyName(for: .nextCluster)
            drawCentered(
                ["this cluster is no longer as it was", failure.whatHappened, failure.whatToDo, "\(next) goes on"],
                role: .warning, into: &grid, in: body.splitTop(1).rest)
            return
        }
        guard let details = comparison.details else {
            let photos = duplicates.window.clusters.first { $0.id == comparison.cluster }?.photos
            let what = photos.map { "reading \(counted($0, "photo"))" } ?? "reading the cluster"
            drawCentered([what + look.lines.ellipsis], role: .placeholder, into: &grid, in: body)
            return
        }
        drawComparisonHeading(comparison, into: &grid, in: layout.heading)
        if comparison.mode == .difference {
            let legend =
                "Bright: they differ. Blue: only the keeper shows it. What is brighter or darker as a whole is left out."
            drawWrapped(legend, role: .dim, into: &grid, in: layout.advice)
        } else {
            drawProposal(comparison, details, into: &grid, in: layout.advice)
        }
        switch comparison.mode {
        case .sideBySide: drawPanes(comparison, layout, into: &grid)
        case .blink(let showsOther): drawBlink(comparison, showsOther, layout, into: &grid)
        case .difference: drawDifference(comparison, layout, into: &grid)
        }
    }

    private func drawComparisonHeading(_ comparison: ComparisonState, into grid: inout Grid, in area: Rect) {
        var right = ""
        if let index = duplicates.window.clusters.firstIndex(where: { $0.id == comparison.cluster }),
            let first = duplicates.window.firstOrdinal
        {
            right = grouped(first + index + 1)
            if let total = knownClusterCount { right += " of \(grouped(total))" }
        }
        var parts: [String] = []
        if let details = comparison.details {
            parts.append(details.kind.title)
            parts.append(counted(details.photos.count, "photo"))
            let going = comparison.trashed.filter { comparison.fate(of: $0.photo.id) == "trash" }
            let bytes = ByteCount(going.reduce(0) { $0 + $1.photo.byteCount.bytes })
            parts.append("\(bytes) to win")
            if details.isCertain, !comparison.isOwnChoice { parts.append("certain") }
        }
        grid.write(
            parts.joined(separator: look.lines.separator), at: Position(row: area.row, column: area.column + 1),
            role: .heading, maxWidth: max(0, area.columns - right.displayWidth - 4), ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: area.endColumn - right.displayWidth - 1), role: .subheading)
    }

    /// The proposal with its reason, or what was chosen instead; photos that differ though they look alike go before.
    private func drawProposal(
        _ comparison: ComparisonState, _ details: ClusterDetails, into grid: inout Grid, in area: Rect
    ) {
        guard !area.isEmpty else { return }
        var text = details.sentence
        var role = StyleRole.text
        if comparison.isOwnChoice {
            let name = comparison.keeperPhoto.map { displayEscaped($0.photo.filename) } ?? ""
            let also = comparison.alsoKept.isEmpty ? "" : " and \(comparison.alsoKept.count) more"
            text = "you keep: \(name)\(also); proposed: \(details.choice)"
        } else if let stack = details.stacks.first {
            let key = keyMap.keyName(for: .stackPhotos)
            text = "\(counted(stack.photos.count, "photo")) of it are \(stack.reason): \(key) keeps them together"
            if details.photos.contains(where: { comparison.fate(of: $0.photo.id) != "stack" }) {
                text += "; " + details.sentence
            }
            role = .warning
        } else if let doubt = details.doubt {
            text += "; look at it: " + doubt
        }
        drawWrapped(text, role: role, into: &grid, in: area)
    }

    /// Draws what fits, and marks that there is more.
    func drawWrapped(_ text: String, role: StyleRole, into grid: inout Grid, in area: Rect) {
        let lines = text.wrapped(to: max(1, area.columns - 2))
        for row in 0..<min(area.rows, lines.count) {
            let isCut = row == area.rows - 1 && lines.count > area.rows
            let line = isCut ? lines[row...].joined(separator: " ") : lines[row]
            grid.write(
                line, at: Position(row: area.row + row, column: area.column + 1), role: role,
                maxWidth: area.columns - 2, ascii: look.lines.isASCII)
        }
    }

    private func drawPanes(_ comparison: ComparisonState, _ layout: ComparisonLayout, into grid: inout Grid) {
        guard let keeper = comparison.keeperPhoto else { return }
        let isNarrow = (layout.panes.first?.picture.columns ?? 0) < ComparisonFacts.fullWidth
        let facts = ComparisonFacts(
            layout.panes.map { comparison.photos[$0.index] }, keeper: keeper, isNarrow: isNarrow,
            isPair: comparison.photos.count == 2
        ).rows
        // A row that is not there can't be told from one that doesn't differ.
        let room = layout.panes.first?.facts ?? layout.labels
        let shown = facts.count > room.rows ? max(0, room.rows - 1) : facts.count
        for (number, pane) in layout.panes.enumerated() {
            let photo = comparison.photos[pane.index]
            drawPicture(of: photo, comparison, into: &grid, in: pane.picture)
            drawCaption(
                photo,
                isNarrow ? "\(pane.index + 1) of \(comparison.photos.count)" : displayEscaped(photo.photo.filename),
                comparison, isSelected: pane.index == comparison.selected, into: &grid, in: pane.caption)
            for row in 0..<shown {
                let differs = facts[row].differs[number]
                grid.write(
                    plain(facts[row].values[number]),
                    at: Position(row: pane.facts.row + row, column: pane.facts.column),
                    role: differs ? .different : .dim, maxWidth: pane.facts.columns,
                    truncation: ["Folder", "Name"].contains(facts[row].label) ? .middle : .ellipsis,
                    ascii: look.lines.isASCII)
            }
        }
        drawHiddenFacts(facts[shown...], comparison, into: &grid, in: layout)
        guard !layout.labels.isEmpty else { return }
        for row in 0..<shown {
            grid.write(
                facts[row].label, at: Position(row: layout.labels.row + row, column: layout.labels.column + 1),
                role: .dim, maxWidth: layout.labels.columns - 1)
        }
    }

    /// Says how many facts there is no room for, and which key makes some.
    private func drawHiddenFacts(
        _ hidden: ArraySlice<ComparisonFacts.Row>, _ comparison: ComparisonState, into grid: inout Grid,
        in layout: ComparisonLayout
    ) {
        guard !hidden.isEmpty, let facts = layout.panes.first?.facts, let last = layout.panes.last?.facts
        else { return }
        let differing = hidden.count { $0.differs.contains(true) }
        var text = "\(hidden.count) more" + (differing > 0 ? ", \(differing) of them different" : "")
        if !comparison.showsFacts { text += ": \(keyMap.keyName(for: .toggleInfo))" }
        let start = layout.labels.isEmpty ? facts.column : layout.labels.column + 1
        grid.write(
            text, at: Position(row: facts.row + facts.rows - 1, column: start),
            role: differing > 0 ? .different : .dim, maxWidth: last.endColumn - start, ascii: look.lines.isASCII)
    }

    private func drawCaption(
        _ photo: ReviewedPhoto, _ text: String, _ comparison: ComparisonState, isSelected: Bool, into grid: inout Grid,
        in area: Rect
    ) {
        guard !area.isEmpty else { return }
        let word = comparison.fate(of: photo.photo.id)
        let role: StyleRole = word == "trash" ? .badge : word == "stack" ? .text : .success
        if isSelected { grid.fill(area, with: Cell(" ", paint: .role(.cursor))) }
        var column = area.column
        column +=
            grid.write(
                word, at: Position(row: area.row, column: column), role: isSelected ? .cursor : role,
                maxWidth: area.columns) + 1
        grid.write(
            text, at: Position(row: area.row, column: column),
            role: isSelected ? .cursor : photo.photo.isMissing ? .warning : .text,
            maxWidth: max(0, area.endColumn - column), truncation: .middle, ascii: look.lines.isASCII)
    }

    private func drawPicture(
        of photo: ReviewedPhoto, _ comparison: ComparisonState, into grid: inout Grid, in area: Rect
    ) {
        guard !area.isEmpty else { return }
        let picture = comparison.pictures[photo.photo.id]
        if let shown = picture?.shown, shown.columns <= area.columns, shown.rows <= area.rows {
            grid.draw(shown, at: area.centered(shown.size).origin, clip: area)
            return
        }
        var note = ""
        switch photo.photo.status {
        case .queued: note = "its picture is still being made"
        case .unreadable: note = "no picture could be read from it"
        case .ready: note = picture?.failure ?? ""
        }
        grid.fill(area, with: Cell(" ", paint: .role(.thumbnailEmpty)))
        drawCentered([note], role: .thumbnailFailed, into: &grid, in: area)
    }

    private func drawBlink(
        _ comparison: ComparisonState, _ showsOther: Bool, _ layout: ComparisonLayout, into grid: inout Grid
    ) {
        guard let pair = comparison.pair else { return }
        let photo = showsOther ? pair.other : pair.keeper
        drawPicture(of: photo, comparison, into: &grid, in: layout.picture)
        var parts = [displayEscaped(photo.photo.filename)]
        if let size = photo.pixelSize { parts.append(plain("\(size.width)×\(size.height)")) }
        parts.append("\(photo.photo.byteCount) \(formatName(photo.photo.mediaType))")
        let right =
            comparison.blinkTimer == nil ? "\(keyMap.keyName(for: .blink)) shows the other" : "alternating"
        let (hint, caption) = layout.caption.inset(columns: 1).splitRight(
            layout.caption.columns >= 60 ? right.displayWidth : 0)
        drawCaption(
            photo, parts.joined(separator: look.lines.separator), comparison, isSelected: false, into: &grid,
            in: caption)
        grid.write(right, at: hint.origin, role: .dim, maxWidth: hint.columns)
    }

    private func drawDifference(_ comparison: ComparisonState, _ layout: ComparisonLayout, into grid: inout Grid) {
        guard let pair = comparison.pair else { return }
        let area = layout.picture
        var words = displayEscaped(pair.other.photo.filename)
        if let shown = comparison.difference?.shown {
            grid.draw(shown.picture, at: area.centered(shown.picture.size).origin, clip: area)
            words = shown.similarity == 0 ? "they could not be laid over each other: shown as they are" : words
            if shown.similarity > 0 {
                var parts = ["\(percent(shown.differingShare) ?? "nothing") differs"]
                if let missing = percent(shown.uncoveredShare) { parts.append("\(missing) is in the keeper only") }
                parts += ["\(LikenessEvidence.text(similarity: shown.similarity)) alike", words]
                words = parts.joined(separator: look.lines.separator)
            }
        } else {
            let isReady = pair.keeper.photo.status == .ready && pair.other.photo.status == .ready
            let note =
                isReady
                ? comparison.difference?.failure ?? "comparing" + look.lines.ellipsis : "one of them has no picture yet"
            drawCentered([note], role: .placeholder, into: &grid, in: area)
        }
        grid.write(
            words, at: Position(row: layout.caption.row, column: layout.caption.column + 1), role: .text,
            maxWidth: max(0, layout.caption.columns - 2), ascii: look.lines.isASCII)
    }

    /// `3 %`, `0.4 %`; nil for nothing.
    private func percent(_ share: Double) -> String? {
        if share <= 0 { return nil }
        if share < 0.0005 { return "less than 0.1 %" }
        let tenths = Int((share * 1000).rounded())
        return tenths < 10 ? "0.\(tenths) %" : "\(Int((share * 100).rounded())) %"
    }

    /// The line below a comparison: where the selected photo is, and what was won.
    var comparisonStatus: (left: String, right: String) {
        guard let comparison = duplicates.comparison, let photo = comparison.selectedPhoto else { return ("", wonText) }
        var left = photo.paths.first.map { displayEscaped(bytes: $0) } ?? displayEscaped(photo.photo.filename)
        if comparison.zoom.scale > 1 { left = "\(Int((comparison.zoom.scale * 100).rounded())) %  " + left }
        return (left, wonText)
    }
}
