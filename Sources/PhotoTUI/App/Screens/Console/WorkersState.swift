public import Core
import Grid
import Widgets

/// The workers that were seen since one looks.
public struct WorkersState: Sendable {
    public enum Presence: String, Sendable {
        case alive, silent
        /// It said goodbye, and still runs tasks.
        case ending
        /// It was seen, and now neither answers nor beats.
        case gone
    }

    public struct Row: Hashable, Sendable {
        public let worker: WorkerState
        public let presence: Presence
        /// Unix seconds.
        public let seenAt: Double
        /// When its heart was heard last, and what it said then.
        let beatAt: Double?
        let software: String?
        let load: [Double]
        /// Of one that is gone: whether it said so.
        private(set) var saidGoodbye = false
        /// Of one that is ending: how many tasks it still runs.
        private(set) var held = 0

        init(_ worker: WorkerState, at moment: Double, before: Row?) {
            (self.worker, seenAt) = (worker, moment)
            presence = worker.presence == .alive ? .alive : .silent
            beatAt = worker.heartbeatSeconds.map { moment - $0 } ?? before?.beatAt
            software = worker.software ?? before?.software
            load = worker.load.isEmpty ? before?.load ?? [] : worker.load
        }

        /// One that was heard before one looked.
        init(_ seen: SeenWorker, at moment: Double) {
            worker = WorkerState(
                name: seen.name, presence: .silent, hasAnswered: false, heartbeatSeconds: nil, software: nil,
                processID: nil, queues: [], concurrency: nil, active: [], reserved: nil, scheduled: nil, processed: nil,
                load: [], uptimeSeconds: nil, clockSkewSeconds: nil)
            (seenAt, beatAt, software, load) = (seen.heardAt, seen.heardAt, nil, [])
            presence = seen.isEnding(at: moment) ? .ending : seen.isGone(at: moment) ? .gone : .silent
            (saidGoodbye, held) = (seen.leftAt != nil, seen.held)
        }

        private init(unheard row: Row, at moment: Double) {
            (worker, seenAt, saidGoodbye) = (row.worker.unheard, row.seenAt, row.saidGoodbye)
            (beatAt, software, load) = (row.beatAt, row.software, row.load)
            let isGone = row.presence == .gone || moment - row.seenAt > SeenWorker.patience
            presence = isGone ? .gone : .silent
        }

        /// It neither answered nor beat when it was asked.
        func unheard(at moment: Double) -> Row { Row(unheard: self, at: moment) }
    }

    private var seen: [String: Row] = [:]
    public private(set) var rows: [Row] = []
    public private(set) var answeredAt: Double?
    public var cursor = RowCursor()

    public init() {}

    var cursorRow: Row? { rows.indices.contains(cursor.scroll.cursor) ? rows[cursor.scroll.cursor] : nil }
    var count: Int { seen.count }

    func count(of presence: Presence) -> Int { seen.values.count { $0.presence == presence } }

    mutating func take(_ workers: [WorkerState], gone: [SeenWorker] = [], at moment: Double) {
        answeredAt = moment
        let here = Set(workers.map(\.name))
        for worker in gone where !here.contains(worker.name) && (seen[worker.name]?.seenAt ?? 0) <= worker.heardAt {
            seen[worker.name] = Row(worker, at: moment)
        }
        for (name, row) in seen where !here.contains(name) { seen[name] = row.unheard(at: moment) }
        for worker in workers {
            seen[worker.name] = Row(worker, at: moment, before: seen[worker.name])
        }
    }

    mutating func arrange(filter: String, visible: Int) {
        let wanted = filter.lowercased()
        rows = seen.values.filter { row in
            wanted.isEmpty || row.worker.name.lowercased().contains(wanted)
                || row.worker.queues.contains { $0.lowercased().contains(wanted) }
                || row.worker.active.contains { $0.task.lowercased().contains(wanted) }
                || row.presence.rawValue == wanted
        }.sorted { $0.worker.name < $1.worker.name }
        cursor.settle(in: rows.map(\.worker.name), visible: visible)
    }
}

extension WorkerState {
    /// As it was when it was heard last; nothing can be asked of it.
    fileprivate var unheard: WorkerState {
        WorkerState(
            name: name, presence: .silent, hasAnswered: false, heartbeatSeconds: nil, software: software,
            processID: processID, queues: queues, concurrency: concurrency, active: active, reserved: reserved,
            scheduled: scheduled, processed: processed, load: load, uptimeSeconds: uptimeSeconds,
            clockSkewSeconds: clockSkewSeconds)
    }
}
