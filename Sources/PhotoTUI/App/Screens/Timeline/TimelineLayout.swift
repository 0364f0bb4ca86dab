public import Core

/// Where every month and photo of the timeline stands, from the months' counts alone.
///
/// A month takes a heading row, its lines of tiles, and a blank row. Rows and ordinals count from 0 at the newest photo.
/// Looking anything up is a binary search over the months, so a million photos cost as much as a thousand.
public struct TimelineLayout: Hashable, Sendable {
    public let months: [MonthCount]
    /// Tiles on a line.
    public let columns: Int
    /// Rows of a tile with its caption.
    public let tileRows: Int
    private let firstRows: [Int]
    private let firstOrdinals: [Int]

    public init(months: [MonthCount] = [], columns: Int = 1, tileRows: Int = 2) {
        self.months = months.filter { $0.count > 0 }
        self.columns = max(1, columns)
        self.tileRows = max(1, tileRows)
        var (row, ordinal) = (0, 0)
        var (rows, ordinals) = ([0], [0])
        rows.reserveCapacity(self.months.count + 1)
        ordinals.reserveCapacity(self.months.count + 1)
        for month in self.months {
            row += 2 + (month.count + self.columns - 1) / self.columns * self.tileRows
            ordinal += month.count
            rows.append(row)
            ordinals.append(ordinal)
        }
        (firstRows, firstOrdinals) = (rows, ordinals)
    }

    public var isEmpty: Bool { months.isEmpty }
    /// Rows of the whole timeline.
    public var rows: Int { firstRows[months.count] }
    /// Photos of the whole timeline.
    public var count: Int { firstOrdinals[months.count] }

    /// A photo's month and its place within.
    public struct Place: Hashable, Sendable {
        /// Index into `months`.
        public let month: Int
        public let index: Int

        public init(month: Int, index: Int) {
            (self.month, self.index) = (month, index)
        }
    }

    /// The place of an ordinal, the nearest there is; nil on an empty timeline.
    public func place(ordinal: Int) -> Place? {
        guard count > 0 else { return nil }
        let ordinal = min(max(0, ordinal), count - 1)
        let month = Self.last(in: firstOrdinals, notAbove: ordinal, count: months.count)
        return Place(month: month, index: ordinal - firstOrdinals[month])
    }

    public func ordinal(of place: Place) -> Int { firstOrdinals[place.month] + place.index }

    /// The ordinal of a month's first photo.
    public func firstOrdinal(month: Int) -> Int { firstOrdinals[month] }

    /// The row of a month's heading.
    public func headingRow(month: Int) -> Int { firstRows[month] }

    /// The first row of a photo's tile.
    public func row(of place: Place) -> Int {
        firstRows[place.month] + 1 + place.index / columns * tileRows
    }

    /// The month that has a row; nil outside the timeline.
    public func month(atRow row: Int) -> Int? {
        guard row >= 0, row < rows else { return nil }
        return Self.last(in: firstRows, notAbove: row, count: months.count)
    }

    /// The photos whose tiles touch `rows`, month by month: index into `months` and places within.
    public func visible(rows range: Range<Int>) -> [(month: Int, indices: Range<Int>)] {
        guard let first = month(atRow: max(0, range.lowerBound)) else { return [] }
        var found: [(month: Int, indices: Range<Int>)] = []
        var month = first
        while month < months.count, firstRows[month] < range.upperBound {
            let start = firstRows[month] + 1
            let from = max(0, range.lowerBound - start) / tileRows
            let to = max(0, (range.upperBound - start + tileRows - 1) / tileRows)
            let lower = min(from * columns, months[month].count)
            let upper = min(to * columns, months[month].count)
            if lower < upper { found.append((month, lower..<upper)) }
            month += 1
        }
        return found
    }

    /// The month's index, or that of the nearest older one, else the oldest; nil on an empty timeline.
    public func index(of month: Month) -> Int? {
        guard !months.isEmpty else { return nil }
        var (low, high) = (0, months.count)
        while low < high {
            let middle = (low + high) / 2
            if months[middle].month > month { low = middle + 1 } else { high = middle }
        }
        return min(low, months.count - 1)
    }

    /// The photo one line above or below, the nearest column there is; the same when there is no such line.
    public func place(lines: Int, from place: Place) -> Place {
        var (month, line) = (place.month, place.index / columns)
        let column = place.index % columns
        var left = abs(lines)
        while left > 0 {
            let last = (months[month].count - 1) / columns
            if lines > 0 {
                let step = min(left, last - line)
                (line, left) = (line + step, left - step)
                guard left > 0 else { break }
                guard month + 1 < months.count else { return Place(month: month, index: months[month].count - 1) }
                (month, line, left) = (month + 1, 0, left - 1)
            } else {
                let step = min(left, line)
                (line, left) = (line - step, left - step)
                guard left > 0 else { break }
                guard month > 0 else { return Place(month: 0, index: min(column, months[0].count - 1)) }
                month -= 1
                (line, left) = ((months[month].count - 1) / columns, left - 1)
            }
        }
        return Place(month: month, index: min(line * columns + column, months[month].count - 1))
    }

    /// The last index below `count` whose value is at most `value`.
    private static func last(in values: [Int], notAbove value: Int, count: Int) -> Int {
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if values[middle] <= value { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
