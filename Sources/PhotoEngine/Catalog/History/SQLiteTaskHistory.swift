public import Core
internal import Foundation
public import SystemPackage

/// The history of a broker's tasks in a SQLite file of its own.
public final class SQLiteTaskHistory: TaskHistory {
    let database: SQLiteDatabase
    /// Since 4 tasks may be lost, which an older program would not read.
    private static let version: Int64 = 4
    /// Events whose tasks are held at a time, so that what is held in memory is bounded.
    private static let batch = 2000
    /// Attempts kept of one task beside the latest.
    static let keptAttempts = 100
    /// Changes that who follows may be behind.
    private static let keptChanges = 20_000
    /// For how long the marks of events are kept, in seconds.
    private static let markSeconds = 10.0
    /// For how long the depths of queues are kept, in seconds.
    private static let depthSeconds = 7200.0

    private init(_ database: SQLiteDatabase) {
        self.database = database
    }

    private static let settings = SQLiteSettings(cacheKilobytes: 4_096, writerCacheKilobytes: 16_384, readers: 2)

    /// Opens the file, creating it.
    public static func open(_ file: FilePath) async throws -> SQLiteTaskHistory {
        try await open(file, settings) { database, found in
            if found < version { try await create(database, from: found) }
        }
    }

    /// Opens the file, which must be there, for reading alone: nothing is written to the disk, so that there is nothing to wait
    /// for.
    public static func openForReading(_ file: FilePath) async throws -> SQLiteTaskHistory {
        var settings = settings
        settings.isReadOnly = true
        let history = try await open(file, settings) { _, _ in }
        var row = try await history.database.row("PRAGMA user_version", [])
        if try row?.int64() == version { return history }
        // Of an older phototui.
        await history.close()
        try await open(file).close()
        return try await open(file, settings) { _, _ in }
    }

    private static func open(
        _ file: FilePath, _ settings: SQLiteSettings,
        _ prepare: (SQLiteDatabase, _ found: Int64) async throws -> Void
    ) async throws -> SQLiteTaskHistory {
        let database = try await SQLiteDatabase.open(file, settings: settings)
        do {
            var row = try await database.row("PRAGMA user_version", [])
            let found = try row?.int64() ?? 0
            guard found <= version else {
                throw EngineError(
                    .unsupported, "\(file.string) is of a newer phototui (version \(found) of its form)",
                    whatToDo: "use that one, or move the file away")
            }
            try await prepare(database, found)
        } catch {
            try? await database.close()
            throw error
        }
        return SQLiteTaskHistory(database)
    }

    public func close() async { try? await database.close() }

    private static func create(_ database: SQLiteDatabase, from found: Int64) async throws {
        try await database.write(.soon) { connection in
            let statements =
                (found < 1 ? TaskRows.schema : []) + (found < 2 ? [TaskRows.workers] : [])
                + (found < 3 ? TaskRows.failures : [])
            for statement in statements { try connection.execute(statement, []) }
            try connection.execute("PRAGMA user_version = \(version)", [])
        }
    }

    // Writing

    public func record(_ events: [TaskEvent], marks: [UInt64], watch: TaskWatchState) async throws {
        try await database.write(.soon) { connection in
            for start in stride(from: 0, to: events.count, by: Self.batch) {
                try Self.take(events[start..<min(start + Self.batch, events.count)], connection)
            }
            try Self.close(marks, watch, connection)
        }
    }

    /// `ifUnsent` passes over what was published already, as far as is known.
    static func take(
        _ events: some Sequence<TaskEvent>, ifUnsent: Bool = false, _ connection: any SQLConnection
    ) throws {
        var places: [String: Int] = [:]
        var drafts: [TaskDraft] = []
        for event in events {
            let place: Int
            if let known = places[event.id] {
                place = known
            } else {
                let draft = try TaskDraft(event, connection)
                if ifUnsent, draft.isSent { continue }
                place = drafts.count
                places[event.id] = place
                drafts.append(draft)
            }
            drafts[place].apply(event)
        }
        for draft in drafts {
            let number = try draft.write(connection)
            try connection.execute("INSERT INTO change (task) VALUES (?)", [.integer(number)])
        }
        if !drafts.isEmpty {
            try connection.execute(
                "DELETE FROM change WHERE place <= (SELECT max(place) FROM change) - ?", [.int(keptChanges)])
        }
    }

