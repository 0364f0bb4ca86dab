import Core
import Duplicates
import Testing

@Suite("Precision by distance")
struct PrecisionTests {
    @Test(
        "The interval is Wilson's, as published",
        // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        arguments: [
            (263, 81, 0.2553, 0.3662), (148, 15, 0.0624, 0.1605), (20, 0, 0.0000, 0.1611), (29, 1, 0.0061, 0.1718),
        ])
    func wilson(answers: Int, right: Int, low: Double, high: Double) {
        let interval = PrecisionEstimate(answers: answers, right: right).interval
        #expect(abs(interval.lowerBound - low) < 5e-5 && abs(interval.upperBound - high) < 5e-5)
        // As many wrong ones mirror it.
        let mirrored = PrecisionEstimate(answers: answers, right: answers - right).interval
        #expect(abs(1 - mirrored.upperBound - low) < 5e-5 && abs(1 - mirrored.lowerBound - high) < 5e-5)
    }

    @Test("Without answers anything may be so, and answers without a mistake still leave some doubt")
    func few() {
        #expect(PrecisionEstimate(answers: 0, right: 0).interval == 0...1)
        #expect(PrecisionEstimate(answers: 0, right: 0).precision == nil)
        let all = PrecisionEstimate(answers: 50, right: 50)
        #expect(all.precision == 1 && all.interval.upperBound == 1)
        #expect(all.interval.lowerBound > 0.92 && all.interval.lowerBound < 0.93)
    }

    @Test("As many right answers are asked for as it takes, not one more", arguments: [0.6, 0.9, 0.99])
    func missing(precision: Double) {
        for (answers, right) in [(0, 0), (1, 1), (7, 4), (30, 29)] {
            let more = PrecisionEstimate(answers: answers, right: right).rightAnswersMissing(for: precision)
            func low(_ more: Int) -> Double {
                PrecisionEstimate(answers: answers + more, right: right + more).interval.lowerBound
            }
            #expect(low(more) >= precision)
            #expect(more == 0 || low(more - 1) < precision)
        }
        #expect(PrecisionEstimate(answers: 0, right: 0).rightAnswersMissing(for: 0.9) == 35)
    }

    private func curve(_ counts: [(Int, Int, Int)]) -> PrecisionCurve {
        PrecisionCurve(counts.map { CalibrationCount(distance: $0.0, answers: $0.1, same: $0.2) })
    }

    @Test("The threshold is the farthest distance up to which the precision is shown")
    func threshold() {
        #expect(curve([]).threshold(for: 0.9) == nil)
        #expect(curve([(0, 10, 10), (4, 10, 10)]).threshold(for: 0.9) == nil)
        #expect(curve([(0, 20, 20), (4, 20, 20)]).threshold(for: 0.9) == 4)
        // In whatever order they come, and not beyond what was answered.
        #expect(curve([(4, 20, 20), (8, 0, 0), (0, 20, 20)]).threshold(for: 0.9) == 4)
        // What one distance lacks the nearer ones have.
        #expect(curve([(0, 40, 40), (2, 3, 3), (6, 40, 32)]).threshold(for: 0.9) == 2)
        #expect(curve([(0, 40, 40), (2, 3, 3), (6, 40, 32)]).threshold(for: 0.75) == 6)
    }

    @Test("Many right answers to near pairs don't hide that farther ones are wrong")
    func hidden() {
        let mixed = curve([(0, 500, 500), (8, 6, 1), (9, 100, 100)])
        #expect(mixed.estimate(upTo: 8).interval.lowerBound > 0.9)
        #expect(mixed.threshold(for: 0.9) == 0)
        #expect(mixed.estimate(at: 8).interval.upperBound < 0.9)
    }
}
