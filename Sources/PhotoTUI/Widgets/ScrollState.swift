/// Where the keyboard is in a long list, and which part of it shows.
///
/// A pure value: moving clamps to the list, and `offset` always keeps the cursor's line on screen.
public struct ScrollState: Hashable, Sendable {
    /// The item the keyboard is on; 0 when there are none.
    public private(set) var cursor = 0
    /// The first line shown.
    public private(set) var offset = 0

    public init(cursor: Int = 0, offset: Int = 0) {
        self.cursor = max(0, cursor)
        self.offset = max(0, offset)
    }

    /// Goes to an item, the nearest there is.
    /// - Parameters:
    ///   - perLine: items on a line: 1 for a list, the boxes of a row for a wall.
    ///   - visibleLines: lines that fit on screen.
    ///   - margin: lines kept visible above and below the cursor where there are any.
    public mutating func move(to item: Int, count: Int, perLine: Int = 1, visibleLines: Int, margin: Int = 0) {
        cursor = min(max(0, item), max(0, count - 1))
        let (perLine, visible) = (max(1, perLine), max(1, visibleLines))
        let margin = min(margin, (visible - 1) / 2)
        let line = cursor / perLine
        let lastOffset = max(0, (count + perLine - 1) / perLine - visible)
        offset = min(max(offset, line - visible + 1 + margin), max(0, line - margin))
        offset = min(max(0, offset), lastOffset)
    }

    /// Goes some items on, or back when negative.
    public mutating func move(by items: Int, count: Int, perLine: Int = 1, visibleLines: Int, margin: Int = 0) {
        move(to: cursor + items, count: count, perLine: perLine, visibleLines: visibleLines, margin: margin)
    }

    /// Scrolls without the keyboard, as by wheel; the cursor comes along when it would leave the screen.
    public mutating func scroll(by lines: Int, count: Int, perLine: Int = 1, visibleLines: Int) {
        let (perLine, visible) = (max(1, perLine), max(1, visibleLines))
        let lastOffset = max(0, (count + perLine - 1) / perLine - visible)
        offset = min(max(0, offset + lines), lastOffset)
        let line = cursor / perLine
        let target = min(max(line, offset), offset + visible - 1)
        cursor = min(max(0, cursor + (target - line) * perLine), max(0, count - 1))
    }
}
