import Contracts
import Core
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Catalog

/// Servers that die, freeze or are full: whatever was answered stands, once.
@Suite(
    "Postgres that dies", .serialized,
    .enabled(if: PostgresServer.isAvailable && PostgresCluster.programs != nil, PostgresServer.absence))
struct PostgresCrashTests {
    private func makeCluster(connections: Int = 40) async throws -> PostgresCluster {
        let cluster = try await PostgresCluster(
            programs: try #require(PostgresCluster.programs), connections: connections)
        try await cluster.migrate()
        return cluster
    }

    @Test(
        "A server or PgBouncer killed at any moment loses nothing that was answered and applies nothing twice",
        arguments: [false, true])
    func killed(throughBouncer: Bool) async throws {
        let cluster = try await makeCluster()
        defer { cluster.stop() }
        if throughBouncer { try await cluster.startBouncer() }
        let catalog = try await PostgresCatalog.open(
            cluster.settings(throughBouncer: throughBouncer), owner: "local")
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 { group.addTask { try await tally.append(to: catalog, as: writer) } }
            for _ in 0..<3 {
                let before = tally.answered.withLock(\.count)
                for _ in 0..<400 where tally.answered.withLock(\.count) < before + 5 {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(tally.answered.withLock(\.count) >= before + 5, "nothing goes on after a restart")
                if throughBouncer {
                    cluster.killBouncer()
                    try await Task.sleep(for: .milliseconds(200))
                    try await cluster.startBouncer()
                } else {
                    cluster.kill()
                    try await Task.sleep(for: .milliseconds(200))
                    try await cluster.start()
                }
            }
            let before = tally.answered.withLock(\.count)
            for _ in 0..<800 where tally.answered.withLock(\.count) == before {
                try await Task.sleep(for: .milliseconds(50))
            }
            tally.isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        let kept = try await catalog.journal(limit: 1_000_000).map(\.subject)
        #expect(Set(kept).count == kept.count)
        #expect(Set(tally.answered.withLock { $0 }) == Set(kept))
        for case let error as EngineError in tally.refused.withLock({ $0 }) {
            #expect(error.isRetryable && error.description.contains("Postgres at"), "\(error)")
        }
        #expect(try await catalog.check() == [])
        try await catalog.close()
    }

    @Test("A commit whose answer is lost stands once: one that was undone is done again, one that may stand is not")
    func doubt() async throws {
        let cluster = try await makeCluster()
        defer { cluster.stop() }
        let catalog = try await PostgresCatalog.open(cluster.settings(), owner: "local")
        let end = """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE usename = 'phototui_app' AND query = 'COMMIT' AND state = 'active'
            """
        // Done, and waiting for a replica that never answers.
        try cluster.administer("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try cluster.administer("SELECT pg_reload_conf()")
        try await Task.sleep(for: .milliseconds(300))
        try await appending("done", to: catalog) {
            try !cluster.administer(end).isEmpty
        }
        try cluster.administer("ALTER SYSTEM RESET synchronous_standby_names")
        try cluster.administer("SELECT pg_reload_conf()")
        // Not done: the commit's own check takes its time, the first one.
        for sql in [
            "CREATE SEQUENCE runs", "GRANT USAGE ON SEQUENCE runs TO phototui_app",
            """
            CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN IF nextval('runs') = 1 THEN PERFORM pg_sleep(20); END IF; RETURN NULL; END$$
            """,
            """
            CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION slowly()
            """,
        ] { try cluster.administer(sql, in: "phototui") }
        try await appending("undone", to: catalog) {
            try !cluster.administer(end).isEmpty
        }
        #expect(try await catalog.journal(limit: 9).map(\.subject).sorted() == ["done", "undone"])
        try await catalog.close()
    }

    /// Appends an entry, and calls `interrupt` until it has interrupted that.
    private func appending(
        _ subject: String, to catalog: any Catalog, interrupt: () throws -> Bool
    ) async throws {
        let call = Task { try await catalog.append(journalEntry(at: 1, subject: subject)) }
        var isInterrupted = false
        for _ in 0..<100 where !isInterrupted {
            try await Task.sleep(for: .milliseconds(50))
            isInterrupted = try interrupt()
        }
        #expect(isInterrupted, "\(subject): the commit was over before it could be interrupted")
        if subject == "done" {
            let error = await #expect(throws: EngineError.self) { try await call.value }
            #expect(error?.isRetryable == true && error?.whatHappened.contains("may stand") == true)
        } else {
            try await call.value
        }
    }

    @Test("A server that freezes costs its time and no more, and a cancelled call does not wait for it")
    func frozen() async throws {
        let cluster = try await makeCluster()
        defer { cluster.stop() }
        let database = PostgresDatabase(cluster.settings(statementSeconds: 1))
        let freeze: @Sendable (any SQLConnection) throws -> pid_t = { connection in
            var row = try SQLRow.present(try connection.row("SELECT pg_backend_pid()", []))
            let process = pid_t(try row.int())
            Glibc.kill(process, SIGSTOP)
            return process
        }
        let process = Mutex<pid_t>(0)
        let clock = ContinuousClock()
        let took = await clock.measure {
            let error = await #expect(throws: EngineError.self) {
                try await database.read { connection in
                    let frozen = try freeze(connection)
                    process.withLock { $0 = frozen }
                    _ = try connection.rows("SELECT 1", [])
                }
            }
            #expect(error?.code == .timedOut && error?.isRetryable == true)
        }
        #expect(took < .seconds(12))
        Glibc.kill(process.withLock { $0 }, SIGCONT)
        let call = Task {
            try await database.read { connection in
                let frozen = try freeze(connection)
                process.withLock { $0 = frozen }
                _ = try connection.rows("SELECT 1", [])
            }
        }
        try await Task.sleep(for: .milliseconds(500))
        let waited = await clock.measure {
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
        #expect(waited < .seconds(10))
        Glibc.kill(process.withLock { $0 }, SIGCONT)
        _ = try await database.changeMark()
        try await database.close()
    }

    @Test("A pooler whose server is away is told from a server that takes no connections", arguments: [false, true])
    func pooler(isConnected: Bool) async throws {
        let cluster = try await makeCluster()
        defer { cluster.stop() }
        try await cluster.startBouncer(waitSeconds: 1)
        let database = PostgresDatabase(cluster.settings(throughBouncer: true, connections: 1))
        // It may take a moment to listen.
        for _ in 0..<50 where isConnected {
            if (try? await database.changeMark()) != nil { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        cluster.kill()
        var said: [String] = []
        for _ in 0..<20 where said.last?.contains("reaches no Postgres behind it") != true {
            do {
                _ = try await database.changeMark()
            } catch let error as EngineError {
                #expect(error.code == .unavailable && error.isRetryable, "\(error)")
                said.append(error.description)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(said.last?.contains("is a pooler that reaches no Postgres behind it") == true, "\(said)")
        try await database.close()
    }

    @Test("A server without a connection left is unavailable for now, and is used again when one is free")
    func full() async throws {
        let cluster = try await makeCluster(connections: 6)
        defer { cluster.stop() }
        var held: [PostgresConnection] = []
        // Refused again and again: whoever saw that the server was up may only be about to leave.
        var refusals = 0
        for _ in 0..<300 where refusals < 10 {
            do {
                held.append(try PostgresConnection(cluster.settings(), server: ""))
                refusals = 0
            } catch let error as EngineError {
                // In the server's words; a machine that is busy may fail a connection for other reasons.
                let isFull = ["too many clients", "remaining connection slots"].contains {
                    error.description.contains($0)
                }
                refusals = isFull ? refusals + 1 : 0
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try #require(refusals == 10, "the server took \(held.count) connections")
        let catalog = PostgresDatabase(cluster.settings())
        let error = try await #require(throws: EngineError.self) { _ = try await catalog.changeMark() }
        #expect(error.code == .unavailable && error.isRetryable && error.description.contains("Postgres at"))
        held = []
        var isServed = false
        for _ in 0..<100 where !isServed {
            isServed = (try? await catalog.changeMark()) != nil
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(isServed)
        try await catalog.close()
    }
}

/// What writers were told while their server came and went.
private final class Tally: Sendable {
    let answered = Mutex<[String]>([])
    let refused = Mutex<[any Error]>([])
    let isOver = Mutex(false)

    func append(to catalog: any Catalog, as writer: Int) async throws {
        var number = 0
        while !isOver.withLock({ $0 }) {
            number += 1
            let entry = journalEntry(at: 1, subject: "\(writer)-\(number)")
            // An entry whose answer was lost is appended again, until there is one.
            while !answered.withLock({ $0.contains(entry.subject) }) {
                do {
                    try await catalog.append(entry)
                    answered.withLock { $0.append(entry.subject) }
                } catch {
                    refused.withLock { $0.append(error) }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }
}
