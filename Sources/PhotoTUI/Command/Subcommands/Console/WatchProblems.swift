import Core
import PhotoEngine
import Synchronization

/// What keeps a watch from going on, said once each on stderr.
final class WatchProblems: Sendable {
    private let last = Mutex<String?>(nil)

    func tell(_ report: TaskWatch.Report) {
        let problem = report.problem?.description
        let isNew = last.withLock { last in
            defer { last = problem }
            return problem != last
        }
        if isNew { Console.complain(problem ?? "the watch goes on") }
    }
}
