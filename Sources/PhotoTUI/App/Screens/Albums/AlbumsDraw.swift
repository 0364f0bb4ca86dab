import Core
import Grid
import Widgets

extension AppState {
    func drawAlbums(into grid: inout Grid, _ layout: Layout) {
        let (heading, wall) = layout.body.splitTop(1)
        let isOpen = albums.isComplete ? "" : "+"
        let right =
            albums.cursorEvent != nil
            ? "\(grouped(albums.cursor - albums.albums.count + 1)) of \(grouped(albums.shownEvents.count)) proposed"
            : albums.albums.isEmpty
                ? "" : "\(grouped(albums.cursor + 1)) of \(grouped(albums.albums.count))\(isOpen)"
        let isLooking = albums.events.isShown && !albums.events.isRead
        grid.write(
            "By name" + (isLooking ? look.lines.separator + "looking for events" + look.lines.ellipsis : ""),
            at: Position(row: heading.row, column: heading.column + 1), role: .heading,
            maxWidth: max(0, heading.columns - right.displayWidth - 3), ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: heading.row, column: heading.endColumn - right.displayWidth - 1),
            role: .subheading)
        switch albums.phase {
        case .failed(let error):
            drawCentered([error.whatHappened, error.whatToDo], role: .error, into: &grid, in: wall)
        case .loading: drawCentered(["loading" + look.lines.ellipsis], role: .placeholder, into: &grid, in: wall)
        case .ready where albums.tileCount == 0:
            drawCentered(
                [
                    "there are no albums yet",
                    "\(keyMap.keyName(for: .createAlbum)) begins one; in the timeline "
                        + "\(keyMap.keyName(for: .addToAlbum)) puts photos into one, and "
                        + "\(keyMap.keyName(for: .saveSearch)) keeps a search as one",
                ], role: .heading, into: &grid, in: wall)
        case .ready: drawAlbumWall(into: &grid, in: wall)
        }
    }

    private func drawAlbumWall(into grid: inout Grid, in area: Rect) {
        for section in albums.wall.sections {
            let row = area.row + section.row - albums.top
            guard row < area.endRow else { break }
            guard row >= area.row else { continue }
            let name =
                section.parent.isEmpty
                ? section.isProposed ? "Proposed" : "Albums"
                : displayEscaped(section.parent.replacing("/", with: " / "))
            let column =
                area.column + 1
                + grid.write(
                    name, at: Position(row: row, column: area.column + 1), role: .heading,
                    maxWidth: max(0, area.columns - 2), ascii: look.lines.isASCII)
            grid.write(
                look.lines.separator + counted(section.albums.count, section.isProposed ? "event" : "album"),
                at: Position(row: row, column: column), role: .subheading,
                maxWidth: max(0, area.endColumn - column), ascii: look.lines.isASCII)
        }
        let size = timeline.pictureSize
        for index in albums.visible {
            guard let row = albums.wall.row(of: index) else { continue }
            let rect = Rect(
                row: area.row + row - albums.top,
                column: area.column + 1 + albums.wall.column(of: index) * (size.columns + TimelineState.gap),
                rows: size.rows, columns: size.columns)
            let isCursor = index == albums.cursor
            if let event = albums.event(at: index) {
                drawEvent(event, isCursor: isCursor, into: &grid, at: rect, clip: area)
            } else {
                drawAlbum(albums.albums[index], isCursor: isCursor, into: &grid, at: rect, clip: area)
            }
        }
    }

    private func drawAlbum(
        _ listed: ListedAlbum, isCursor: Bool, into grid: inout Grid, at rect: Rect, clip: Rect
    ) {
        let album = listed.album
        if let cover = albums.cover(of: listed) {
            drawPicture(cover, into: &grid, at: rect, clip: clip)
        } else {
            let note = albums.summaries[album.id]?.problem == nil ? "" : "not understood"
            drawNote(
                album.query == nil ? "empty" : note, role: .thumbnailEmpty, into: &grid, at: rect,
                clip: rect.intersection(clip))
        }
        drawCaption(
            [AlbumLevels(album.name).name, albums.countText(of: album) + (listed.isShared ? ", shared" : "")],
            isCursor, into: &grid, below: rect, clip: clip)
    }

    /// The first line is a name.
    func drawCaption(_ lines: [String], _ isCursor: Bool, into grid: inout Grid, below rect: Rect, clip: Rect) {
        for (offset, text) in lines.enumerated() {
            let role: StyleRole = isCursor ? .cursor : offset == 0 ? .text : .dim
            let line = Rect(row: rect.endRow + offset, column: rect.column, rows: 1, columns: rect.columns)
            guard clip.contains(line.origin) else { continue }
            if isCursor { grid.fill(line.intersection(clip), with: Cell(" ", paint: .role(.cursor))) }
            grid.write(
                displayEscaped(text), at: line.origin, role: role, maxWidth: line.columns, truncation: .middle,
                ascii: look.lines.isASCII)
        }
    }

    /// The pictures that the wall shows.
    var albumThumbnailKeys: [ThumbnailKey] {
        guard context == .albums else { return [] }
        return albums.visible.compactMap { index in
            albums.event(at: index).map(\.cover) ?? albums.cover(of: albums.albums[index])
        }.filter { $0.status == .ready }
            .map(timeline.thumbnailKey)
    }

    /// The line below the wall.
    var albumsStatus: (left: String, right: String) {
        if let event = albums.cursorEvent { return status(of: event) }
        guard let album = albums.cursorAlbum?.album else { return ("", "") }
        if let problem = albums.summaries[album.id]?.problem { return (displayEscaped(problem), "") }
        let about = album.query.map { "/\($0)" } ?? ""
        let parts = [album.name, album.description, about].filter { !$0.isEmpty }
        let order = album.query != nil ? "saved search" : album.order == .hand ? "by hand" : "newest first"
        return (parts.map { displayEscaped($0) }.joined(separator: "  "), order)
    }
}

extension AlbumsState {
    func cover(of listed: ListedAlbum) -> TimelineEntry? { listed.cover ?? summaries[listed.album.id]?.cover }

    func countText(of album: Album) -> String {
        guard album.query != nil else { return counted(album.photoCount, "photo") }
        guard let summary = summaries[album.id] else { return "search" }
        if summary.problem != nil { return "search" }
        return "search: " + grouped(summary.count.count) + (summary.count.isBounded ? "+" : "")
    }
}
