import Core
import Grid
import Widgets

extension AppState {
    func drawTimeline(into grid: inout Grid, _ layout: Layout) {
        switch timeline.phase {
        case .failed(let error):
            drawCentered([error.whatHappened, error.whatToDo], role: .error, into: &grid, in: layout.body)
        case .loading: drawSkeleton(into: &grid, in: layout.wall)
        case .ready where timeline.layout.isEmpty:
            drawCentered(emptyExplanation, role: .heading, into: &grid, in: layout.body)
        case .ready:
            drawWall(into: &grid, in: layout.wall)
            if !isOrderedByHand { drawScrubber(into: &grid, in: layout.scrubber) }
        }
    }

    private var emptyExplanation: [String] {
        if openedAlbum != nil, timeline.search.request == nil {
            return ["the album is empty", "\(keyMap.keyName(for: .addToAlbum)) puts photos of the timeline into it"]
        }
        if timeline.search.isActive {
            if timeline.search.request != nil { return ["looking" + look.lines.ellipsis] }
            return ["no photo is found"] + timeline.search.notes.map(\.description)
                + ["\(keyMap.keyName(for: .clear)) shows all photos again"]
        }
        if activity.importing != nil {
            return ["looking for photos" + look.lines.ellipsis, "they appear here as they are found"]
        }
        return [
            "there are no photos yet", "run `phototui FOLDER` to browse a folder's photos where they are,",
            "or `phototui import FOLDER` to add them to the library",
        ]
    }

    func drawCentered(_ lines: [String], role: StyleRole, into grid: inout Grid, in area: Rect) {
        let wrapped = lines.filter { !$0.isEmpty }.enumerated().flatMap { index, line in
            displayEscaped(line).wrapped(to: max(8, area.columns - 4)).map { (index, $0) }
        }
        let top = area.row + max(0, (area.rows - wrapped.count) / 2)
        for (row, (index, line)) in wrapped.enumerated() where row < area.rows {
            grid.write(
                line, at: Position(row: top + row, column: area.column + (area.columns - line.displayWidth) / 2),
                role: index == 0 ? role : .text)
        }
    }

    /// Boxes where the tiles will be.
    private func drawSkeleton(into grid: inout Grid, in area: Rect) {
        grid.write(
            "loading" + look.lines.ellipsis, at: Position(row: area.row, column: area.column + 1), role: .placeholder)
        let size = timeline.pictureSize
        for top in stride(from: area.row + 1, to: area.endRow, by: size.rows + 1) {
            for tile in 0..<timeline.tilesPerLine {
                let rect = Rect(
                    row: top, column: timeline.column(ofTile: tile), rows: size.rows, columns: size.columns)
                grid.fill(rect.intersection(area), with: Cell(" ", paint: .role(.thumbnailEmpty)))
            }
        }
    }

    private func drawWall(into grid: inout Grid, in area: Rect) {
        let (top, map) = (timeline.top, timeline.layout)
        let range = timeline.range
        for span in map.visible(rows: top..<top + area.rows) {
            for index in span.indices {
                let place = TimelineLayout.Place(month: span.month, index: index)
                let rect = Rect(
                    row: area.row + map.row(of: place) - top, column: timeline.column(ofTile: index % map.columns),
                    rows: timeline.pictureSize.rows, columns: timeline.pictureSize.columns)
                let ordinal = map.ordinal(of: place)
                drawTile(
                    timeline.entry(place), isCursor: ordinal == timeline.cursor,
                    isInRange: range?.contains(ordinal) ?? false, into: &grid, at: rect, clip: area)
            }
        }
        guard let first = map.month(atRow: top) else { return }
        for month in first..<map.months.count {
            let row = area.row + max(0, map.headingRow(month: month) - top)
            guard row < area.endRow else { break }
            drawHeading(month, into: &grid, in: Rect(row: row, column: area.column, rows: 1, columns: area.columns))
        }
    }

    private func drawHeading(_ month: Int, into grid: inout Grid, in area: Rect) {
        let count = timeline.layout.months[month]
        let separator = look.lines.separator
        grid.fill(area)
        var column = area.column + 1
        column += grid.write(
            isOrderedByHand ? "In order by hand" : monthTitle(count.month), at: Position(row: area.row, column: column),
            role: .heading,
            maxWidth: area.endColumn - column)
        let isOpen =
            timeline.search.isActive && !timeline.search.isComplete && month == timeline.layout.months.count - 1
        var text = separator + (isOpen ? "\(grouped(count.count))+ photos" : counted(count.count, "photo"))
        if !isOrderedByHand, let places = timeline.places[count.month], !places.isEmpty {
            // The city alone: its country would take the room of the next.
            var seen: Set<Substring> = []
            let cities = places.map { $0.prefix { $0 != "," } }.filter { seen.insert($0).inserted }
            text += separator + cities.map { displayEscaped(String($0)) }.joined(separator: ", ")
        }
        grid.write(
            text, at: Position(row: area.row, column: column), role: .subheading,
            maxWidth: max(0, area.endColumn - column), ascii: look.lines.isASCII)
    }

