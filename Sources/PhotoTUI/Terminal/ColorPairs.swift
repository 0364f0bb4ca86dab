import CNcurses
import Grid

/// Numbers for pairs of colours, which curses wants before it shows them.
///
/// curses doesn't hand out pairs again, so they are kept here: when all are taken, those not on screen are. A screen
/// with more pairs than there are (16-colour terminals have 63) shows the nearest.
struct ColorPairs {
    /// -1 is the terminal's own colour.
    struct Colors: Hashable {
        var foreground: Int32
        var background: Int32
    }

    private let limit: Int
    private let initialize: (Int32, Colors) -> Void
    private var numbers: [Colors: Int32] = [:]
    private var free: [Int32] = []
    private var next: Int32 = 1

    /// - Parameters:
    ///   - limit: how many pairs there are beside pair 0, which is the terminal's own colours.
    ///   - initialize: tells curses; the pair may have had other colours before.
    init(limit: Int, initialize: @escaping (Int32, Colors) -> Void) {
        self.limit = limit
        self.initialize = initialize
    }

    /// The pair for these colours.
    /// - Parameter inUse: all colours on the screen to come; asked only when the pairs are used up.
    mutating func number(for colors: Colors, inUse: () -> Set<Colors>) -> Int32 {
        if colors.foreground == -1, colors.background == -1 { return 0 }
        if let number = numbers[colors] { return number }
        if Int(next) > limit, free.isEmpty {
            let used = inUse()
            for (colors, number) in numbers where !used.contains(colors) {
                free.append(number)
                numbers[colors] = nil
            }
        }
        let number: Int32
        if let recycled = free.popLast() {
            number = recycled
        } else if Int(next) <= limit {
            number = next
            next += 1
        } else {
            return nearest(to: colors)
        }
        numbers[colors] = number
        initialize(number, colors)
        return number
    }

    private func nearest(to colors: Colors) -> Int32 {
        func distance(_ one: Int32, _ two: Int32) -> Int {
            if one == two { return 0 }
            guard one >= 0, two >= 0 else { return 100_000 }
            return RGBColor(packed: UInt32(one)).distance(to: RGBColor(packed: UInt32(two)))
        }
        func distance(_ other: Colors) -> Int {
            distance(colors.foreground, other.foreground) + distance(colors.background, other.background)
        }
        return numbers.min { (distance($0.key), $0.value) < (distance($1.key), $1.value) }?.value ?? 0
    }
}