    private static func close(_ marks: [UInt64], _ watch: TaskWatchState, _ connection: any SQLConnection) throws {
        if !marks.isEmpty {
            let bytes = marks.flatMap { mark in (0..<8).map { UInt8(truncatingIfNeeded: mark >> (8 * $0)) } }
            try connection.execute(
                "INSERT INTO mark (at, marks) VALUES (?, ?)", [.real(watch.until), .bytes(bytes)])
            try connection.execute("DELETE FROM mark WHERE at < ?", [.real(watch.until - markSeconds)])
        }
        try connection.execute(
            """
            INSERT INTO watch (id, since, until, events, missed, unreadable) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET until = excluded.until, events = excluded.events, missed = excluded.missed,
                unreadable = excluded.unreadable
            """,
            [
                .string(watch.id), .real(watch.since), .real(watch.until), .int(watch.events), .int(watch.missed),
                .int(watch.unreadable),
            ])
    }

    public func record(depths: [QueueDepthSample]) async throws {
        guard let latest = depths.map(\.at).max() else { return }
        try await database.write(.soon) { connection in
            for depth in depths {
                try connection.execute(
                    "INSERT OR REPLACE INTO depth (queue, at, waiting) VALUES (?, ?, ?)",
                    [.string(depth.queue), .real(depth.at), .int(depth.depth)])
            }
            try connection.execute("DELETE FROM depth WHERE at < ?", [.real(latest - Self.depthSeconds)])
        }
    }

    public func record(
        _ workers: [SeenWorker], restarted: Set<String>, heardByTasks: Set<String> = []
    ) async throws {
        guard !workers.isEmpty else { return }
        try await database.write(.soon) { connection in
            for worker in workers {
                if restarted.contains(worker.name) {
                    try connection.execute("DELETE FROM worker WHERE name = ?", [.string(worker.name)])
                }
                try connection.execute(
                    """
                    INSERT INTO worker (name, heard, departed, told) VALUES (?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET heard = max(heard, excluded.heard),
                        departed = CASE WHEN ? THEN departed ELSE excluded.departed END,
                        told = coalesce(excluded.told, told)
                    """,
                    [
                        .string(worker.name), .real(worker.heardAt), worker.leftAt.map(SQLValue.real) ?? .null,
                        worker.toldAt.map(SQLValue.real) ?? .null,
                        .bool(heardByTasks.contains(worker.name)),
                    ])
            }
        }
    }

    public func workers(since moment: Double) async throws -> [SeenWorker] {
        try await database.rows(
            "SELECT name, heard, departed, told FROM worker WHERE heard >= ? ORDER BY name", [.real(moment)]
        ).map { row in
            var row = row
            return SeenWorker(
                name: try row.text(), heardAt: try SQLRow.present(row.optionalDouble()),
                leftAt: try row.optionalDouble(), toldAt: try row.optionalDouble())
        }
    }

    // Watches

    public func watches(limit: Int) async throws -> [TaskWatchState] {
        try await database.rows(
            "SELECT id, since, until, events, missed, unreadable FROM watch ORDER BY until DESC LIMIT ?", [.int(limit)]
        ).map { row in
            var row = row
            return TaskWatchState(
                id: try row.text(), since: try SQLRow.present(row.optionalDouble()),
                until: try SQLRow.present(row.optionalDouble()), events: try row.int(), missed: try row.int(),
                unreadable: try row.int())
        }
    }

