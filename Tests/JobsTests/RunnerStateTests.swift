import Core
import Testing

@testable import Jobs

@Suite("RunnerState")
struct RunnerStateTests {
    private let one = JobID(clock: SystemClock(), random: SystemRandom())
    private let two = JobID(clock: SystemClock(), random: SystemRandom())
    private let three = JobID(clock: SystemClock(), random: SystemRandom())

    @Test("An announcement claims as many jobs as there are free places, of the most urgent queue")
    func claims() {
        var state = RunnerState(capacity: 3)
        #expect(state.handle(.announced([.low, .high])) == [.claim(.high, limit: 3)])
        #expect(state.handle(.claimed(.high, asked: 3, jobs: [one])) == [.start([one]), .claim(.low, limit: 2)])
        #expect(state.handle(.claimed(.low, asked: 2, jobs: [])) == [.findNextDue])
        #expect(state.running == [one])
    }

    @Test("One claim is under way at a time")
    func oneClaim() {
        var state = RunnerState(capacity: 2)
        #expect(state.handle(.announced([.high])) == [.claim(.high, limit: 2)])
        #expect(state.handle(.announced([.high, .low])) == [])
    }

    @Test("A claim that gave all it asked for is followed by another as soon as a place is free")
    func continues() {
        var state = RunnerState(capacity: 2)
        _ = state.handle(.announced([.high]))
        #expect(state.handle(.claimed(.high, asked: 2, jobs: [one, two])) == [.start([one, two])])
        #expect(state.handle(.ended(one)) == [.claim(.high, limit: 1)])
        #expect(state.handle(.claimed(.high, asked: 1, jobs: [])) == [.findNextDue])
        #expect(state.handle(.ended(two)) == [])
    }

    @Test("An announcement that comes during a claim is not lost, though the claim found nothing")
    func announcedMeanwhile() {
        var state = RunnerState(capacity: 1)
        _ = state.handle(.announced([.high]))
        _ = state.handle(.announced([.high]))
        #expect(state.handle(.claimed(.high, asked: 1, jobs: [])) == [.claim(.high, limit: 1)])
        #expect(state.handle(.claimed(.high, asked: 1, jobs: [])) == [.findNextDue])
    }

    @Test("A failed claim waits for the next announcement")
    func failedClaim() {
        var state = RunnerState(capacity: 1)
        _ = state.handle(.announced([.high]))
        #expect(state.handle(.claimFailed(.high)) == [])
        #expect(state.handle(.announced([.high])) == [.claim(.high, limit: 1)])
    }

    @Test("A stop cancels what runs, gives back what comes too late, and finishes once")
    func stop() {
        var state = RunnerState(capacity: 2)
        _ = state.handle(.announced([.high]))
        _ = state.handle(.claimed(.high, asked: 2, jobs: [one]))
        #expect(state.handle(.announced([.high])) == [.claim(.high, limit: 1)])
        #expect(state.handle(.stop) == [.cancelRunning])
        #expect(state.handle(.stop) == [])
        #expect(state.handle(.claimed(.high, asked: 1, jobs: [two])) == [.release([two])])
        #expect(state.handle(.announced([.high])) == [])
        #expect(state.handle(.ended(one)) == [.finish])
        #expect(state.handle(.ended(one)) == [])
        #expect(state.isFinished)
    }

    @Test("An idle runner finishes at once when stopped")
    func stopIdle() {
        var state = RunnerState(capacity: 1)
        #expect(state.handle(.stop) == [.finish])
    }

    @Test("In any order of events no more runs than there are places, and every claimed job is started or given back")
    func anyOrder() {
        for seed in 0..<500 as Range<UInt64> {
            var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
            func draw(_ below: Int) -> Int {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(random >> 33) % below
            }
            var state = RunnerState(capacity: 1 + draw(4))
            let capacity = state.capacity
            var claim: (QueueName, Int)?
            var running: [JobID] = []
            var finishes = 0
            func perform(_ actions: [RunnerState.Action]) {
                for action in actions {
                    switch action {
                    case .claim(let queue, let limit):
                        #expect(claim == nil)
                        claim = (queue, limit)
                    case .start(let jobs): running += jobs
                    case .finish: finishes += 1
                    case .release, .findNextDue, .cancelRunning: break
                    }
                }
                #expect(running.count <= capacity)
                #expect(Set(running) == state.running)
            }
            for _ in 0..<200 {
                switch draw(8) {
                case 0, 1: perform(state.handle(.announced([QueueName.allCases[draw(3)]])))
                case 2, 3:
                    guard let (queue, limit) = claim else { continue }
                    claim = nil
                    let jobs = (0..<draw(limit + 1)).map { _ in JobID(clock: SystemClock(), random: SystemRandom()) }
                    perform(state.handle(.claimed(queue, asked: limit, jobs: jobs)))
                case 4:
                    guard let (queue, _) = claim else { continue }
                    claim = nil
                    perform(state.handle(.claimFailed(queue)))
                case 5, 6:
                    guard !running.isEmpty else { continue }
                    perform(state.handle(.ended(running.remove(at: draw(running.count)))))
                default: if draw(40) == 0 { perform(state.handle(.stop)) }
                }
            }
            perform(state.handle(.stop))
            if let (queue, limit) = claim {
                claim = nil
                perform(state.handle(.claimed(queue, asked: limit, jobs: [])))
            }
            while !running.isEmpty { perform(state.handle(.ended(running.removeLast()))) }
            #expect(finishes == 1, "seed \(seed)")
        }
    }
}
