import Core
import Duplicates
import PhotoEngine
import Workflows

/// How pairs to be answered, and what the answers show, are written.
enum CalibrationFormat {
    /// `"same"` is for who answers.
    static func json(_ pair: CalibrationPair, in library: Library) -> JSON {
        let fields = DuplicateFormat.json(
            pair.proposal.cluster, pair.proposal, in: library, only: [pair.keeper, pair.other])
        let kept: Set = ["proposal", "photos"]
        return .object(
            [
                ("cluster", .string(pair.proposal.cluster.id.description)),
                ("first", .string(pair.keeper.description)),
                ("second", .string(pair.other.description)),
                ("distance", .count(pair.distance)),
                ("same", .null),
            ] + fields.filter { kept.contains($0.name) })
    }

    static func json(_ curve: PrecisionCurve, precision: Double) -> [(name: String, value: JSON)] {
        let distances = curve.counts.map { count -> JSON in
            let (here, upTo) = (curve.estimate(at: count.distance), curve.estimate(upTo: count.distance))
            return .object([
                "distance": .count(count.distance),
                "answers": .count(count.answers),
                "same": .count(count.same),
                "precision": .decimal(here.precision),
                "low": .decimal(here.interval.lowerBound),
                "high": .decimal(here.interval.upperBound),
                "low_up_to_it": .decimal(upTo.interval.lowerBound),
                "high_up_to_it": .decimal(upTo.interval.upperBound),
            ])
        }
        return [
            ("answers", .count(curve.answers)),
            ("distances", .array(distances)),
            ("precision", .decimal(precision)),
            ("threshold", .count(curve.threshold(for: precision))),
        ]
    }

    /// What the answers show, for a person; a line only where there are none. `isExhausted` says that there is no other pair to be
    /// asked about.
    static func text(_ curve: PrecisionCurve, precision: Double, isExhausted: Bool) -> String {
        guard let best = curve.best else { return "no pair was answered yet\n" }
        var table = TextTable([
            ("BITS", .right), ("PAIRS", .right), ("SAME", .right), ("PRECISION", .right), ("AT 95 %", .left),
            ("UP TO IT", .left),
        ])
        for count in curve.counts {
            let here = curve.estimate(at: count.distance)
            table.add([
                "\(count.distance)", "\(count.answers)", "\(count.same)", share(here.precision ?? 0),
                range(here), range(curve.estimate(upTo: count.distance)),
            ])
        }
        if let threshold = curve.threshold(for: precision) {
            return table.text() + """
                Up to \(threshold) bits at least \(share(precision)) of what is taken for the same picture is the same. Resolve all of it \
                with: phototui duplicates resolve --calibrated

                """
        }
        let missing = best.estimate.rightAnswersMissing(for: precision)
        let low = share(best.estimate.interval.lowerBound)
        return table.text() + """
            A precision of \(share(precision)) is not shown at any distance: it is at least \(low) up to \(best.distance) bits. \
            \(isExhausted
                ? "There is no other pair to ask about: be content with --precision \(low) or less, or decide on each cluster."
                : "\(counted(missing, "more pair")) that \(missing == 1 ? "is" : "are all") the same picture would show it.")

            """
    }

    private static func range(_ estimate: PrecisionEstimate) -> String {
        "\(share(estimate.interval.lowerBound)) to \(share(estimate.interval.upperBound))"
    }

    /// Three decimals, never more than is so.
    private static func share(_ value: Double) -> String {
        let thousandths = Int((value * 1000 + 1e-9).rounded(.down))
        let digits = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
