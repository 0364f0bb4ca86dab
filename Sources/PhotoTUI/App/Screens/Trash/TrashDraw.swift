import Core
import Grid
import Widgets

extension AppState {
    func drawTrash(into grid: inout Grid, _ layout: Layout) {
        let (heading, rows) = layout.body.splitTop(1)
        drawTrashHeading(into: &grid, in: heading)
        switch trash.phase {
        case .failed(let error):
            drawCentered([error.whatHappened, error.whatToDo], role: .error, into: &grid, in: rows)
        case .loading: drawCentered(["loading" + look.lines.ellipsis], role: .placeholder, into: &grid, in: rows)
        case .ready where trash.photos.isEmpty:
            drawCentered(
                ["the trash is empty", "what resolving duplicates does not keep comes here"], role: .heading,
                into: &grid, in: rows)
        case .ready:
            for (line, index) in trash.visible.enumerated() {
                let row = Rect(
                    row: rows.row + line * trash.rowHeight, column: rows.column, rows: trash.rowHeight,
                    columns: rows.columns)
                drawTrashed(
                    trash.photos[index], isCursor: index == trash.cursor, into: &grid, in: row.intersection(rows))
            }
        }
    }

    private func drawTrashHeading(into grid: inout Grid, in area: Rect) {
        let right = trash.photos.isEmpty ? "" : "\(grouped(trash.cursor + 1)) of \(grouped(trash.count))"
        grid.write(
            "Put there last first", at: Position(row: area.row, column: area.column + 1), role: .heading,
            maxWidth: max(0, area.columns - right.displayWidth - 3), ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: area.endColumn - right.displayWidth - 1), role: .subheading)
    }

    private func drawTrashed(_ photo: ListedTrash, isCursor: Bool, into grid: inout Grid, in area: Rect) {
        guard !area.isEmpty else { return }
        var text = area
        if let size = trash.picture {
            let rect = Rect(row: area.row, column: area.column + 1, rows: size.rows, columns: size.columns)
            drawTrashPicture(photo, into: &grid, at: rect, clip: area)
            text = area.splitLeft(size.columns + 2).rest
        }
        let head = text.splitTop(1).top
        if isCursor { grid.fill(head, with: Cell(" ", paint: .role(.cursor))) }
        let mark = trash.marks.contains(photo.photo) ? (look.lines.isASCII ? "* " : "✓ ") : "  "
        var facts = [photo.byteCount.description, trashAge(photo)]
        if area.rows == 1 { facts = [photo.byteCount.description] }
        let right = facts.joined(separator: look.lines.separator)
        var column = head.column
        column += grid.write(mark, at: Position(row: head.row, column: column), role: isCursor ? .cursor : .success)
        grid.write(
            displayEscaped(photo.name), at: Position(row: head.row, column: column),
            role: isCursor ? .cursor : photo.isMissing ? .warning : .text,
            maxWidth: max(8, head.endColumn - column - right.displayWidth - 2), truncation: .middle,
            ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: head.row, column: max(column, head.endColumn - right.displayWidth - 1)),
            role: isCursor ? .cursor : .badge)
        guard area.rows > 1 else { return }
        let (words, role) = trashEnd(photo)
        let line = text.row + 1
        grid.write(
            words, at: Position(row: line, column: text.endColumn - words.displayWidth - 1), role: role)
        grid.write(
            photo.place, at: Position(row: line, column: text.column + 2), role: .dim,
            maxWidth: max(0, text.columns - words.displayWidth - 5), truncation: .middle, ascii: look.lines.isASCII)
    }

    private func drawTrashPicture(_ photo: ListedTrash, into grid: inout Grid, at rect: Rect, clip: Rect) {
        let visible = rect.intersection(clip)
        let key = ThumbnailKey(sha256: photo.sha256, columns: rect.columns, rows: rect.rows)
        switch timeline.thumbnails[key] {
        case .drawn(let picture): grid.draw(picture, at: rect.centered(picture.size).origin, clip: visible)
        case .failed: grid.fill(visible, with: Cell(" ", paint: .role(.thumbnailFailed)))
        case nil: grid.fill(visible, with: Cell(" ", paint: .role(.thumbnailEmpty)))
        }
    }

    private func trashAge(_ photo: ListedTrash) -> String {
        let days = trash.age(photo)
        return days == 0 ? "since today" : "\(counted(days, "day")) ago"
    }

    /// What becomes of it, and when.
    private func trashEnd(_ photo: ListedTrash) -> (String, StyleRole) {
        guard photo.isCopy else { return ("its file stays", .dim) }
        let left = TrashState.days - trash.age(photo)
        return left > 0 ? ("\(counted(left, "day")) left", .dim) : ("goes when the trash is emptied", .warning)
    }

    /// The line below the list.
    var trashStatus: (left: String, right: String) {
        var parts = [counted(trash.count, "photo") + " in the trash", trash.byteCount.description]
        if case .loading = trash.phase { parts = [] }
        return (
            parts.joined(separator: look.lines.separator),
            trash.marks.isEmpty ? "" : "\(grouped(trash.marks.count)) marked"
        )
    }
}
