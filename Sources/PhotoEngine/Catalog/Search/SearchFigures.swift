import Core

/// A photo's figures, each as one of a few steps: what photos with such figures are listed under, all of them together.
///
/// Cameras make some thousands of these combinations, so that a search for figures reads the lists of those that come into
/// question, and looks at each photo's own.
enum SearchFigures {
    /// In the order of their letters. Steps begin at, or just behind, the values that people ask for.
    private static let steps: [(number: SearchQuery.Number, from: [Double])] = [
        (.iso, [101, 201, 401, 801, 1601, 3201, 6401, 12_801]),
        (.aperture, [1.4, 1.8, 2, 2.8, 4, 5.6, 8, 11]),
        (.shutter, [2000, 1000, 500, 250, 125, 60, 30, 8, 1].map { 1 / $0 }),
        (.focalLength, [20, 28, 35, 50, 70, 100, 200, 400]),
        (.byteCount, [0.5, 1, 2, 5, 10, 20, 50, 100].map { $0 * 1_000_000 + 1 }),
        (.width, [641, 1281, 2001, 3001, 4001, 6001, 8001]),
        (.height, [641, 1281, 2001, 3001, 4001, 6001, 8001]),
    ]

    /// A digit for each figure, a hyphen for one that isn't known.
    static func content(_ value: (SearchQuery.Number) -> Double?) -> String {
        steps.map { number, from in value(number).map { "\(step($0, from))" } ?? "-" }.joined()
    }

    private static func step(_ value: Double, _ from: [Double]) -> Int { from.count { $0 <= value } }

    /// Which combinations come into question, as a condition on their `content`; nil for a number that none has a letter for.
    static func condition(_ number: SearchQuery.Number, _ bounds: SearchBounds) -> Timeline.Condition? {
        guard let index = steps.firstIndex(where: { $0.number == number }) else { return nil }
        let from = steps[index].from
        // What isn't included is next to what is: for whole numbers by one.
        let isWhole = [.iso, .byteCount, .width, .height].contains(number)
        let first = bounds.lower.map { lower in
            step(lower.isIncluded ? lower.value : isWhole ? lower.value.rounded(.down) + 1 : lower.value.nextUp, from)
        }
        let last = bounds.upper.map { step($0.isIncluded ? $0.value : $0.value.nextDown, from) }
        return Timeline.Condition(
            sql: "substr(content, \(index + 1), 1) >= ? AND substr(content, \(index + 1), 1) <= ?",
            values: [.text("\(first ?? 0)"), .text("\(last ?? from.count)")])
    }
}
