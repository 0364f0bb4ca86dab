import Testing

@testable import Terminal

/// A line in simulated time, with a terminal that answers at its end.
private struct Line {
    var rate: Double
    var roundTrip: Double
    var governor = LinkGovernor()
    var now = 0.0
    /// When the line has sent all that was given to it.
    var freeAt = 0.0
    var answers: [Double] = []
    var sentPictures = 0
    /// What a key's text waits behind pictures, in seconds, for each key.
    var waits: [Double] = []
    var answersAre = true
    private let start = ContinuousClock.now

    init(rate: Double, roundTrip: Double) {
        (self.rate, self.roundTrip) = (rate, roundTrip)
        governor.sent(120, at: instant)
        put(120)
        ask()
    }

    var instant: ContinuousClock.Instant { start + .seconds(now) }

    private mutating func put(_ count: Int) { freeAt = max(freeAt, now) + Double(count) / rate }

    private mutating func ask() {
        governor.asked(at: instant)
        if answersAre { answers.append(freeAt + roundTrip) }
    }

    /// Has pictures wait to be sent for a time, and a key come every 230 ms.
    mutating func run(_ seconds: Double, pictures: Bool = true, piece: Int = 256) {
        let end = now + seconds
        var nextKey = now + 0.23
        while now < end {
            governor.giveUpLost(at: instant)
            var went = 0
            if pictures {
                var room = governor.room(at: instant)
                while room > 0, went < 48 << 10 {
                    let count = min(max(piece, 1), max(room, 64))
                    room -= count
                    went += count
                }
            }
            if went > 0 {
                governor.sent(went, at: instant)
                put(went)
                sentPictures += went
                if governor.wantsQuestion { ask() }
            }
            let turn = pictures ? Double(governor.nextTurn(at: instant).components.attoseconds) * 1e-18 : 1
            let next = min(answers.first ?? .infinity, nextKey, now + max(turn, 0.0005), end)
            now = next
            if let first = answers.first, first <= now {
                answers.removeFirst()
                governor.answered(at: instant)
            }
            if nextKey <= now {
                waits.append(max(0, freeAt - now))
                governor.sent(150, at: instant)
                put(150)
                nextKey = now + 0.23
            }
        }
    }

    /// The wait that so many of the keys are within.
    func wait(_ part: Double) -> Double { waits.sorted()[min(waits.count - 1, Int(Double(waits.count) * part))] }
}

@Suite("What goes over a slow line")
struct LinkGovernorTests {
    @Test(
        "A key waits 16 ms at most behind pictures, which fill the line nevertheless",
        arguments: [(20_000.0, 0.3), (5_000, 0.6), (60_000, 0.1), (200_000, 0.08), (1_000_000, 0.05)])
    func waits(rate: Double, roundTrip: Double) throws {
        var line = Line(rate: rate, roundTrip: roundTrip)
        // One burst is spent on learning the rate.
        line.run(3)
        (line.waits, line.sentPictures) = ([], 0)
        line.run(40, piece: 128)
        // Pieces that were begun, and the key's own text, are beyond that.
        #expect(line.wait(0.95) <= 0.016 + (3 * 128 + 150) / rate)
        #expect(Double(line.sentPictures) / 40 > rate * 0.7)
        let report = try #require(line.governor.report)
        let found = try #require(report.rate)
        #expect((rate * 0.7...rate * 1.4).contains(Double(found)))
        #expect(abs(report.roundTrip / .seconds(1) - roundTrip) < 0.05)
    }

    @Test("A terminal on the same machine gets all at once")
    func local() {
        var line = Line(rate: 50_000_000, roundTrip: 0.001)
        line.run(0.1)
        // Two walls of twelve thumbnails.
        #expect(line.sentPictures > 600_000)
        #expect(line.governor.isOpen && !line.governor.isSlow)
        #expect(line.governor.report?.rate == nil)
    }

    @Test("A line that becomes slower is followed, and one that becomes faster")
    func changes() throws {
        var line = Line(rate: 100_000, roundTrip: 0.1)
        line.run(10)
        line.rate = 20_000
        line.run(5)
        line.waits = []
        line.run(10, piece: 128)
        #expect(line.wait(0.95) <= 0.03)
        line.rate = 400_000
        line.run(30)
        let rate = try #require(line.governor.report?.rate)
        #expect(rate > 250_000)
    }

    @Test("A terminal that answers nothing is left alone after a second")
    func silent() {
        var governor = LinkGovernor()
        let start = ContinuousClock.now
        governor.sent(100, at: start)
        governor.asked(at: start)
        #expect(governor.room(at: start) < 4096 && governor.isSlow)
        governor.giveUpLost(at: start + .milliseconds(1100))
        #expect(governor.room(at: start + .milliseconds(1100)) == .max)
        #expect(!governor.wantsQuestion && governor.report == nil)
        // It answers after all: its line takes two seconds.
        governor.answered(at: start + .seconds(2))
        #expect(governor.report?.roundTrip == .seconds(2))
    }

    @Test("Answers that stop coming hold nothing back for long")
    func lost() {
        var line = Line(rate: 20_000, roundTrip: 0.3)
        line.run(5)
        (line.answersAre, line.answers) = (false, [])
        line.run(30)
        #expect(line.governor.report == nil)
        #expect(line.governor.room(at: line.instant) == .max)
    }

    @Test("Text alone asks nothing")
    func text() {
        var line = Line(rate: 20_000, roundTrip: 0.3)
        line.run(1)
        line.run(10, pictures: false)
        #expect(!line.governor.isWaitingForAnswer)
        line.governor.sent(150, at: line.instant)
        line.sentPictures = 0
        line.run(2)
        #expect(line.sentPictures > 20_000)
    }
}
