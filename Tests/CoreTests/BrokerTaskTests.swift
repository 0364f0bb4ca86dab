import Core
import Testing

@Suite("BrokerTask")
struct BrokerTaskTests {
    private func event(_ kind: TaskEvent.Kind, _ at: Double, retries: Int? = nil, error: String? = nil) -> TaskEvent {
        var event = TaskEvent(id: "t", kind: kind, at: at, heardAt: at + 0.5)
        event.retries = retries
        event.error = error
        event.worker = kind == .sent ? "publisher" : "worker"
        return event
    }

    /// The task behind these events, and the attempts that were over before the latest.
    private func after(_ events: [TaskEvent]) -> (task: BrokerTask, earlier: [TaskAttempt]) {
        var timeline = TaskTimeline(BrokerTask(id: "t", heardAt: events[0].heardAt))
        for event in events { timeline.apply(event) }
        return (timeline.task, timeline.earlier)
    }

    @Test("A task that succeeds has its moments, its wait and its run time")
    func success() {
        let (task, earlier) = after([event(.sent, 1), event(.received, 2), event(.started, 3), event(.succeeded, 7)])
        #expect(task.state == .succeeded && earlier.isEmpty && task.earlierAttempts == 0)
        #expect(task.waitSeconds == 2 && task.runSeconds == 4 && task.worker == "worker")
        #expect(task.firstHeardAt == 1.5 && task.lastHeardAt == 7.5)
    }

    @Test("A task whose worker is gone is lost until it is told of again; one that runs once more has lost an attempt")
    func gone() {
        let held = [event(.sent, 1), event(.received, 2), event(.started, 3), event(.lost, 70, error: "gone")]
        let (task, _) = after(held)
        #expect(task.state == .lost && task.error == "gone" && task.endedAt == nil && task.state.isFinished)
        #expect(after(held + [event(.succeeded, 90)]).task.state == .succeeded)
        let (again, earlier) = after(held + [event(.received, 90), event(.started, 91)])
        #expect(again.state == .running && earlier.map(\.state) == [.lost] && again.earlierAttempts == 1)
        let (done, _) = after([event(.started, 3), event(.failed, 4, error: "no"), event(.lost, 70, error: "gone")])
        #expect(done.state == .failed && done.error == "no")
    }

    @Test("A publisher that is heard late changes no state, and a clock that runs ahead gives no wait below zero")
    func late() {
        let (task, _) = after([event(.received, 2), event(.started, 3), event(.succeeded, 4), event(.sent, 1)])
        #expect(task.state == .succeeded && task.sentAt == 1 && task.resentAt == nil && task.waitSeconds == 2)
        let (again, _) = after([event(.sent, 1), event(.started, 3), event(.succeeded, 4), event(.sent, 9)])
        #expect(again.state == .succeeded && again.sentAt == 1 && again.resentAt == 9)
        let (running, _) = after([event(.received, 2), event(.started, 3), event(.sent, 9)])
        #expect(running.state == .running && running.sentAt == 9 && running.waitSeconds == nil)
    }

    @Test("Retries are attempts of their own; the error stays until the task succeeds")
    func retries() {
        var events = [
            event(.sent, 1), event(.received, 2, retries: 0), event(.started, 3), event(.sent, 4, retries: 1),
            event(.retried, 5, error: "first"), event(.received, 6, retries: 1), event(.started, 7),
        ]
        let (running, earlier) = after(events)
        #expect(running.state == .running && running.retries == 1 && running.error == "first")
        #expect(running.sentAt == 4 && running.earlierAttempts == 1 && running.attempt.error == nil)
        #expect(earlier.map(\.state) == [.retrying] && earlier[0].error == "first" && earlier[0].runSeconds == 2)
        events.append(event(.failed, 9, error: "second"))
        #expect(after(events).task.error == "second" && after(events).task.state == .failed)
        events.append(event(.succeeded, 9))
        #expect(after(events).task.error == nil)
    }

    @Test("A retry that is received, or begun, before the end before it is told changes nothing of the attempts")
    func overtaking() {
        let ordered = after([
            event(.received, 1, retries: 0), event(.started, 2), event(.retried, 4, error: "first"),
            event(.received, 5, retries: 1), event(.started, 6), event(.failed, 7, error: "second"),
        ])
        let received = after([
            event(.received, 1, retries: 0), event(.started, 2), event(.received, 5, retries: 1),
            event(.retried, 4, error: "first"), event(.started, 6), event(.failed, 7, error: "second"),
        ])
        let begun = after([
            event(.received, 1, retries: 0), event(.started, 2), event(.received, 5, retries: 1), event(.started, 6),
            event(.retried, 4, error: "first"), event(.failed, 7, error: "second"),
        ])
        for other in [received, begun] {
            #expect(other.earlier == ordered.earlier && other.task.attempt == ordered.task.attempt)
            #expect(other.task.state == .failed && other.task.error == "second" && other.task.earlierAttempts == 1)
        }
        #expect(ordered.earlier.map(\.endedAt) == [4] && ordered.task.retries == 1 && ordered.task.receivedAt == 5)
    }

    @Test("An attempt whose worker died is kept; one that was given back unbegun was none")
    func lost() {
        let (task, earlier) = after([
            event(.received, 1), event(.received, 2), event(.started, 3), event(.received, 60), event(.started, 61),
            event(.succeeded, 62),
        ])
        #expect(earlier.map(\.state) == [.running] && earlier[0].startedAt == 3 && earlier[0].endedAt == nil)
        #expect(task.state == .succeeded && task.earlierAttempts == 1 && task.runSeconds == 1)
    }

    @Test("A task that is run again after its end begins another attempt, also where its reception was not heard")
    func again() {
        let (task, earlier) = after([
            event(.started, 1), event(.failed, 2, error: "disk full"), event(.started, 10), event(.succeeded, 12),
        ])
        #expect(earlier.map(\.state) == [.failed] && earlier[0].error == "disk full")
        #expect(task.state == .succeeded && task.error == nil && task.earlierAttempts == 1)
    }
}
