import Core
import Grid
import Widgets

extension AppState {
    func drawPlaces(into grid: inout Grid, _ layout: Layout) {
        let (heading, rows) = layout.body.splitTop(1)
        let right = places.rows.isEmpty ? "" : "\(grouped(places.cursor + 1)) of \(grouped(places.rows.count))"
        grid.write(
            "By country and city", at: Position(row: heading.row, column: heading.column + 1), role: .heading,
            maxWidth: max(0, heading.columns - right.displayWidth - 3), ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: heading.row, column: heading.endColumn - right.displayWidth - 1),
            role: .subheading)
        switch places.phase {
        case .failed(let error):
            drawCentered([error.whatHappened, error.whatToDo], role: .error, into: &grid, in: rows)
        case .loading: drawCentered(["loading" + look.lines.ellipsis], role: .placeholder, into: &grid, in: rows)
        case .ready where places.rows.isEmpty:
            let reason =
                places.unplaced == 0
                ? "no photo has a position" : "phototui doctor tells what positions are looked up with"
            drawCentered(["no place is known", reason], role: .heading, into: &grid, in: rows)
        case .ready:
            let list = places.listArea
            for (line, index) in places.visible.enumerated() {
                let row = Rect(row: list.row + line, column: list.column, rows: 1, columns: list.columns)
                drawPlace(places.rows[index], isCursor: index == places.cursor, into: &grid, in: row.intersection(list))
            }
            if places.showsMap { drawMap(into: &grid, in: places.mapArea) }
        }
    }

    private func drawPlace(_ row: PlacesState.Row, isCursor: Bool, into grid: inout Grid, in area: Rect) {
        guard !area.isEmpty else { return }
        if isCursor { grid.fill(area, with: Cell(" ", paint: .role(.cursor))) }
        let (name, indent, right, role): (String, Int, String, StyleRole) =
            switch row {
            case .country(let name, let cities, let photos):
                (
                    displayEscaped(name), 1,
                    (cities == 1 ? "1 city" : "\(grouped(cities)) cities") + look.lines.separator
                        + counted(photos, "photo"), .heading
                )
            case .city(let found):
                (
                    [found.city.name, found.city.region].compactMap { $0 }.map { displayEscaped($0) }
                        .joined(separator: ", "), 3, counted(found.count, "photo"), .text
                )
            }
        let end = max(area.column + indent, area.endColumn - right.displayWidth - 1)
        grid.write(
            name, at: Position(row: area.row, column: area.column + indent), role: isCursor ? .cursor : role,
            maxWidth: max(0, end - area.column - indent - 2), ascii: look.lines.isASCII)
        grid.write(
            right, at: Position(row: area.row, column: end), role: isCursor ? .cursor : .subheading,
            maxWidth: max(0, area.endColumn - end), ascii: look.lines.isASCII)
    }

    /// The world's cities as faint dots, and over them those that photos were taken in.
    private func drawMap(into grid: inout Grid, in area: Rect) {
        guard area.columns > 1, area.rows > 0 else { return }
        let frame = places.frame(aspect: look.cellAspectRatio)
        var plot = DotPlot(size: area.size)
        for position in places.known {
            let place = frame.place(latitude: position.latitude, longitude: position.longitude)
            plot.set(x: Int((place.column * 2).rounded(.down)), y: Int((place.row * 4).rounded(.down)))
        }
        plot.draw(into: &grid, at: area.origin, role: .border, lines: look.lines)
        var counts: [Position: Int] = [:]
        for city in places.rows.compactMap(\.asCity) {
            if let cell = frame.cell(of: city.city.position) { counts[cell, default: 0] += city.count }
        }
        let chosen = Set(places.chosenCities.compactMap { frame.cell(of: $0.city.position) })
        for (cell, count) in counts {
            grid[area.row + cell.row, area.column + cell.column] = Cell(
                mark(of: count), paint: .role(chosen.contains(cell) ? .cursor : .badge))
        }
        let width = "\(grouped(Int(frame.kilometres.rounded()))) km across"
        grid.write(
            width,
            at: Position(row: area.endRow - 1, column: max(area.column, area.endColumn - width.displayWidth - 1)),
            role: .dim, maxWidth: area.columns)
    }

    /// Larger for more photos: under 10, under 1,000, more.
    private func mark(of photos: Int) -> Unicode.Scalar {
        let marks: [Unicode.Scalar] = look.lines.isASCII ? ["o", "O", "@"] : ["•", "●", "◉"]
        return marks[photos < 10 ? 0 : photos < 1000 ? 1 : 2]
    }

    /// The line below the list.
    var placesStatus: (left: String, right: String) {
        if case .loading = places.phase { return ("", "") }
        let cities = places.cityCount == 1 ? "1 city" : "\(grouped(places.cityCount)) cities"
        return (
            "\(counted(places.photoCount, "photo")) in \(cities)",
            places.unplaced == 0 ? "" : "\(grouped(places.unplaced)) not looked up"
        )
    }
}