    public func recentMarks() async throws -> (marks: Set<UInt64>, at: Double) {
        var found: Set<UInt64> = []
        var latest = 0.0
        for row in try await database.rows("SELECT at, marks FROM mark", []) {
            var row = row
            latest = max(latest, try SQLRow.present(row.optionalDouble()))
            let bytes = try row.bytes()
            for start in stride(from: 0, to: bytes.count - 7, by: 8) {
                found.insert((0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) })
            }
        }
        return (found, latest)
    }

    // Limits

    public func byteCount() async throws -> Int64 {
        try await database.read(TaskRows.byteCount)
    }

    public func prune(_ limits: TaskHistoryLimits, now: Double) async throws -> Int {
        try await database.write(.soon) { connection in
            let old = try Self.numbers(
                """
                SELECT number FROM (SELECT number, last_heard FROM task ORDER BY number LIMIT 10000)
                WHERE last_heard < ? ORDER BY number LIMIT 2000
                """, [.real(now - limits.days * 86400)], connection)
            for number in old { try TaskRows.drop(number: number, connection) }
            for statement in ["DELETE FROM watch WHERE until < ?", "DELETE FROM worker WHERE heard < ?"] {
                try connection.execute(statement, [.real(now - limits.days * 86400)])
            }
            guard try TaskRows.byteCount(connection) > limits.bytes else { return old.count }
            // More than is needed, so that the index, which only grows until it is written anew, is so seldom.
            let first = try Self.numbers("SELECT number FROM task ORDER BY number LIMIT 1", [], connection)
            let last = try Self.numbers("SELECT number FROM task ORDER BY number DESC LIMIT 1", [], connection)
            guard let first = first.first, let last = last.first else { return old.count }
            let part = max(100, (last - first) / 20)
            let dropped = try TaskRows.drop(before: min(first + part, last), connection)
            try connection.execute("INSERT INTO task_error (task_error) VALUES ('optimize')", [])
            return old.count + dropped
        }
    }

    private static func numbers(
        _ sql: String, _ values: [SQLValue], _ connection: any SQLConnection
    ) throws -> [Int64] {
        try connection.rows(sql, values).map { row in
            var row = row
            return try row.int64()
        }
    }
}

/// A task while the events of one batch are taken in.
private struct TaskDraft {
    private var timeline: TaskTimeline
    private let number: Int64?
    private let before: TaskTimeline?

    init(_ event: TaskEvent, _ connection: any SQLConnection) throws {
        guard
            var row = try connection.row("SELECT \(TaskRows.columns) FROM task WHERE id = ?", [.string(event.id)])
        else {
            number = nil
            before = nil
            timeline = TaskTimeline(BrokerTask(id: event.id, heardAt: event.heardAt))
            return
        }
        let (number, task) = try TaskRows.task(&row)
        self.number = number
        timeline = TaskTimeline(
            task, earlier: task.earlierAttempts == 0 ? [] : try TaskRows.attempts(of: number, connection))
        before = timeline
    }

    var isSent: Bool { timeline.task.sentAt != nil && timeline.task.queue != nil }

    mutating func apply(_ event: TaskEvent) { timeline.apply(event) }

    /// Returns the row's number.
    func write(_ connection: any SQLConnection) throws -> Int64 {
        let task = timeline.task
        let written: Int64
        if let number {
            written = number
            // Each index whose columns are named is written anew, also where nothing changes.
            try connection.execute(
                "UPDATE task SET \(TaskRows.changing) WHERE number = ?",
                TaskRows.changingValues(task) + [.integer(number)])
            for (column, old, new) in [
                ("name", before?.task.name, task.name), ("queue", before?.task.queue, task.queue),
                ("worker", before?.task.worker, task.worker),
            ] where old != new {
                try connection.execute(
                    "UPDATE task SET \(column) = ? WHERE number = ?", [.string(new), .integer(number)])
            }
        } else {
            let values = TaskRows.changingValues(task)
            var row = try connection.row(
                """
                INSERT INTO task (\(TaskRows.changingColumns), id, name, queue, worker, first_heard)
                VALUES (\(Array(repeating: "?", count: values.count + 5).joined(separator: ", "))) RETURNING number
                """,
                values + [
                    .string(task.id), .string(task.name), .string(task.queue), .string(task.worker),
                    .real(task.firstHeardAt),
                ])
            written = try SQLRow.present(row?.int64())
        }
        try TaskRows.index(task.error, instead: before?.task.error, of: written, connection)
        if timeline.earlier != before?.earlier ?? [] {
            try TaskRows.write(timeline.earlier.suffix(SQLiteTaskHistory.keptAttempts), of: written, connection)
        }
        return written
    }
}
