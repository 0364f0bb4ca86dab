/// How much of pictures may go to a terminal now, so that the text of a key never waits long behind them on the line.
///
/// A question (DA1) that goes behind bytes tells by its answer that they arrived and were processed. From answers this
/// learns the line's round trip, the least that one took, and its rate, what arrived in a time in which the line was
/// busy, as BBR does (Cardwell and others, 2016). While nothing is known, one burst goes at a time, and grows fast while its
/// answer comes as if there had been none. Once a burst was seen to take its time, pictures are spread over time at a
/// little less than the rate. A pure value: moments are given in; bytes of text are told and never held back.
struct LinkGovernor: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What a person is told of the line.
    struct Report: Hashable, Sendable {
        let roundTrip: Duration
        /// Bytes a second; nil where no picture takes long.
        let rate: Int?
    }

    /// Seconds that a key's text may wait behind pictures.
    static let patience = 0.016
    /// Seconds that whoever comes late to a turn makes up for.
    private static let lateness = 0.032
    /// Bytes a second from which on nothing is spread: a burst of `openWindow` takes little longer than `patience`.
    static let fastRate = 4_000_000.0
    private static let openWindow = 256 << 10
    /// Of the known rate, so that what waits on the line becomes less.
    private static let share = 0.9
    private static let leastRate = 1_000.0
    /// Seconds for which a rate that was measured isn't exceeded, and for which the least round trip counts.
    private static let memory = 10.0

    private struct Question {
        let sent: Instant
        /// Bytes sent, and those known to have arrived by then.
        let total: Int
        let delivered: Int
        /// Since when the line was busy with the rest: as far as answers tell, or, after it was empty, as it was sent.
        let busySince: Instant
        let isAfterRest: Bool
    }

    /// Whether anything is held back: not where no question was answered.
    private(set) var isGoverning = false
    private var questions: [Question] = []
    private var total = 0
    private var delivered = 0
    private var deliveredAt: Instant?
    /// When the line became busy after it had been empty.
    private var busySince: Instant?
    private var lastSent: Instant?
    private var askedTotal = 0
    private var firstAsked: Instant?
    /// The least round trips of this period and the one before.
    private var leastTrips: (now: Double, before: Double) = (.infinity, .infinity)
    private var tripsSince: Instant?
    /// nil while no burst took long.
    private var rate: Double?
    private var window = 3 << 9
    private var growth = 0.02
    private var grownAt: Instant?
    private var ceiling: (rate: Double, until: Instant)?
    private var nextTurnAt: Instant?
    private var lostInARow = 0

    init() {}

    private var roundTrip: Double { min(leastTrips.now, leastTrips.before) }

    /// What is known; nil before the first answer, and where none comes.
    var report: Report? {
        guard isGoverning, roundTrip.isFinite else { return nil }
        return Report(roundTrip: .seconds(roundTrip), rate: rate.map { Int($0) })
    }

    /// Whether pictures should be small and coarse first: a wall of twelve would take longer than a second.
    var isSlow: Bool {
        // Not known yet is taken for slow, but for a line as short as one on the same machine.
        isGoverning ? rate.map { $0 < 300_000 } ?? (roundTrip > 0.02 && window < 64 << 10) : !questions.isEmpty
    }

    /// Whether nothing need be held back now.
    var isOpen: Bool { isGoverning ? rate == nil && window >= Self.openWindow : questions.isEmpty }

    /// Whether a question is on its way.
    var isWaitingForAnswer: Bool { !questions.isEmpty }

    /// Tells of bytes that went, of pictures and of text alike.
    mutating func sent(_ count: Int, at now: Instant) {
        guard count > 0 else { return }
        forgetArrived(at: now)
        if total == delivered { busySince = now }
        total += count
        lastSent = now
        if let rate {
            let turn = max(nextTurnAt ?? now, now - .seconds(Self.lateness))
            nextTurnAt = turn + .seconds(Double(count) / (rate * Self.share))
        }
    }

    /// Whether a question should go behind the pictures that have just gone.
    var wantsQuestion: Bool {
        guard isGoverning, total > askedTotal, questions.count < 16 else { return false }
        if questions.isEmpty { return true }
        guard let rate else { return room < 256 }
        return Double(total - askedTotal) >= max(512, rate * min(roundTrip, 1) / 6)
    }

    /// Tells that a question went behind all that was sent.
    mutating func asked(at now: Instant) {
        if firstAsked == nil { firstAsked = now }
        askedTotal = total
        let (start, answer) = (busySince ?? now, deliveredAt ?? now)
        questions.append(
            Question(
                sent: now, total: total, delivered: delivered, busySince: max(start, deliveredAt ?? start),
                isAfterRest: deliveredAt == nil || start >= answer))
    }

    /// Takes the answer to the question that waits longest for one.
    mutating func answered(at now: Instant) {
        lostInARow = 0
        if !isGoverning {
            isGoverning = true
            // What was given up may be answered late: it is the first that began it.
            let question = questions.first?.sent ?? firstAsked ?? now
            questions = Array(questions.dropFirst())
            noteTrip(seconds(from: question, to: now), at: now)
            (delivered, deliveredAt) = (total, now)
            if roundTrip <= 0.02 { window = 16 << 10 }
            return
        }
        guard !questions.isEmpty else { return }
        let question = questions.removeFirst()
        let trip = seconds(from: question.sent, to: now)
        noteTrip(trip, at: now)
        let bytes = question.total - question.delivered
        let took = seconds(from: question.busySince, to: now) - (question.isAfterRest ? roundTrip : 0)
        delivered = max(delivered, question.total)
        deliveredAt = now
        if let rate {
            // A piece and a key's text are no queue.
            let isLate = trip - roundTrip > 2 * Self.patience + 400 / rate
            adapt(rate, bytes: bytes, took: took, isLate: isLate, at: now)
        } else {
            open(bytes: bytes, took: took, at: now)
        }
    }

    private mutating func open(bytes: Int, took: Double, at now: Instant) {
        if took > Self.patience, bytes >= 1024, Double(bytes) / took < Self.fastRate {
            rate = max(Self.leastRate, Double(bytes) / took)
            growth = 0.1
            nextTurnAt = now
        } else if bytes * 2 >= window {
            window = min(Self.openWindow, window * 4)
        }
    }

    private mutating func adapt(_ rate: Double, bytes: Int, took: Double, isLate: Bool, at now: Instant) {
        let measured = took > 0 ? Double(bytes) / took : .infinity
        if isLate {
            // The line may have rested for a part of the time: only answer after answer tells of a much lower rate.
            if bytes >= 512 { self.rate = max(Self.leastRate, rate * 0.8, min(rate, measured)) }
            if bytes >= 2048 || took > 0.2 { ceiling = (self.rate ?? rate, now + .seconds(2 * Self.memory)) }
            growth = 0.02
            grownAt = now
            return
        }
        if let grownAt, seconds(from: grownAt, to: now) < max(roundTrip, 0.01) { return }
        var faster = rate * (1 + growth)
        if let ceiling, now < ceiling.until, faster > ceiling.rate {
            (faster, growth) = (max(rate, ceiling.rate), 0.02)
        } else {
            // Where the line's end was met before, not far beyond it at once.
            growth = min(ceiling == nil ? 0.3 : 0.1, growth * 2)
        }
        grownAt = now
        self.rate = faster
        if faster > Self.fastRate { (self.rate, window) = (nil, Self.openWindow) }
    }

    /// Bytes of pictures that may go now. A piece may be larger: then the next waits longer.
    func room(at now: Instant) -> Int {
        guard isGoverning else { return questions.isEmpty ? .max : room }
        guard let rate else { return isArrived(at: now) ? window : room }
        if let nextTurnAt, nextTurnAt > now { return 0 }
        let inFlight = isArrived(at: now) ? 0 : Double(total - delivered)
        guard inFlight < rate * (roundTrip + 4 * Self.patience) + 512 else { return 0 }
        let late = min(Self.lateness, nextTurnAt.map { seconds(from: $0, to: now) } ?? 0)
        return max(64, Int(rate * Self.share * max(Self.patience, late)))
    }

    /// What of a burst may still go.
    private var room: Int { max(0, window - (total - delivered)) }

    /// How long to sleep before more may go, unless an answer comes first.
    func nextTurn(at now: Instant) -> Duration {
        if room(at: now) > 0 { return .zero }
        if rate != nil, let nextTurnAt, nextTurnAt > now {
            return min(.milliseconds(250), now.duration(to: nextTurnAt))
        }
        return .milliseconds(isGoverning && roundTrip < 0.02 ? 20 : 50)
    }

    /// Gives up answers that don't come. To be called before `room` and `nextTurn` where time has passed.
    mutating func giveUpLost(at now: Instant) {
        guard let oldest = questions.first else { return }
        let trip = roundTrip.isFinite ? roundTrip : 0.25
        let limit = isGoverning ? max(2, 4 * trip + Double(total - delivered) / (rate ?? 20_000)) : 1
        guard seconds(from: oldest.sent, to: now) > limit else { return }
        questions = []
        (delivered, busySince) = (total, nil)
        lostInARow += 1
        if lostInARow >= 3 || !isGoverning { isGoverning = false }
    }

    /// Text goes without a question: after a while it is taken to have arrived.
    private mutating func forgetArrived(at now: Instant) {
        if isArrived(at: now) { (delivered, busySince) = (total, nil) }
    }

    private func isArrived(at now: Instant) -> Bool {
        guard questions.isEmpty, let lastSent, roundTrip.isFinite else { return false }
        return seconds(from: lastSent, to: now) > roundTrip + Double(total - delivered) / (rate ?? 50_000)
    }

    private mutating func noteTrip(_ trip: Double, at now: Instant) {
        if let tripsSince, seconds(from: tripsSince, to: now) > Self.memory {
            leastTrips = (.infinity, leastTrips.now)
            self.tripsSince = now
        } else if tripsSince == nil {
            tripsSince = now
        }
        leastTrips.now = min(leastTrips.now, trip)
    }

    private func seconds(from start: Instant, to end: Instant) -> Double {
        let parts = start.duration(to: end).components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
