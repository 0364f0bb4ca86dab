public import Core

/// What workers told of themselves, and that they tell of tasks, taken together until it is written down.
public struct WorkerSigns: Sendable {
    public private(set) var workers: [String: SeenWorker] = [:]
    /// When those began that have started anew, in Unix seconds.
    public private(set) var restarted: [String: Double] = [:]

    /// Of which only their tasks were heard.
    public private(set) var heardByTasks: Set<String> = []

    public init() {}

    public var isEmpty: Bool { workers.isEmpty }

    /// Names no longer than this are kept, and no more of them at a time.
    private static let mostName = 255
    private static let mostWorkers = 10_000

    /// Takes in a message; what is no event of a worker is passed over.
    public mutating func take(_ payload: CeleryEventListener.Payload) {
        // Events of tasks are many, and of no concern here.
        guard payload.bytes.count < 1 << 16,
            let body = JSONValue(parsing: payload.bytes).flatMap(CeleryEnvelope.body(of:)),
            let type = body["type"].string, type.hasPrefix("worker-"), let name = body["hostname"].string
        else { return }
        heardByTasks.remove(name)
        change(name, at: payload.heardAt) { worker in
            worker.leftAt = type == "worker-offline" ? payload.heardAt : nil
            if type == "worker-online" { worker.toldAt = nil }
        }
        if type == "worker-online", workers[name] != nil { restarted[name] = payload.heardAt }
    }

    /// A worker has told of a task.
    public mutating func take(_ event: TaskEvent) {
        guard event.kind != .sent, let name = event.worker else { return }
        if workers[name] == nil { heardByTasks.insert(name) }
        change(name, at: event.heardAt) { $0.toldAt = event.heardAt }
    }

    private mutating func change(_ name: String, at moment: Double, _ body: (inout SeenWorker) -> Void) {
        guard name.utf8.count <= Self.mostName, workers[name] != nil || workers.count < Self.mostWorkers else { return }
        var worker = workers[name] ?? SeenWorker(name: name, heardAt: moment)
        worker.heardAt = max(worker.heardAt, moment)
        body(&worker)
        workers[name] = worker
    }
}
