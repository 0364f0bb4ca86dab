public import Core
public import Duplicates

/// How far what a scan takes for the same picture can be trusted in one library: by what a person says of some of it.
///
/// Every answer is kept at once: whoever stops goes on with the pairs that are left.
public struct DuplicateCalibration: Sendable {
    private let catalog: any DuplicateReview.ReviewCatalog
    private let review: DuplicateReview

    public init(catalog: any DuplicateReview.ReviewCatalog, review: DuplicateReview) {
        self.catalog = catalog
        self.review = review
    }

    /// Pairs that nobody was asked about, of each distance in turns, at most `limit`; of clusters that bulk resolutions take.
    public func pairs(limit: Int) async throws -> [CalibrationPair] {
        var pairs: [CalibrationPair] = []
        var seen = 0
        // Bursts and the like are known by their photos alone: ask for more until there are enough.
        var wanted = limit
        while pairs.count < limit {
            let clusters = try await catalog.clustersToCalibrate(limit: wanted)
            for id in clusters.dropFirst(seen) where pairs.count < limit {
                try Task.checkCancellation()
                if let pair = try await pair(of: id) { pairs.append(pair) }
            }
            if clusters.count < wanted { break }
            (seen, wanted) = (clusters.count, wanted * 4)
        }
        return pairs
    }

    private func pair(of id: ClusterID) async throws -> CalibrationPair? {
        do {
            guard let cluster = try await catalog.cluster(id) else { return nil }
            return CalibrationPair(try await review.proposal(for: cluster))
        } catch let error as EngineError where error.code == .conflict {
            // Somebody decided on it meanwhile.
            return nil
        }
    }

    /// Keeps what a person says of two photos that are in one cluster. With `decides`, that they are not the same holds for
    /// every later scan, too. Throws `.conflict` when they are in one no more.
    public func answer(
        _ one: PhotoID, _ other: PhotoID, isSame: Bool, decides: Bool = false, actor: String, reason: String = ""
    ) async throws {
        guard let id = try await catalog.cluster(of: one), one != other,
            try await catalog.cluster(of: other) == id,
            let distance = try await distance(one, other, in: id)
        else {
            throw EngineError(
                .conflict, "\(one) and \(other) are in one cluster no more", whatToDo: "ask for the pairs anew")
        }
        try await catalog.keep([CalibrationAnswer(one, other, distance: distance, isSame: isSame)])
        if decides, !isSame { _ = try await review.decideDistinct([one, other], actor: actor, reason: reason) }
    }

    private func distance(_ one: PhotoID, _ other: PhotoID, in cluster: ClusterID) async throws -> Int? {
        var found: [PhotoID: ClusterMember] = [:]
        var after: PhotoID?
        while found.count < 2 {
            let page = try await catalog.members(of: cluster, after: after, limit: 1000)
            guard let last = page.last else { return nil }
            after = last.photo
            for member in page where member.photo == one || member.photo == other { found[member.photo] = member }
        }
        guard let first = found[one], let second = found[other] else { return nil }
        return first.distance(to: second)
    }

    public func curve() async throws -> PrecisionCurve { PrecisionCurve(try await catalog.calibrationCounts()) }

    /// Decides, from the answers there are, how far apart photos may be to be resolved many at a time.
    public func calibrate(precision: Double, actor: String, reason: String = "") async throws -> Calibration {
        let threshold = try await curve().threshold(for: precision)
        return try await catalog.calibrate(precision: precision, distance: threshold, actor: actor, reason: reason)
    }

    /// How many bits apart photos may be for at least this share to be the same. Throws `.conflict`, with what to do, where
    /// the answers don't show that.
    public func threshold(for precision: Double) async throws -> Int {
        let curve = try await curve()
        if let threshold = curve.threshold(for: precision) { return threshold }
        throw try await unshown(precision, curve)
    }

    /// What was decided last; nil where nobody has.
    public func decided() async throws -> Calibration? { try await catalog.calibration() }

    /// What was decided last. Throws `.conflict`, with what to do, where nothing was or no distance was found.
    public func decidedThreshold() async throws -> Int {
        guard let calibration = try await catalog.calibration() else {
            throw EngineError(.conflict, "this library is not calibrated", whatToDo: Self.advice)
        }
        if let distance = calibration.distance { return distance }
        throw try await unshown(calibration.precision, curve())
    }

    private static let advice = "look at some pairs of photos with: phototui duplicates calibrate"

    /// Whether there is no pair that nobody answered.
    public func isExhausted() async throws -> Bool { try await pairs(limit: 1).isEmpty }

    private func unshown(_ precision: Double, _ curve: PrecisionCurve) async throws -> EngineError {
        guard let best = curve.best else {
            return EngineError(.conflict, "this library is not calibrated", whatToDo: Self.advice)
        }
        let isExhausted = try await isExhausted()
        let share = (best.estimate.interval.lowerBound * 1000).rounded(.down) / 1000
        let missing = best.estimate.rightAnswersMissing(for: precision)
        return EngineError(
            .conflict,
            """
            a precision of \(precision) is not shown for this library: by \(curve.answers) \
            answer\(curve.answers == 1 ? "" : "s") it is at least \(share), up to \(best.distance) bits
            """,
            whatToDo: isExhausted
                ? """
                there is no other pair to ask about: be content with less (phototui duplicates calibrate --precision \
                \(share)), or decide on each cluster
                """
                : """
                answer more with: phototui duplicates calibrate (\(missing) more that are all the same picture would do), \
                or ask for less
                """)
    }
}
