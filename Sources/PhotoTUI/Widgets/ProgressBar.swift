public import Grid

/// How far a task has come, with the time it will still take.
public struct ProgressBar: Hashable, Sendable {
    public var done: Int
    /// Nil while nobody knows.
    public var total: Int?
    /// What is counted: "photos".
    public var unit: String
    /// Items a second; nil while it isn't known.
    public var rate: Double?

    public init(done: Int, total: Int?, unit: String = "", rate: Double? = nil) {
        (self.done, self.total, self.unit, self.rate) = (done, total, unit, rate)
    }

    /// 0 to 1, nil while the total isn't known.
    public var fraction: Double? {
        guard let total, total > 0 else { return total == 0 ? 1 : nil }
        return min(1, max(0, Double(done) / Double(total)))
    }

    /// Seconds still to go at this rate.
    public var secondsLeft: Double? {
        guard let total, let rate, rate > 0 else { return nil }
        return Double(max(0, total - done)) / rate
    }

    /// `61% 1,220/2,000 photos 48/s 0:16`, what isn't known left out.
    public var text: String {
        var parts: [String] = []
        if let fraction { parts.append("\(Int(fraction * 100))%") }
        parts.append(total.map { "\(Self.grouped(done))/\(Self.grouped($0))" } ?? Self.grouped(done))
        if !unit.isEmpty { parts.append(unit) }
        if let rate, rate > 0 { parts.append(rate >= 10 ? "\(Int(rate.rounded()))/s" : "\(Self.tenths(rate))/s") }
        if let secondsLeft { parts.append(Self.duration(secondsLeft)) }
        return parts.joined(separator: " ")
    }

    /// Draws the bar on one row with its text behind it; the text goes first where there is no room for both.
    public func draw(into grid: inout Grid, in area: Rect, lines: LineSet) {
        let row = area.splitTop(1).top
        guard !row.isEmpty else { return }
        let shown = text
        let barWidth = row.columns - shown.displayWidth - 1
        guard barWidth >= 4, let fraction else {
            grid.write(shown, at: row.origin, role: .progress, maxWidth: row.columns, ascii: lines.isASCII)
            return
        }
        drawBar(fraction, into: &grid, in: row.splitLeft(barWidth).left, lines: lines)
        grid.write(shown, at: Position(row: row.row, column: row.column + barWidth + 1), role: .statusProgress)
    }

    private func drawBar(_ fraction: Double, into grid: inout Grid, in row: Rect, lines: LineSet) {
        let eighths = Int((fraction * Double(row.columns * 8)).rounded(.down))
        for column in 0..<row.columns {
            let filled = min(8, max(0, eighths - column * 8))
            let scalar: Unicode.Scalar =
                lines.isASCII ? (filled >= 4 ? "#" : "-") : filled == 0 ? "─" : Self.blocks[filled]
            grid[row.row, row.column + column] = Cell(
                scalar, paint: .role(filled == 0 || (lines.isASCII && filled < 4) ? .progressTrack : .progress))
        }
    }

    private static let blocks: [Unicode.Scalar] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]

    /// `4:05`, `1:00:00`, `3 d 4 h`.
    public static func duration(_ seconds: Double) -> String {
        let total = Int(min(max(0, seconds), 1e9).rounded(.up))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if total < 3600 { return "\(total / 60):\(two(total % 60))" }
        if total < 86_400 { return "\(total / 3600):\(two(total / 60 % 60)):\(two(total % 60))" }
        return "\(total / 86_400) d \(total / 3600 % 24) h"
    }

    static func grouped(_ number: Int) -> String {
        var (digits, result) = (Array(String(number.magnitude)), "")
        while digits.count > 3 {
            result = "," + String(digits.suffix(3)) + result
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + String(digits) + result
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
