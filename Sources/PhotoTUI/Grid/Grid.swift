/// A screenful of cells. Everything is drawn into one, and a backend shows it.
///
/// Writing outside it does nothing, and a wide scalar is never left cut in half: its other half becomes a blank.
public struct Grid: Equatable, Sendable {
    public let size: GridSize
    /// Row by row, left to right.
    public private(set) var cells: [Cell]

    public init(size: GridSize, filledWith cell: Cell = .blank) {
        self.size = size
        cells = Array(repeating: cell, count: size.rows * size.columns)
    }

    public var columns: Int { size.columns }
    public var rows: Int { size.rows }
    public var bounds: Rect { Rect(size) }

    /// The cell there. Reading outside the grid gives a blank. Writing a wide cell takes the next column too; at the
    /// last column a blank of its paint is written instead.
    public subscript(row: Int, column: Int) -> Cell {
        get {
            guard row >= 0, row < rows, column >= 0, column < columns else { return .blank }
            return cells[row * columns + column]
        }
        set { set(newValue, row: row, column: column, end: columns) }
    }

    public subscript(position: Position) -> Cell {
        get { self[position.row, position.column] }
        set { self[position.row, position.column] = newValue }
    }

    private mutating func set(_ cell: Cell, row: Int, column: Int, end: Int) {
        guard row >= 0, row < rows, column >= 0, column < min(end, columns) else { return }
        let index = row * columns + column
        guard cell.width == 2 else {
            clearHalves(at: index, column: column)
            cells[index] = cell.width == 1 ? cell : cell.blanked
            return
        }
        guard column + 1 < min(end, columns) else {
            clearHalves(at: index, column: column)
            cells[index] = cell.blanked
            return
        }
        clearHalves(at: index, column: column)
        clearHalves(at: index + 1, column: column + 1)
        cells[index] = cell
        cells[index + 1] = cell.continuation
    }

    private mutating func clearHalves(at index: Int, column: Int) {
        if cells[index].width == 0, column > 0 { cells[index - 1] = cells[index - 1].blanked }
        if cells[index].width == 2, column + 1 < columns { cells[index + 1] = cells[index + 1].blanked }
    }

    /// Fills a rectangle with one narrow cell.
    public mutating func fill(_ rect: Rect, with cell: Cell = .blank) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        let cell = cell.width == 1 ? cell : cell.blanked
        for row in area.row..<area.endRow {
            let start = row * columns
            clearHalves(at: start + area.column, column: area.column)
            clearHalves(at: start + area.endColumn - 1, column: area.endColumn - 1)
            for column in area.column..<area.endColumn { cells[start + column] = cell }
        }
    }

    /// Gives a rectangle another paint and adds attributes, leaving its text; pictures keep their colours.
    public mutating func repaint(_ rect: Rect, role: StyleRole, adding attributes: TextAttributes = []) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            for index in row * columns + area.column..<row * columns + area.endColumn {
                if case .role = cells[index].paint, !cells[index].isImage { cells[index].paint = .role(role) }
                cells[index].attributes.formUnion(attributes)
            }
        }
    }

    /// Copies a whole other grid to a place in this one, cut by `clip` when given.
    public mutating func draw(_ other: Grid, at origin: Position, clip: Rect? = nil) {
        var area = Rect(row: origin.row, column: origin.column, rows: other.rows, columns: other.columns)
        area = area.intersection(bounds)
        if let clip { area = area.intersection(clip) }
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            for column in area.column..<area.endColumn {
                let cell = other.cells[(row - origin.row) * other.columns + column - origin.column]
                // The lead writes both halves; a continuation comes alone only where the clip cut its lead away.
                if cell.width == 0, column > area.column { continue }
                set(cell, row: row, column: column, end: area.endColumn)
            }
        }
    }

    /// Says that a rectangle shows a picture, which fills it.
    public mutating func show(_ image: ImageID, in rect: Rect) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            for column in area.column..<area.endColumn {
                cells[row * columns + column].piece = ImagePiece(
                    image: image, row: row - rect.row, column: column - rect.column)
            }
        }
    }

    /// The same cells with those of pictures that `showsPixels` names, by their place in `cells`, showing pixels.
    public mutating func replaceSymbols(where showsPixels: (Int, ImagePiece) -> Bool) {
        for index in cells.indices {
            guard let piece = cells[index].piece, showsPixels(index, piece) else { continue }
            cells[index] = cells[index].showingPixels
        }
    }

    /// Blanks the cells of pictures that `isGone` names.
    public mutating func blank(where isGone: (ImagePiece) -> Bool) {
        for index in cells.indices where cells[index].piece.map(isGone) == true { cells[index] = .blank }
    }

    /// The runs of cells that differ from an earlier grid of the same size, row by row; the whole of each row when the
    /// sizes differ. A wide scalar is in a run wholly or not at all.
    public func differences(from earlier: Grid) -> [Run] {
        guard earlier.size == size else {
            return columns == 0 ? [] : (0..<rows).map { Run(row: $0, columns: 0..<columns) }
        }
        var runs: [Run] = []
        for row in 0..<rows {
            var column = 0
            while column < columns {
                let index = row * columns + column
                guard cells[index] != earlier.cells[index] else {
                    column += 1
                    continue
                }
                var start = column
                while start > 0, cells[row * columns + start].width == 0 { start -= 1 }
                var end = column + 1
                while end < columns,
                    cells[row * columns + end] != earlier.cells[row * columns + end]
                        || cells[row * columns + end].width == 0
                {
                    end += 1
                }
                runs.append(Run(row: row, columns: start..<end))
                column = end
            }
        }
        return runs
    }

    /// Neighbouring cells of one row.
    public struct Run: Hashable, Sendable {
        public var row: Int
        public var columns: Range<Int>

        public init(row: Int, columns: Range<Int>) {
            self.row = row
            self.columns = columns
        }
    }
}
