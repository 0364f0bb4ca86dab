import Core

/// What a runner knows, and what it does next: a value that is told what happened and answers with actions.
///
/// A queue is `open` while it may have jobs that nobody has claimed: after an announcement, or after a claim that gave
/// all it asked for. One claim is under way at a time, of the most urgent open queue, for as many jobs as there are free
/// places.
struct RunnerState: Equatable {
    enum Event: Equatable {
        /// Work may wait in these queues.
        case announced(Set<QueueName>)
        /// A claim has returned these jobs.
        case claimed(QueueName, asked: Int, jobs: [JobID])
        case claimFailed(QueueName)
        case ended(JobID)
        case stop
    }

    enum Action: Equatable {
        case claim(QueueName, limit: Int)
        case start([JobID])
        /// Jobs claimed too late: give them back.
        case release([JobID])
        /// Nothing is open: look when the next job becomes due.
        case findNextDue
        case cancelRunning
        case finish
    }

    let capacity: Int
    private(set) var running: Set<JobID> = []
    private(set) var open: Set<QueueName> = []
    /// Queues announced since the claim under way was asked for: it may not have seen their jobs.
    private var announcedMeanwhile: Set<QueueName> = []
    private(set) var isClaiming = false
    private(set) var isStopping = false
    private(set) var isFinished = false

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    mutating func handle(_ event: Event) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .announced(let queues):
            open.formUnion(queues)
            if isClaiming { announcedMeanwhile.formUnion(queues) }
        case .claimed(let queue, let asked, let jobs):
            isClaiming = false
            if jobs.count < asked, !announcedMeanwhile.contains(queue) {
                open.remove(queue)
            }
            if isStopping {
                if !jobs.isEmpty { actions.append(.release(jobs)) }
            } else {
                running.formUnion(jobs)
                if !jobs.isEmpty { actions.append(.start(jobs)) }
                if open.isEmpty { actions.append(.findNextDue) }
            }
        case .claimFailed(let queue):
            isClaiming = false
            open.remove(queue)
        case .ended(let job):
            running.remove(job)
        case .stop:
            guard !isStopping else { break }
            isStopping = true
            if !running.isEmpty { actions.append(.cancelRunning) }
        }
        if isStopping {
            if running.isEmpty, !isClaiming, !isFinished {
                isFinished = true
                actions.append(.finish)
            }
        } else if !isClaiming, running.count < capacity, let queue = QueueName.allCases.first(where: open.contains) {
            isClaiming = true
            announcedMeanwhile = []
            actions.append(.claim(queue, limit: capacity - running.count))
        }
        return actions
    }
}
