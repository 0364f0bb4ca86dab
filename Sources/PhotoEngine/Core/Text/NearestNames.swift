/// Names that somebody may have meant.
public enum NearestNames {
    /// At most three of `names`, the nearest first: few letters apart, or one beginning with the other.
    public static func of(_ name: String, among names: [String]) -> [String] {
        let wanted = Array(name.lowercased().unicodeScalars.prefix(200))
        let most = max(1, min(3, wanted.count / 2))
        return names.compactMap { other -> (String, Int)? in
            let letters = Array(other.lowercased().unicodeScalars.prefix(200))
            let distance = distance(wanted, letters)
            let isPart = wanted.count > 1 && (letters.starts(with: wanted) || wanted.starts(with: letters))
            return distance <= most || isPart ? (other, distance) : nil
        }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
    }

    /// Letters to change, leave out, put in, or swap with their neighbours (optimal string alignment).
    static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var before = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i]
            for j in 1...right.count {
                var best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1))
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    best = min(best, before[j - 2] + 1)
                }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[right.count]
    }
}
