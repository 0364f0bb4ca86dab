internal import Glibc

/// What a number of answers, drawn by chance, tells of how often the same answer would be given.
public struct PrecisionEstimate: Hashable, Sendable {
    public let answers: Int
    public let right: Int

    public init(answers: Int, right: Int) {
        precondition((0...max(0, answers)).contains(right))
        self.answers = answers
        self.right = right
    }

    /// nil without answers.
    public var precision: Double? { answers == 0 ? nil : Double(right) / Double(answers) }

    /// What the true share is in at 95 %, by the score interval (Wilson 1927, "Probable inference, the law of succession, and
    /// statistical inference"): it holds for few answers and for shares near to 1, where the one by the normal distribution
    /// is no interval at all (Brown, Cai, DasGupta 2001, "Interval estimation for a binomial proportion"). 0...1 without answers.
    public var interval: ClosedRange<Double> {
        if answers == 0 { return 0...1 }
        let (count, share) = (Double(answers), Double(right) / Double(answers))
        let square = Self.quantile * Self.quantile
        let middle = (share + square / (2 * count)) / (1 + square / count)
        let half =
            Self.quantile / (1 + square / count)
            * (share * (1 - share) / count + square / (4 * count * count)).squareRoot()
        // Exactly 0 and 1 where no answer says otherwise, whatever rounding makes of it.
        let (low, high) = (right == 0 ? 0 : max(0, middle - half), right == answers ? 1 : min(1, middle + half))
        return low...high
    }

    /// The standard normal distribution's 0.975 quantile.
    private static let quantile = 1.959963984540054

    /// How many more right answers without a wrong one it takes for the interval to begin at `precision`.
    public func rightAnswersMissing(for precision: Double) -> Int {
        precondition(precision > 0 && precision < 1)
        func holds(_ more: Int) -> Bool {
            PrecisionEstimate(answers: answers + more, right: right + more).interval.lowerBound >= precision
        }
        if holds(0) { return 0 }
        var high = 1
        while !holds(high) { high *= 2 }
        var low = high / 2
        while high - low > 1 {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
