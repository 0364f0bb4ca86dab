import Grid

/// A rectangle of the screen that shows a rectangle of one picture.
struct ImageShowing: Hashable {
    var image: ImageID
    /// Cells of the screen.
    var rect: Rect
    /// Cells of the picture.
    var part: Rect
}

extension Grid {
    /// The rectangles that show pictures, from the top, whatever covers or cuts them: as few as runs of cells of equal
    /// width, one below the other, make.
    func showings(where isWanted: (Int) -> Bool = { _ in true }) -> [ImageShowing] {
        var all: [ImageShowing] = []
        // Those that end at the row above, by where they begin.
        var open: [Int: Int] = [:]
        for row in 0..<rows {
            var next: [Int: Int] = [:]
            var column = 0
            while column < columns {
                let start = row * columns + column
                guard let first = cells[start].piece, isWanted(start) else {
                    column += 1
                    continue
                }
                var end = column + 1
                while end < columns, isWanted(row * columns + end),
                    cells[row * columns + end].piece
                        == ImagePiece(image: first.image, row: first.row, column: first.column + end - column)
                {
                    end += 1
                }
                let showing = ImageShowing(
                    image: first.image, rect: Rect(row: row, column: column, rows: 1, columns: end - column),
                    part: Rect(row: first.row, column: first.column, rows: 1, columns: end - column))
                if let index = open[column], all[index].continues(with: showing) {
                    all[index].rect.rows += 1
                    all[index].part.rows += 1
                    next[column] = index
                } else {
                    next[column] = all.count
                    all.append(showing)
                }
                column = end
            }
            open = next
        }
        return all
    }
}

extension ImageShowing {
    /// Whether another row of cells is the one below.
    fileprivate func continues(with row: ImageShowing) -> Bool {
        image == row.image && rect.column == row.rect.column && rect.columns == row.rect.columns
            && rect.endRow == row.rect.row && part.column == row.part.column && part.endRow == row.part.row
    }
}
