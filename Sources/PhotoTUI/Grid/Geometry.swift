/// A cell's place: rows and columns count from 0 at the top left.
public struct Position: Hashable, Sendable {
    public var row: Int
    public var column: Int

    public init(row: Int, column: Int) {
        self.row = row
        self.column = column
    }
}

/// A width and height in cells.
public struct GridSize: Hashable, Sendable {
    public var columns: Int
    public var rows: Int

    /// Negative sizes count as 0.
    public init(columns: Int, rows: Int) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }
}

/// A rectangle of cells. One with no rows or no columns is empty, and drawing into it does nothing.
public struct Rect: Hashable, Sendable {
    public var row: Int
    public var column: Int
    public var rows: Int
    public var columns: Int

    /// Negative sizes count as 0.
    public init(row: Int, column: Int, rows: Int, columns: Int) {
        self.row = row
        self.column = column
        self.rows = max(0, rows)
        self.columns = max(0, columns)
    }

    public init(_ size: GridSize) {
        self.init(row: 0, column: 0, rows: size.rows, columns: size.columns)
    }

    public var origin: Position { Position(row: row, column: column) }
    public var size: GridSize { GridSize(columns: columns, rows: rows) }
    /// The first row below, and the first column to the right.
    public var endRow: Int { row + rows }
    public var endColumn: Int { column + columns }
    public var isEmpty: Bool { rows == 0 || columns == 0 }

    public func contains(_ position: Position) -> Bool {
        position.row >= row && position.row < endRow && position.column >= column && position.column < endColumn
    }

    /// What both cover; empty when they don't meet.
    public func intersection(_ other: Rect) -> Rect {
        let (top, left) = (max(row, other.row), max(column, other.column))
        return Rect(
            row: top, column: left, rows: min(endRow, other.endRow) - top,
            columns: min(endColumn, other.endColumn) - left)
    }

    /// The rectangle with that many rows and columns taken off at each side.
    public func inset(rows rowCount: Int = 0, columns columnCount: Int = 0) -> Rect {
        Rect(
            row: row + rowCount, column: column + columnCount, rows: rows - 2 * rowCount,
            columns: columns - 2 * columnCount)
    }

    /// The top rows, and what is left below them.
    public func splitTop(_ count: Int) -> (top: Rect, rest: Rect) {
        let count = min(max(0, count), rows)
        return (
            Rect(row: row, column: column, rows: count, columns: columns),
            Rect(row: row + count, column: column, rows: rows - count, columns: columns)
        )
    }

    /// The bottom rows, and what is left above them.
    public func splitBottom(_ count: Int) -> (bottom: Rect, rest: Rect) {
        let (rest, bottom) = splitTop(rows - min(max(0, count), rows))
        return (bottom, rest)
    }

    /// The leftmost columns, and what is left beside them.
    public func splitLeft(_ count: Int) -> (left: Rect, rest: Rect) {
        let count = min(max(0, count), columns)
        return (
            Rect(row: row, column: column, rows: rows, columns: count),
            Rect(row: row, column: column + count, rows: rows, columns: columns - count)
        )
    }

    /// The rightmost columns, and what is left beside them.
    public func splitRight(_ count: Int) -> (right: Rect, rest: Rect) {
        let (rest, right) = splitLeft(columns - min(max(0, count), columns))
        return (right, rest)
    }

    /// A rectangle of that size in the middle of this one, cut to fit.
    public func centered(_ size: GridSize) -> Rect {
        let (height, width) = (min(size.rows, rows), min(size.columns, columns))
        return Rect(
            row: row + (rows - height) / 2, column: column + (columns - width) / 2, rows: height, columns: width)
    }
}