    private func drawTile(
        _ entry: TimelineEntry?, isCursor: Bool, isInRange: Bool, into grid: inout Grid, at rect: Rect, clip: Rect
    ) {
        let caption = Rect(row: rect.endRow, column: rect.column, rows: 1, columns: rect.columns)
        guard let entry else {
            grid.fill(rect.intersection(clip), with: Cell(" ", paint: .role(.thumbnailEmpty)))
            if isCursor { grid.fill(caption.intersection(clip), with: Cell(" ", paint: .role(.cursor))) }
            return
        }
        drawPicture(entry, into: &grid, at: rect, clip: clip)
        guard clip.contains(caption.origin) else { return }
        let isMarked = timeline.marks[entry.id] != nil
        let role: StyleRole = isCursor ? .cursor : isInRange ? .selection : isMarked ? .marked : .dim
        if isCursor || isInRange { grid.fill(caption, with: Cell(" ", paint: .role(role))) }
        var left = caption.column
        if isMarked {
            left += grid.write(
                look.lines.mark + " ", at: Position(row: caption.row, column: left), role: isCursor ? role : .marked)
        }
        let badge = entry.isMissing ? "!" : entry.isFavourite ? (look.lines.isASCII ? "<3" : "♥") : ""
        let room = caption.endColumn - left - (badge.isEmpty ? 0 : badge.displayWidth + 1)
        grid.write(
            displayEscaped(entry.filename), at: Position(row: caption.row, column: left), role: role,
            maxWidth: max(0, room), truncation: .middle, ascii: look.lines.isASCII)
        grid.write(
            badge, at: Position(row: caption.row, column: caption.endColumn - badge.displayWidth),
            role: isCursor ? role : entry.isMissing ? .warning : .badge)
    }

    func drawPicture(_ entry: TimelineEntry, into grid: inout Grid, at rect: Rect, clip: Rect) {
        let visible = rect.intersection(clip)
        switch timeline.thumbnails[timeline.thumbnailKey(entry)] {
        case .drawn(let picture):
            // A picture is as small as its shape asks; it stands in the middle of the tile.
            grid.draw(picture, at: rect.centered(picture.size).origin, clip: visible)
        case .failed(let reason):
            drawNote(reason, role: .thumbnailFailed, into: &grid, at: rect, clip: visible)
        case nil:
            let note: String =
                switch entry.status {
                case .queued: "to be processed"
                case .unreadable: "unreadable"
                case .ready: ""
                }
            drawNote(
                note, role: entry.status == .unreadable ? .thumbnailFailed : .thumbnailEmpty, into: &grid, at: rect,
                clip: visible)
        }
    }

    func drawNote(_ text: String, role: StyleRole, into grid: inout Grid, at rect: Rect, clip: Rect) {
        grid.fill(clip, with: Cell(" ", paint: .role(role)))
        let lines = displayEscaped(text).wrapped(to: max(1, rect.columns - 2)).prefix(rect.rows)
        let top = rect.row + (rect.rows - lines.count) / 2
        for (row, line) in lines.enumerated() where top + row >= clip.row && top + row < clip.endRow {
            let shown = line.truncated(to: rect.columns, ascii: look.lines.isASCII)
            grid.write(
                shown, at: Position(row: top + row, column: rect.column + (rect.columns - shown.displayWidth) / 2),
                role: role)
        }
    }

    /// A scroll bar in time: each line stands for an equal part of the timeline; years stand where they begin.
    private func drawScrubber(into grid: inout Grid, in area: Rect) {
        guard area.columns >= 6 else { return }
        let map = timeline.layout
        let current = timeline.cursorPlace?.month ?? 0
        let cursorRow = timeline.cursorPlace.map { map.row(of: $0) } ?? 0
        let currentLine = min(area.rows - 1, cursorRow * area.rows / max(1, map.rows))
        var (lastYear, lastMonth) = (-1, -1)
        for line in 0..<area.rows {
            let row = area.row + line
            grid[row, area.column] = Cell(look.lines.isASCII ? "|" : "┆", paint: .role(.scrubber))
            guard let from = timeline.row(scrubberLine: line), let month = map.month(atRow: from) else { continue }
            let date = map.months[month].month
            defer { (lastYear, lastMonth) = (date.year, month) }
            if line == currentLine {
                let date = map.months[current].month
                let name = date.year == lastYear || area.rows > map.months.count * 2
                let label = name && line > 0 ? String(monthNames[date.month - 1].prefix(3)) : String(date.year)
                grid.write(
                    (look.lines.isASCII ? ">" : "▪") + label, at: Position(row: row, column: area.column + 1),
                    role: .scrubberCurrent)
            } else if date.year != lastYear {
                grid.write("\(date.year)", at: Position(row: row, column: area.column + 2), role: .scrubber)
            } else if month != lastMonth {
                grid.write(
                    String(monthNames[date.month - 1].prefix(3)), at: Position(row: row, column: area.column + 2),
                    role: .scrubber)
            }
        }
    }
}
