import Core

/// One job as text: what it is, its error and trace, its attempts in their order, what it was called with.
enum JobPane {
    static func pane(of details: JobDetails) -> TextPane {
        let job = details.job
        var sections: [TextPane.Section] = [
            .init(label: "task", text: job.task), .init(label: "id", text: job.id),
            .init(label: "state", text: state(of: job), isWarning: job.standing == .failed),
        ]
        if let id = job.retriedAs { sections.append(.init(label: "retried", text: "as \(id)")) }
        if let error = job.error { sections.append(.init(label: "error", text: error, isWarning: true)) }
        if let photo = details.photo {
            sections.append(.init(label: "photo", text: "\(photo.filename), \(photo.status.rawValue)"))
            if let problem = photo.problem { sections.append(.init(label: "", text: problem, isWarning: true)) }
            sections.append(.init(label: "photo id", text: photo.id.description))
        }
        sections += details.facts.map { .init(label: $0.label, text: $0.text) }
        if let text = details.arguments { sections.append(.init(label: "args", text: text)) }
        if let text = details.keywords { sections.append(.init(label: "kwargs", text: text)) }
        if let text = details.result { sections.append(.init(label: "result", text: text)) }
        for (index, attempt) in details.attempts.enumerated() {
            let isLatest = index == details.attempts.count - 1
            sections.append(
                .init(
                    label: "attempt \(details.firstAttempt + index)", text: line(of: attempt, isLatest: isLatest),
                    isWarning: attempt.state == .failed))
            let moments = moments(of: attempt)
            if !moments.isEmpty { sections.append(.init(label: "", text: moments)) }
            if let error = attempt.error, !isLatest || job.error == nil {
                sections.append(.init(label: "", text: error, isWarning: true))
            }
            if let trace = attempt.trace { sections.append(.init(label: "trace", text: trace)) }
        }
        if let trace = details.trace, details.attempts.allSatisfy({ $0.trace == nil }) {
            sections.append(.init(label: "trace", text: trace))
        }
        // The trail of the photo: this job among the others that were there for it.
        for (index, other) in (details.photo?.jobs ?? []).enumerated() where details.photo?.jobs.count ?? 0 > 1 {
            let mark = other.id == job.id ? ", this one" : ""
            sections.append(
                .init(
                    label: index == 0 ? "trail" : "",
                    text: "\(ConsoleText.moment(other.changedAt)) UTC \(other.task) \(state(of: other))\(mark)"))
        }
        return TextPane(sections)
    }

    private static func state(of job: ListedJob) -> String {
        var parts = [job.state]
        if let queue = job.queue { parts.append("in queue \(queue)") }
        if let worker = job.worker { parts.append("on \(worker)") }
        if job.attempts > 0 { parts.append(counted(job.attempts, "attempt")) }
        if let wait = job.waitSeconds { parts.append("waited \(ConsoleText.duration(wait))") }
        if let run = job.runSeconds { parts.append("ran \(ConsoleText.duration(run))") }
        return parts.joined(separator: ", ")
    }

    /// An attempt that is over, and of whose end nobody told, is lost.
    private static func line(of attempt: TaskAttempt, isLatest: Bool) -> String {
        let isLost = !isLatest && !attempt.state.isFinished && attempt.state != .retrying
        let place = attempt.worker.map { " on \($0)" } ?? ""
        return isLost ? "lost\(place): nobody told of its end" : attempt.state.rawValue + place
    }

    /// `sent 2027-01-15 08:00:00, received after 120 ms, started after 3 ms, failed after 1.2 s`.
    private static func moments(of attempt: TaskAttempt) -> String {
        let end = attempt.state == .retrying ? "failed, to be retried" : attempt.state.rawValue
        var lines: [String] = []
        var before: Double?
        for (name, at) in [
            ("sent", attempt.sentAt), ("received", attempt.receivedAt), ("started", attempt.startedAt),
            (end, attempt.endedAt),
        ] {
            guard let at else { continue }
            let after = before.map { ", \(ConsoleText.duration(max(0, at - $0))) later" } ?? ""
            lines.append("\(ConsoleText.moment(at)) UTC \(name)\(after)")
            before = at
        }
        return lines.joined(separator: "\n")
    }
}
