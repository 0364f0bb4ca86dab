import Contracts
import Core
import Foundation
import Testing

@testable import Catalog

/// A real streaming standby beside its primary.
@Suite(
    "A read replica of Postgres", .serialized,
    .enabled(if: PostgresServer.isAvailable && PostgresCluster.programs != nil, PostgresServer.absence))
struct PostgresReplicaTests {
    private struct Place {
        let cluster: PostgresCluster
        /// Whose reads may go to the standby.
        let catalog: SQLCatalog
        /// Another process, which knows of no standby.
        let other: SQLCatalog

        init() async throws {
            cluster = try await PostgresCluster(programs: try #require(PostgresCluster.programs))
            do {
                try await cluster.migrate()
                try await cluster.startStandby()
                catalog = try await SQLCatalog.open(
                    PostgresDatabase(cluster.settings(), replica: cluster.standbySettings), owner: "local",
                    clock: SystemClock(), random: SystemRandom())
                other = try await SQLCatalog.open(
                    PostgresDatabase(cluster.settings()), owner: "local", clock: SystemClock(), random: SystemRandom())
            } catch {
                cluster.stop()
                throw error
            }
        }

        /// Whether a read that may lag is answered by the standby now.
        func isRead() async throws -> Bool {
            let rows = try await catalog.database.rowsThatMayLag("SELECT pg_is_in_recovery()", [])
            var row = try SQLRow.present(rows.first)
            return try row.bool()
        }

        func untilRead(_ isRead: Bool) async throws {
            for _ in 0..<300 {
                if try await self.isRead() == isRead { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("the standby is \(isRead ? "never" : "always") read")
        }

        func count() async throws -> Int { try await catalog.timeline(TimelineQuery(limit: 999)).count }

        /// Records photos, each of which must show in the next page.
        func write(_ numbers: Range<Int>) async throws {
            for number in numbers {
                _ = try await catalog.record([photoFile(number)])
                let count = try await count()
                #expect(count == number + 1)
            }
        }

        func close() async throws {
            try await catalog.close()
            try await other.close()
        }
    }

    @Test("Pages come from a standby that keeps up; an own change, and one that was heard of, is in the next page")
    func freshness() async throws {
        let place = try await Place()
        defer { place.cluster.stop() }
        try await place.untilRead(true)
        try await place.write(0..<5)
        try await place.untilRead(true)
        #expect(try await place.count() == 5)
        let finding = await PostgresExamination(place.cluster.standbySettings, profile: "test").replicaFinding()
        #expect(finding.status == .ok && finding.value.contains("last change"), "\(finding)")

        // A standby that stops replaying is not read as soon as it is too far behind, and never without an own change.
        try place.cluster.administer("SELECT 1 FROM pg_wal_replay_pause()", standby: true)
        let mark = try await place.catalog.changeMark()
        try await place.write(5..<8)
        _ = try await place.other.record([photoFile(8)])
        #expect(try await place.catalog.changeMark() != mark)
        #expect(try await place.count() == 9)
        for _ in 0..<30 {
            #expect(try await place.count() == 9)
            #expect(try await !place.isRead())
            try await Task.sleep(for: .milliseconds(100))
        }
        // Nobody told of this one: it shows within the tolerance.
        _ = try await place.other.record([photoFile(9)])
        var count = 0
        for _ in 0..<50 where count < 10 {
            count = try await place.count()
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(count == 10)
        try place.cluster.administer("SELECT 1 FROM pg_wal_replay_resume()", standby: true)
        try await place.untilRead(true)
        #expect(try await place.count() == 10)
        try await place.close()
    }

    @Test("A standby that is killed, or is none, costs nothing but itself; it is read again when it is back")
    func death() async throws {
        let place = try await Place()
        defer { place.cluster.stop() }
        try await place.write(0..<2)
        try await place.untilRead(true)
        place.cluster.killStandby()
        for _ in 0..<20 {
            #expect(try await place.count() == 2)
            #expect(try await !place.isRead())
        }
        try await place.write(2..<4)
        try await place.cluster.startStandby()
        try await place.untilRead(true)
        #expect(try await place.count() == 4)

        // A server of its own that was a standby once may know nothing of what happened since.
        try place.cluster.administer("SELECT pg_promote()", standby: true)
        try await place.untilRead(false)
        let rows = try await place.catalog.database.rowsThatMayLag("SELECT current_setting('port')", [])
        var row = try SQLRow.present(rows.first)
        #expect(try row.text() == "5432")
        try await place.close()
    }

    @Test("A standby that is frozen costs one read a moment, and is then passed over until it answers again")
    func frozen() async throws {
        let place = try await Place()
        defer { place.cluster.stop() }
        try await place.write(0..<2)
        try await place.untilRead(true)
        try place.cluster.freezeStandby()
        // By the time that a statement may take it would be waited for a minute, and without end by itself. Each read that
        // meets it costs two seconds.
        var began = ContinuousClock.now
        #expect(try await place.count() == 2)
        #expect(ContinuousClock.now - began < .seconds(30))
        began = .now
        for _ in 0..<20 {
            #expect(try await place.count() == 2)
            #expect(try await !place.isRead())
        }
        #expect(ContinuousClock.now - began < .seconds(30))
        // What comes later finds it silent still, and does not wait for it either.
        try await Task.sleep(for: .seconds(6))
        began = .now
        for _ in 0..<20 { #expect(try await !place.isRead()) }
        #expect(ContinuousClock.now - began < .seconds(30))
        try place.cluster.freezeStandby(false)
        try await place.untilRead(true)
        #expect(try await place.count() == 2)
        try await place.close()
    }
}
