import Grid

/// Lets through of a grid's symbols what may go now, from the top: those of pictures already on the screen cost nothing, also
/// where they moved; of the others a coarse form goes first over a slow line, and nothing shows until it is their turn.
struct SymbolPacing {
    /// What the symbols of the last grid are taken from.
    let shown: Grid?
    let colorDepth: ColorDepth
    /// Whether a coarse form goes first.
    let isSlow: Bool
    /// Whether the coarse form is followed by the whole one: not where pixels follow.
    let isRefined: Bool

    struct Result {
        /// About how many bytes they take.
        var bytes = 0
        /// Whether some wait.
        var hasMore = false
    }

    /// - Parameter isPixels: whether the cell at a place shows pixels, which are none of these.
    func pace(_ grid: inout Grid, room: Int, isPixels: (Int, ImagePiece) -> Bool) -> Result {
        var result = Result()
        let whole = grid
        paceBoxes(&grid)
        let places = whole.cells.indices.filter { place in
            guard let piece = whole.cells[place].piece, !isPixels(place, piece) else { return false }
            return !isShown(whole.cells[place], at: place)
        }
        if places.isEmpty { return result }
        var pieces: [ImagePiece: Cell] = [:]
        for cell in shown?.cells ?? [] where !cell.isImage {
            if let piece = cell.piece, !cell.isWaiting { pieces[piece] = cell.plain }
        }
        var coarse: [Int] = []
        for place in places {
            guard let piece = whole.cells[place].piece else { continue }
            let cell = whole.cells[place]
            let before = pieces[piece]
            if before == cell.plain { continue }
            let rough = isSlow ? whole.coarseCell(at: place) : cell
            if before != rough.plain {
                guard result.bytes < room else {
                    grid.replace(cell.waiting, at: place)
                    result.hasMore = true
                    continue
                }
                result.bytes += cost(isCoarse: isSlow)
            }
            grid.replace(rough, at: place)
            if rough != cell { coarse.append(place) }
        }
        guard isRefined else { return result }
        for place in coarse {
            if result.hasMore || result.bytes >= room {
                result.hasMore = true
                break
            }
            grid.replace(whole.cells[place], at: place)
            result.bytes += cost(isCoarse: false)
        }
        return result
    }

    /// The boxes where pictures will be are many colour changes: nothing over a slow line.
    private func paceBoxes(_ grid: inout Grid) {
        guard isSlow else { return }
        for place in grid.cells.indices where grid.cells[place].plain == .box {
            grid.replace(Cell(" ", attributes: grid.cells[place].attributes), at: place)
        }
    }

    private func isShown(_ cell: Cell, at place: Int) -> Bool {
        guard let shown, shown.cells.indices.contains(place) else { return false }
        return shown.cells[place].plain == cell.plain
    }

    /// Bytes of a cell, about, as curses writes colours.
    private func cost(isCoarse: Bool) -> Int {
        switch colorDepth {
        case .truecolor: isCoarse ? 11 : 40
        case .indexed256: isCoarse ? 8 : 24
        case .ansi16: isCoarse ? 6 : 12
        case .mono: 3
        }
    }
}

extension Cell {
    /// Without attributes, which change with the cursor and are text.
    fileprivate var plain: Cell {
        var cell = self
        cell.attributes = []
        return cell
    }

    /// What stands where a symbol has yet to come.
    fileprivate var waiting: Cell {
        var cell = Cell(" ", attributes: attributes)
        cell.piece = piece
        return cell
    }

    fileprivate var isWaiting: Bool { scalar == " " && paint == .role(.text) }

    fileprivate static let box = Cell(" ", paint: .role(.thumbnailEmpty))
}

extension Grid {
    fileprivate mutating func replace(_ cell: Cell, at place: Int) { self[place / columns, place % columns] = cell }

    /// A blank of the mean colour of the cell and its neighbour, so that two cost little more than one.
    fileprivate func coarseCell(at place: Int) -> Cell {
        let cell = cells[place]
        guard let piece = cell.piece, case .colors = cell.paint else { return cell }
        let other = piece.column % 2 == 0 ? place + 1 : place - 1
        let isPair =
            cells.indices.contains(other) && other / columns == place / columns
            && cells[other].piece == ImagePiece(image: piece.image, row: piece.row, column: piece.column ^ 1)
        var (red, green, blue, count) = (0, 0, 0, 0)
        for cell in isPair ? [cell, cells[other]] : [cell] {
            guard case .colors(let foreground, let background) = cell.paint else { continue }
            for color in cell.scalar == " " ? [background, background] : [foreground, background] {
                red += Int(color.red)
                green += Int(color.green)
                blue += Int(color.blue)
                count += 1
            }
        }
        let mean = RGBColor(
            red: UInt8(red / max(1, count)), green: UInt8(green / max(1, count)), blue: UInt8(blue / max(1, count)))
        var result = Cell(" ", paint: .colors(foreground: mean, background: mean), attributes: cell.attributes)
        result.piece = piece
        return result
    }
}
