import Core
import Foundation
import SystemPackage
import Testing

@testable import Catalog

@Suite("SQLiteTaskHistory")
struct SQLiteTaskHistoryTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)")
    private let file: FilePath

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        file = FilePath(folder.path + "/history.sqlite")
    }

    private func withHistory(_ body: (SQLiteTaskHistory) async throws -> Void) async throws {
        let history = try await SQLiteTaskHistory.open(file)
        try await body(history)
        await history.close()
    }

    @Test("Workers are kept with when they told and left; one that starts anew has told nothing; older files take them")
    func workers() async throws {
        try await withHistory { history in
            try await history.record(
                [SeenWorker(name: "a", heardAt: 10, toldAt: 9), SeenWorker(name: "b", heardAt: 11)], restarted: ["b"])
            try await history.record([SeenWorker(name: "a", heardAt: 12)], restarted: [])
            #expect(try await history.workers(since: 12) == [SeenWorker(name: "a", heardAt: 12, toldAt: 9)])
            try await history.record([SeenWorker(name: "a", heardAt: 13, leftAt: 13)], restarted: [])
            let seen = try await history.workers(since: 0)
            #expect(
                seen == [SeenWorker(name: "a", heardAt: 13, leftAt: 13, toldAt: 9), SeenWorker(name: "b", heardAt: 11)])
            #expect(seen.gone(besides: ["b"]).map(\.name) == ["a"] && seen.gone(besides: []).map(\.name) == ["a", "b"])
            // Who has left tells nothing; of those that are here none does.
            #expect(seen.areSilentOnTasks(until: 20) && !seen.areSilentOnTasks(until: 200))
            // What it tells of its last task is no return.
            try await history.record([SeenWorker(name: "a", heardAt: 13.5)], restarted: [], heardByTasks: ["a"])
            #expect(try await history.workers(since: 13).map(\.leftAt) == [13])
            try await history.record([SeenWorker(name: "a", heardAt: 14)], restarted: ["a"])
            #expect(try await history.workers(since: 14) == [SeenWorker(name: "a", heardAt: 14)])
            try await history.database.write(.soon) { connection in
                try makeOlder(1, connection)
            }
        }
        try await withHistory { history in
            #expect(try await history.workers(since: 0) == [])
            try await history.record([SeenWorker(name: "c", heardAt: 15)], restarted: [])
            #expect(try await history.prune(TaskHistoryLimits(days: 1, bytes: 1 << 30), now: 200_000) == 0)
            #expect(try await history.workers(since: 0) == [])
        }
    }

    private func event(
        _ id: String, _ kind: TaskEvent.Kind, _ at: Double, name: String? = nil, error: String? = nil
    ) -> TaskEvent {
        var event = TaskEvent(id: id, kind: kind, at: at, heardAt: at)
        event.name = name
        event.error = error
        return event
    }

    private func failure(_ id: String, _ at: Double, _ error: String) -> [TaskEvent] {
        [
            event(id, .received, at, name: "t.fail"), event(id, .started, at + 1),
            event(id, .failed, at + 2, error: error),
        ]
    }

    private func ids(_ history: SQLiteTaskHistory, _ change: (inout TaskFilter) -> Void = { _ in }) async throws
        -> [String]
    {
        var filter = TaskFilter()
        change(&filter)
        return try await history.tasks(filter, limit: 100).tasks.map(\.id)
    }

    private let watch = TaskWatchState(id: "w", since: 0)

    @Test("Of what a worker holds, or what waits, the unfinished is lost, and what is told of it later counts")
    func losses() async throws {
        func event(_ id: String, _ kind: TaskEvent.Kind, _ at: Double, worker: String? = nil) -> TaskEvent {
            var event = TaskEvent(id: id, kind: kind, at: at, heardAt: at)
            (event.worker, event.queue) = (worker, "q")
            return event
        }
        try await withHistory { history in
            try await history.record(
                [
                    event("runs", .started, 10, worker: "a"), event("held", .received, 11, worker: "a"),
                    event("later", .started, 30, worker: "a"), event("other", .started, 10, worker: "b"),
                    event("done", .started, 10, worker: "a"), event("done", .succeeded, 12, worker: "a"),
                    event("waits", .sent, 10), event("new", .sent, 30),
                ], marks: [], watch: watch)
            #expect(try await history.held(by: "a", heardUntil: 20, limit: 9) == ["runs", "held"])
            #expect(try await history.held(by: "a", heardUntil: 20, limit: 1) == ["runs"])
            #expect(try await history.queued(in: "q", heardUntil: 20, limit: 9) == ["waits"])
            #expect(try await history.queued(in: nil, heardUntil: 40, limit: 9) == ["waits", "new"])
            #expect(try await history.queued(in: "other", heardUntil: 40, limit: 9) == [])
            try await history.record(lost: ["runs", "held", "done", "waits"], because: "it is gone", at: 40)
            var filter = TaskFilter()
            filter.states = [.lost]
            let lost = try await history.tasks(filter, limit: 9).tasks
            #expect(Set(lost.map(\.id)) == ["runs", "held", "waits"] && lost.allSatisfy { $0.error == "it is gone" })
            #expect(try await history.task("done")?.state == .succeeded)
            #expect(try await history.failures().isEmpty)
            // It was only slow; and another is delivered again.
            try await history.record(
                [
                    event("runs", .succeeded, 50, worker: "a"), event("held", .received, 51, worker: "b"),
                    event("held", .started, 52, worker: "b"),
                ], marks: [], watch: watch)
            #expect(try await history.task("runs")?.state == .succeeded)
            #expect(try await history.task("runs")?.error == nil)
            #expect(try await history.task("held")?.state == .running)
            try await history.database.write(.soon) { _ = try $0.execute("PRAGMA user_version = 3", []) }
        }
        // What the version before wrote is taken as it is.
        try await withHistory { history in
            let state = try await history.task("waits")?.state
            #expect(state == .lost)
        }
    }

    /// As a file was in an earlier form.
    private func makeOlder(_ version: Int, _ connection: any SQLConnection) throws {
        for name in ["task_failure", "task_failed", "task_unprinted"] {
            try connection.execute("DROP INDEX \(name)", [])
        }
        for column in ["fingerprint", "retried_as", "retried_at"] {
            try connection.execute("ALTER TABLE task DROP COLUMN \(column)", [])
        }
        if version < 2 { try connection.execute("DROP TABLE worker", []) }
        try connection.execute("PRAGMA user_version = \(version)", [])
    }

    @Test(
        "Failed tasks are grouped by what their errors have in common; one that was sent again is in no group; older files too"
    )
    func failures() async throws {
        let errors = ["ValueError('user 1 not found')", "ValueError('user 2 not found')", "KeyError('card')"]
        try await withHistory { history in
            for (number, error) in (errors + errors).enumerated() {
                try await history.record(
                    failure("t\(number)", Double(100 * number), error), marks: [], watch: watch)
            }
            // Has succeeded in the end; runs; told no error.
            try await history.record(
                failure("fine", 900, errors[0]) + [event("fine", .started, 910), event("fine", .succeeded, 911)],
                marks: [], watch: watch)
            try await history.record([event("new", .started, 990, name: "t.fail")], marks: [], watch: watch)
            var silent = event("silent", .failed, 995)
            silent.name = "t.other"
            try await history.record([silent], marks: [], watch: watch)
        }
        func check(_ history: SQLiteTaskHistory) async throws {
            let groups = try await history.failures()
            #expect(groups.map(\.count) == [4, 2, 1], "\(groups)")
            #expect(groups[0].firstAt == 2 && groups[0].lastAt == 402 && groups[0].error == errors[1])
            #expect(groups[0].key.task == "t.fail" && groups[2].key.task == "t.other" && groups[2].error == nil)
            let members = try await history.failed(in: groups[0].key, after: nil, limit: 99)
            #expect(members.map(\.id) == ["t4", "t3", "t1", "t0"])
            let rest = try await history.failed(
                in: groups[0].key, after: FailurePlace(at: 302, id: "t3"), limit: 1)
            #expect(rest.map(\.id) == ["t1"])
            #expect(
                try await history.failed(in: nil, after: .behind(402), limit: 99).map(\.id) == ["t3", "t2", "t1", "t0"])
        }
        try await withHistory { history in
            try await check(history)
            let before = try await history.lastChange()
            try await history.record(retries: [("t4", "n4"), ("nobody", "n5")], sent: [], at: 1000)
            #expect(try await history.task("t4")?.retriedAs == "n4")
            #expect(try await history.task("t4")?.retriedAt == 1000)
            #expect(try await history.failures().map(\.count) == [3, 2, 1])
            // Who follows hears of it; and what is told of the task later forgets it not.
            #expect(try await history.changes(after: before, limit: 9, TaskFilter()).tasks.map(\.id) == ["t4"])
            try await history.record([event("t4", .failed, 1100, error: errors[0])], marks: [], watch: watch)
            #expect(try await history.task("t4")?.retriedAs == "n4")
            #expect(try await history.failures().map(\.count) == [3, 2, 1])
            // As a file was before this was kept.
            try await history.database.write(.soon) { connection in
                try connection.execute("UPDATE task SET ended = 402, error = ? WHERE id = 't4'", [.text(errors[1])])
                try makeOlder(2, connection)
            }
        }
        try await withHistory { try await check($0) }
    }

    @Test("Failures whose queue nobody told are in the largest group of their task and error, and are found with it")
    func unknownQueues() async throws {
        try await withHistory { history in
            for (number, queue) in ["a", "b", "b", nil, nil].enumerated() {
                var failed = event("t\(number)", .failed, Double(number), name: "t.fail", error: "user \(number)")
                failed.queue = queue
                var other = event("o\(number)", .failed, 10 + Double(number), name: "t.fail", error: "card")
                other.queue = nil
                try await history.record([failed, other], marks: [], watch: watch)
            }
            let groups = try await history.failures()
            #expect(groups.map { $0.key.queue } == [nil, "b", "a"] && groups.map(\.count) == [5, 4, 1])
            #expect(groups[1].lastAt == 4 && groups[1].firstAt == 1 && groups[1].error == "user 4")
            let first = try await history.failed(in: groups[1].key, after: nil, limit: 3)
            #expect(first.map(\.id) == ["t4", "t3", "t2"])
            let rest = try await history.failed(
                in: groups[1].key, after: FailurePlace(at: 2, id: "t2"), limit: 3)
            #expect(rest.map(\.id) == ["t1"])
            #expect(try await history.failed(in: groups[2].key, after: nil, limit: 9).map(\.id) == ["t0"])
        }
    }

    @Test("Who sends a task again records where to and when, unless who watches has; what is told later follows it")
    func sentAgain() async throws {
        try await withHistory { history in
            func sent(_ id: String, _ at: Double) -> TaskEvent {
                var event = event(id, .sent, at, name: "t.fail")
                event.queue = "work"
                return event
            }
            try await history.record(failure("t1", 10, "user 1"), marks: [], watch: watch)
            try await history.record(retries: [("t1", "n1")], sent: [sent("n1", 100)], at: 100)
            var task = try #require(try await history.task("n1"))
            #expect(task.queue == "work" && task.sentAt == 100 && task.state == .queued)
            try await history.record(failure("n1", 101, "user 1"), marks: [], watch: watch)
            task = try #require(try await history.task("n1"))
            #expect(task.queue == "work" && task.waitSeconds == 2 && task.state == .failed)
            #expect(try await history.failures().map { $0.key.queue } == ["work"])
            // Who watches was faster.
            try await history.record([sent("n2", 200)] + failure("n2", 201, "user 1"), marks: [], watch: watch)
            try await history.record(retries: [("n1", "n2")], sent: [sent("n2", 200)], at: 210)
            task = try #require(try await history.task("n2"))
            #expect(task.state == .failed && task.sentAt == 200 && task.resentAt == nil && task.earlierAttempts == 0)
        }
    }

    @Test("What was recorded is there after closing, with every attempt in its order")
    func attempts() async throws {
        try await withHistory { history in
            try await history.record(
                [
                    event("a", .received, 1, name: "t.one"), event("a", .started, 2),
                    event("a", .retried, 3, error: "first\u{1B}[31m\0"),
                ], marks: [1, UInt64.max], watch: watch)
            try await history.record(
                [event("a", .received, 4), event("a", .started, 5), event("a", .succeeded, 6)], marks: [3], watch: watch
            )
        }
        try await withHistory { history in
            let attempts = try await history.attempts(of: "a")
            #expect(attempts.map(\.state) == [.retrying, .succeeded] && attempts[0].error == "first\u{1B}[31m\u{FFFD}")
            #expect(attempts.map(\.startedAt) == [2, 5])
            let task = try #require(try await history.task("a"))
            #expect(task.name == "t.one" && task.error == nil && task.earlierAttempts == 1)
            #expect(try await history.recentMarks().marks == [1, UInt64.max, 3])
            #expect(try await history.ids(beginningWith: "a", limit: 9) == ["a"])
            #expect(try await history.attempts(of: "b").isEmpty)
        }
    }

    @Test("Tasks are found by state, name, error and time, in any order, and in pages")
    func filters() async throws {
        try await withHistory { history in
            var events: [TaskEvent] = []
            for number in 1...9 { events += failure("f\(number)", Double(number) * 10, "user \(number) not found") }
            events += [event("s", .started, 100, name: "t.ok"), event("s", .succeeded, 130)]
            events += [event("q", .sent, 200, name: "u.later")]
            try await history.record(events, marks: [], watch: watch)
            let all = try await ids(history)
            #expect(all.first == "q" && all.count == 11)
            #expect(try await ids(history) { $0.states = [.succeeded, .queued] } == ["q", "s"])
            #expect(try await ids(history) { $0.states = [.failed] }.count == 9)
            #expect(try await ids(history) { $0.name = "t.*" }.count == 10)
            #expect(try await ids(history) { $0.name = "t.ok" } == ["s"])
            #expect(try await ids(history) { $0.errorPattern = "USER 7 not" } == [])
            #expect(try await ids(history) { $0.errorPattern = "(?i)USER 7 not" } == ["f7"])
            #expect(try await ids(history) { $0.errorPattern = #"user [3-5] not found$"# } == ["f5", "f4", "f3"])
            #expect(try await ids(history) { $0.errorPattern = "4|7" } == ["f7", "f4"])
            #expect(try await ids(history) { $0.since = 90 } == ["q", "s", "f9"])
            #expect(try await ids(history) { $0.until = 23 } == ["f2", "f1"])
            #expect(try await ids(history) { $0.order = .runtime }.first == "s")
            #expect(try await ids(history) { $0.order = .oldest }.prefix(2) == ["f1", "f2"])
            var filter = TaskFilter()
            filter.errorPattern = "not found"
            var found: [String] = []
            repeat {
                let page = try await history.tasks(filter, limit: 4)
                found += page.tasks.map(\.id)
                filter.after = page.next
            } while filter.after != nil
            #expect(found == (1...9).reversed().map { "f\($0)" })
            await #expect(throws: EngineError.self) { try await ids(history) { $0.errorPattern = "(" } }
        }
    }

    @Test("An error that is gone, or changed, is not found any more")
    func errors() async throws {
        try await withHistory { history in
            try await history.record(
                failure("a", 1, "disk full") + failure("b", 1, "disk full"), marks: [], watch: watch)
            try await history.record(
                [event("a", .received, 9), event("a", .started, 9), event("a", .succeeded, 10)], marks: [], watch: watch
            )
            try await history.record(failure("b", 20, "network down"), marks: [], watch: watch)
            #expect(try await ids(history) { $0.errorPattern = "disk full" } == [])
            #expect(try await ids(history) { $0.errorPattern = "network" } == ["b"])
            #expect(try await ids(history) { $0.errorPattern = "network \"down\"" } == [])
            let faults = try await history.database.integrityFaults()
            #expect(faults == [])
            try await history.database.write(.soon) { connection in
                // FTS5's own check, of the index against the table.
                _ = try connection.execute(
                    "INSERT INTO task_error (task_error, rank) VALUES ('integrity-check', 1)", [])
            }
        }
    }

    @Test("What a follower sees are the changes since, once each, that its filter lets through")
    func changes() async throws {
        try await withHistory { history in
            try await history.record(failure("a", 1, "one"), marks: [], watch: watch)
            let place = try await history.lastChange()
            try await history.record(failure("b", 2, "two") + failure("c", 3, "three"), marks: [], watch: watch)
            try await history.record([event("b", .received, 9)], marks: [], watch: watch)
            let (tasks, next) = try await history.changes(after: place, limit: 100, TaskFilter())
            #expect(tasks.map(\.id) == ["c", "b"] && tasks[1].state == .received)
            #expect(try await history.changes(after: next, limit: 100, TaskFilter()).tasks.isEmpty)
            var filter = TaskFilter()
            filter.errorPattern = "three"
            #expect(try await history.changes(after: place, limit: 100, filter).tasks.map(\.id) == ["c"])
        }
    }

    @Test("What is too old or too much is dropped, its attempts and errors with it, and the file stays within its size")
    func limits() async throws {
        try await withHistory { history in
            let long = String(repeating: "x", count: 1500)
            for start in stride(from: 0, to: 2000, by: 1000) {
                let events = (start..<(start + 1000)).flatMap { failure("t\($0)", Double($0), "error \($0) \(long)") }
                try await history.record(events, marks: [], watch: watch)
            }
            let before = try await history.byteCount()
            #expect(before > 3_000_000)
            #expect(try await history.prune(TaskHistoryLimits(days: 1, bytes: 1 << 40), now: 500 + 86400) == 498)
            #expect(try await history.task("t497") == nil)
            #expect(try await history.task("t498") != nil)
            #expect(try await ids(history) { $0.errorPattern = "error 497 x" } == [])
            let limits = TaskHistoryLimits(days: 365, bytes: 3_000_000)
            for start in stride(from: 2000, to: 5000, by: 1000) {
                let events = (start..<(start + 1000)).flatMap { failure("t\($0)", Double($0), "error \($0) \(long)") }
                try await history.record(events, marks: [], watch: watch)
                _ = try await history.prune(limits, now: Double(start))
            }
            while try await history.prune(limits, now: 5000) > 0 {}
            #expect(try await history.byteCount() <= 3_000_000)
            #expect(try await history.task("t4999") != nil)
        }
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: file.string)[.size] as? Int)
        // What was written at most before the size was limited; the freed pages are used again.
        #expect(size < 12_000_000, "\(size)")
    }

    @Test("Rates are of what was watched, by queue; what nobody told is not known")
    func rates() async throws {
        try await withHistory { history in
            var events: [TaskEvent] = []
            for number in 0..<100 {
                let at = 1000 + Double(number)
                var ended = event("a\(number)", number < 25 ? .failed : .succeeded, at)
                ended.runSeconds = Double(number + 1) / 10
                var sent = event("a\(number)", .sent, at - 4)
                sent.queue = "work"
                events += [sent, event("a\(number)", .started, at - 1), ended]
            }
            let watch = TaskWatchState(id: "w", since: 1000, until: 1100, events: 0, missed: 0, unreadable: 0)
            try await history.record(events, marks: [], watch: watch)
            for (at, depth) in [(1000.0, 500), (1050, 400), (1100, 300)] {
                try await history.record(depths: [
                    QueueDepthSample(queue: "work", at: at, depth: depth),
                    QueueDepthSample(queue: "silent", at: at, depth: 7),
                ])
            }
            let rates = try await history.rates(seconds: 300, now: 1100)
            let work = try #require(rates["work"])
            #expect(work.window == 100 && work.outPerSecond == 1 && work.growth == -2 && work.inPerSecond == 0)
            #expect(work.errorShare == 0.25 && work.wait == QueueRates.Spread(median: 3, p95: 3))
            #expect(work.run == QueueRates.Spread(median: 5, p95: 9.5))
            #expect(work.forecast(depth: 300) == .empty(seconds: 150))
            let silent = try #require(rates["silent"])
            #expect(silent.outPerSecond == nil && silent.run == nil && silent.errorShare == nil)
            #expect(silent.forecast(depth: 7) == .stays && rates.count == 2)
            #expect(try await history.rates(seconds: 50, now: 1100)["work"]?.outPerSecond == 1)
            // There are workers, and none of them tells: what is queued may long be done.
            try await history.record([SeenWorker(name: "w@a", heardAt: 1099)], restarted: [])
            #expect(try await history.rates(seconds: 300, now: 1100)["work"]?.outPerSecond == nil)
            try await history.record([SeenWorker(name: "w@a", heardAt: 1099, toldAt: 1098)], restarted: [])
            #expect(try await history.rates(seconds: 300, now: 1100)["work"]?.outPerSecond == 1)
            // Nobody watches any more.
            #expect(try await history.rates(seconds: 300, now: 1200).isEmpty)
            // One whose queue nobody told might be of this one.
            try await history.record(
                (0..<5).map { event("u\($0)", .succeeded, 1090) }, marks: [], watch: watch)
            let unsure = try #require(try await history.rates(seconds: 300, now: 1100)["work"])
            // Of the queue 100 went in the last 50 seconds, half of them seen.
            #expect(unsure.isAtLeast && unsure.outPerSecond == 2 && unsure.inPerSecond == 0 && unsure.run != nil)
            #expect(unsure.forecast(depth: 300) == .empty(seconds: 150))
        }
    }

    @Test("What comes, goes and grows is of the same last minute, and of its end where the queue has turned")
    func turns() async throws {
        try await withHistory { history in
            let watch = TaskWatchState(id: "w", since: 1000, until: 1120, events: 0, missed: 0, unreadable: 0)
            var events: [TaskEvent] = []
            // 150 a second end from 1095 on.
            for number in 0..<3750 {
                var ended = event("d\(number)", .succeeded, 1095.01 + Double(number) / 150)
                ended.queue = "drains"
                events.append(ended)
            }
            for queue in ["stands", "fills"] {
                var ended = event(queue, .succeeded, 1001)
                ended.queue = queue
                events.append(ended)
            }
            try await history.record(events, marks: [], watch: watch)
            for at in stride(from: 1000.0, through: 1120, by: 5) {
                let drains = at < 1090 ? 0 : at < 1095 ? 4500 : 4500 - Int(at - 1095) * 150
                for (queue, depth) in [
                    ("drains", drains), ("stands", at < 1080 ? 0 : 60), ("fills", Int(at - 1000) * 2),
                ] {
                    try await history.record(depths: [QueueDepthSample(queue: queue, at: at, depth: depth)])
                }
            }
            let rates = try await history.rates(seconds: 300, now: 1120)
            let drains = try #require(rates["drains"])
            #expect(drains.growth == -150 && abs((drains.outPerSecond ?? 0) - 150) < 1 && drains.recent == 15)
            #expect((drains.inPerSecond ?? 9) < 1 && drains.forecast(depth: 750) == .empty(seconds: 5))
            #expect(rates["stands"]?.forecast(depth: 60) == .stays && rates["stands"]?.inPerSecond == 0)
            #expect(rates["fills"]?.growth == 2 && rates["fills"]?.recent == 60)
            #expect(rates["fills"]?.forecast(depth: 240) == .grows && rates["fills"]?.inPerSecond == 2)
            // The trend: what waited, and what ended, by steps of the clock.
            #expect(drains.depths[QueueRates.step(of: 1110)] == 2250 && drains.ends[QueueRates.step(of: 1110)] == 750)
            #expect(rates["stands"]?.ends.values.reduce(0, +) == 1)
        }
    }

    @Test("A forecast says grows only where a queue does")
    func forecasts() {
        var rates = QueueRates(window: 100)
        #expect(rates.forecast(depth: 5) == nil)
        rates.growth = 0.5
        #expect(rates.forecast(depth: 5) == .grows && rates.forecast(depth: 0) == .empty(seconds: 0))
        rates.growth = 0.001
        #expect(rates.forecast(depth: 5) == .stays)
        // As much as chance has it; and where nothing goes, all that comes stays.
        rates.recent = 10
        (rates.inPerSecond, rates.outPerSecond, rates.growth) = (20, 19.5, 0.5)
        #expect(rates.forecast(depth: 5) == .stays)
        (rates.inPerSecond, rates.outPerSecond, rates.growth) = (0.3, 0, 0.3)
        #expect(rates.forecast(depth: 5) == .grows)
        (rates.inPerSecond, rates.outPerSecond, rates.growth) = (20, 8, 12)
        #expect(rates.forecast(depth: 5) == .grows)
    }

    @Test(
        "Reading changes no byte of the file, whether or not somebody writes; one of an older form is brought up first")
    func reading() async throws {
        try await withHistory { history in
            try await history.record(failure("f1", 10, "user 395144 not found"), marks: [], watch: watch)
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: file.string))
        let reader = try await SQLiteTaskHistory.openForReading(file)
        #expect(try await ids(reader) { $0.errorPattern = "user 395144 not" } == ["f1"])
        await reader.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: file.string)) == before)
        try await withHistory { history in
            try await history.record(failure("f2", 20, "disk full"), marks: [], watch: watch)
            let beside = try await SQLiteTaskHistory.openForReading(file)
            #expect(try await ids(beside) == ["f2", "f1"])
            try await history.record(failure("f3", 30, "disk full"), marks: [], watch: watch)
            #expect(try await ids(beside) { $0.errorPattern = "disk full" } == ["f3", "f2"])
            await beside.close()
            try await history.database.write(.soon) { connection in
                try makeOlder(1, connection)
            }
        }
        let later = try await SQLiteTaskHistory.openForReading(file)
        #expect(try await later.workers(since: 0) == [])
        await later.close()
        await #expect(throws: (any Error).self) {
            try await SQLiteTaskHistory.openForReading(FilePath(folder.path + "/none"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/none"))
    }

    @Test("Of what an error must hold the rare is looked up: digits first, letters where there is little else")
    func trigrams() {
        #expect(
            ErrorPattern.trigrams(of: ["user 395144"])
                == ["395", "951", "514", "144", " 39", "r 3", "use", "ser", "er "])
        #expect(ErrorPattern.trigrams(of: ["No \"x\""]) == ["no ", "o \"", " \"x", "\"x\""])
        #expect(ErrorPattern.trigrams(of: ["a7b ", "xyz"]) == ["a7b", "7b ", "xyz"])
        #expect(ErrorPattern.rareTexts(of: ["user 395144 of 7 and 88", "x"]) == ["395144"])
        #expect(ErrorPattern.rareTexts(of: ["user 7 not 88"]) == ["r 7 n", "t 88"])
        #expect(ErrorPattern.rareTexts(of: ["connection refused", "by 1"]) == ["y 1"])
        #expect(ErrorPattern.rareTexts(of: ["connection refused"]) == ["connection refused"])
    }

    @Test("Of words that most errors have, what fewest hold leads to the one that is meant, or to none")
    func rarest() async throws {
        try await withHistory { history in
            for number in 0..<600 {
                let error = number == 7 ? "connection refused" : "its connection was refused"
                try await history.record(failure("f\(number)", 10, error), marks: [], watch: watch)
            }
            let index = TrigramIndex(table: "task_error")
            let terms = try await history.database.read { connection in
                try ["connection refused", "refused connection", "no connection"].map {
                    try index.rarest(of: [$0], limit: 300, connection)
                }
            }
            #expect(terms == [#""n r" AND "con" AND "onn" AND "nne""#, nil, nil])
            #expect(try await ids(history) { $0.errorPattern = "connection refused" } == ["f7"])
            #expect(try await ids(history) { $0.errorPattern = "refused.*connection" } == [])
            var filter = TaskFilter()
            filter.errorPattern = "connection"
            let all = try await history.tasks(filter, limit: 1000).tasks
            #expect(all.count == 600)
        }
    }

    @Test(
        "Only what an error must hold is taken from a pattern",
        arguments: [
            ("user 7 not", ["user 7 not"]), (#"user \d+ not found"#, ["user ", " not found"]), ("a|b", []),
            ("abc?de", ["ab", "de"]), ("abc+de", ["abc", "de"]), ("abc{0,3}def", ["ab", "def"]),
            ("(foo|bar)baz", ["baz"]), ("(?x)a b c", []), ("(?i)abc", ["abc"]), (#"\Qa.b\E"#, []), (#"a\.b"#, ["a.b"]),
            ("[abc]def", ["def"]), ("[]x]yz", ["yz"]), (#"\x41bc"#, []), ("grüße", ["gr", "e"]), ("^error$", ["error"]),
            ("(optional)?rest", ["rest"]),
        ] as [(String, [String])])
    func literals(_ pattern: String, _ parts: [String]) {
        #expect(ErrorPattern.literals(in: pattern) == parts)
    }

    @Test("A pattern that would run for ever is given up")
    func endless() throws {
        let pattern = try ErrorPattern("(a+)+$")
        #expect(pattern.fits(String(repeating: "a", count: 60) + "b", patience: .milliseconds(50)) == nil)
    }

    @Test("A file of a newer form, or that is none, is refused and left as it is")
    func foreign() async throws {
        try await withHistory { history in
            try await history.database.write(.soon) { _ = try $0.execute("PRAGMA user_version = 99", []) }
        }
        await #expect { try await SQLiteTaskHistory.open(file) } throws: { ($0 as? EngineError)?.code == .unsupported }
        let other = FilePath(folder.path + "/other")
        try Data("no database, but long enough to look like one of some pages".utf8).write(
            to: URL(fileURLWithPath: other.string))
        await #expect { try await SQLiteTaskHistory.open(other) } throws: { ($0 as? EngineError)?.code == .corrupt }
    }
}
