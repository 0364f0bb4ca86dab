import Core
import Health
import Jobs
import Synchronization

/// What a worker has done since it started, for Prometheus.
final class WorkerMetrics: Sendable {
    private struct Ended: Hashable {
        let task: String
        let outcome: String
    }

    private struct Counts {
        var ended: [Ended: Int] = [:]
        var seconds: [String: LatencyHistogram] = [:]
        var started = 0
        var buried = 0
        var troubles = 0
    }

    private let counts = Mutex(Counts())

    func note(_ event: CeleryWorker.Event) {
        counts.withLock { counts in
            switch event {
            case .started: counts.started += 1
            case .ended(let call, let outcome, let seconds):
                counts.ended[Ended(task: call.message.task, outcome: Self.name(outcome)), default: 0] += 1
                counts.seconds[call.message.task, default: LatencyHistogram()].record(seconds: seconds)
            case .buried: counts.buried += 1
            case .troubled, .unanswered: counts.troubles += 1
            case .answeredAgain, .paused, .resumed, .unannounced, .announcedAgain: break
            }
        }
    }

    func write(to metrics: inout MetricsText) {
        let counts = counts.withLock { $0 }
        let ended = counts.ended.sorted { ($0.key.task, $0.key.outcome) < ($1.key.task, $1.key.outcome) }
        metrics.add("phototui_worker_tasks_started_total", .counter, "Tasks begun.", Double(counts.started))
        metrics.add(
            "phototui_worker_tasks_running", .gauge, "Tasks under way.",
            Double(counts.started - counts.ended.values.reduce(0, +)))
        metrics.add(
            "phototui_worker_tasks_total", .counter, "Tasks ended.",
            ended.map { (["task": $0.key.task, "outcome": $0.key.outcome], Double($0.value)) })
        metrics.add(
            "phototui_worker_task_seconds", "How long tasks took.",
            counts.seconds.sorted { $0.key < $1.key }.map { (["task": $0.key], $0.value) })
        metrics.add(
            "phototui_worker_buried_total", .counter, "Messages set aside as dead letters.", Double(counts.buried))
        metrics.add(
            "phototui_worker_troubles_total", .counter, "Calls to the broker that failed.", Double(counts.troubles))
    }

    private static func name(_ outcome: CeleryOutcome) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .retried: "retried"
        case .revoked: "revoked"
        case .dropped: "dropped"
        case .givenBack: "given_back"
        case .refused: "refused"
        }
    }
}
