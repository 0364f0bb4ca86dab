public import Core

/// How often photos that a scan took for the same are the same, by how far apart they are.
///
/// The unit is a cluster, which is resolved as a whole: its answer is about its keeper and the photo farthest from it, and its
/// distance is theirs. One answer a cluster, too, as the interval asks for independent ones.
public struct PrecisionCurve: Hashable, Sendable {
    /// By distance, nearest first; none without answers.
    public let counts: [CalibrationCount]

    public init(_ counts: [CalibrationCount]) {
        self.counts = counts.filter { $0.answers > 0 }.sorted { $0.distance < $1.distance }
    }

    public var answers: Int { counts.reduce(0) { $0 + $1.answers } }

    public func estimate(at distance: Int) -> PrecisionEstimate { estimate { $0 == distance } }

    /// Of all that are no farther apart. As far ones are asked about as often as near ones, which there are more of, it errs
    /// toward caution.
    public func estimate(upTo distance: Int) -> PrecisionEstimate { estimate { $0 <= distance } }

    private func estimate(_ isMeant: (Int) -> Bool) -> PrecisionEstimate {
        let meant = counts.filter { isMeant($0.distance) }
        return PrecisionEstimate(
            answers: meant.reduce(0) { $0 + $1.answers }, right: meant.reduce(0) { $0 + $1.same })
    }

    /// The farthest distance up to which the precision is reached: the interval of all answers up to it begins there, and
    /// those at no single distance show that it is less. Nothing beyond what was answered is promised. nil where none is.
    public func threshold(for precision: Double) -> Int? {
        var threshold: Int?
        for count in counts {
            if estimate(at: count.distance).interval.upperBound < precision { break }
            if estimate(upTo: count.distance).interval.lowerBound >= precision { threshold = count.distance }
        }
        return threshold
    }

    /// What comes nearest to a threshold for a precision that no distance reaches; nil without answers.
    public var best: (distance: Int, estimate: PrecisionEstimate)? {
        counts.map { ($0.distance, estimate(upTo: $0.distance)) }
            .max { ($0.1.interval.lowerBound, $0.0) < ($1.1.interval.lowerBound, $1.0) }
    }
}
