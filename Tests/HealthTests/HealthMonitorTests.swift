import Core
import Foundation
import Synchronization
import Testing

@testable import Health

@Suite("The health monitor")
struct HealthMonitorTests {
    private final class Count: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock {
                $0 += 1; return $0
            }
        }
        var now: Int { value.withLock { $0 } }
    }

    @Test("A flood of questions is one look")
    func flood() async {
        let count = Count()
        let probe = HealthProbe("one", server: "it") {
            _ = count.next()
            try await Task.sleep(for: .milliseconds(50))
            return HealthProbe.Finding("fine")
        }
        let monitor = HealthMonitor([probe], limit: .seconds(60), age: .seconds(3600))
        let reports = await withTaskGroup(of: HealthReport.self) { group in
            for _ in 0..<500 { group.addTask { await monitor.check() } }
            return await group.reduce(into: Set<HealthReport>()) { $0.insert($1) }
        }
        #expect(reports.count == 1 && count.now == 1)
        #expect(await monitor.check().status == .ok && count.now == 1)
        #expect(monitor.tallies["one"]?.latencies.count == 1)
    }

    @Test("A server that says nothing is told by name in time, is not asked twice, and is well when it answers again")
    func silence() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        let count = Count()
        let frozen = HealthProbe("database", server: "Postgres at db:5432") {
            if count.next() == 1 { for await _ in gate { break } }
            return HealthProbe.Finding("fine")
        }
        let other = HealthProbe("broker", server: "Redis") { HealthProbe.Finding("fine") }
        let monitor = HealthMonitor([frozen, other], limit: .milliseconds(50), age: .zero)
        for _ in 0..<3 {
            let report = await monitor.check()
            #expect(!report.isReady && report.dependencies.map(\.status) == [.fail, .ok])
            #expect(report.dependencies[0].message.hasPrefix("Postgres at db:5432 has not answered for"))
        }
        #expect(count.now == 1)
        opening.yield()
        var report = await monitor.check()
        for _ in 0..<1000 where !report.isReady {
            try await Task.sleep(for: .milliseconds(10))
            report = await monitor.check()
        }
        #expect(report.isReady)
    }

    @Test("An error is told with what to do, and what a terminal could obey is escaped")
    func errors() async throws {
        let probe = HealthProbe("storage", server: "it") {
            throw EngineError(.unavailable, "no \u{1B}[2J way", whatToDo: "wait")
        }
        let report = await HealthMonitor([probe]).check()
        #expect(report.dependencies[0].message == "no \\x1b[2J way" && report.dependencies[0].whatToDo == "wait")
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(report.json)) as? [String: Any])
        #expect(document["status"] as? String == "fail")
        let first = try #require((document["dependencies"] as? [[String: Any]])?.first)
        #expect(Set(first.keys) == ["name", "status", "seconds", "message", "what_to_do", "checked_at"])
    }

    @Test("A value that is dear to make is made once for all who ask, and anew when it failed")
    func remembered() async {
        let count = Count()
        let value = Remembered(age: .seconds(3600), limit: .seconds(60)) { () -> Int in
            let number = count.next()
            if number == 1 { throw EngineError(.unavailable, "not now") }
            try await Task.sleep(for: .milliseconds(20))
            return number
        }
        #expect(await value.value() == nil)
        let all = await withTaskGroup(of: Int?.self) { group in
            for _ in 0..<100 { group.addTask { await value.value() } }
            return await group.reduce(into: Set<Int?>()) { $0.insert($1) }
        }
        #expect(all == [2])
    }

    @Test("Metrics keep to the format: help, type, escaped labels, cumulative buckets")
    func format() {
        var histogram = LatencyHistogram()
        for seconds in [0.0005, 0.001, 0.3, 100] { histogram.record(seconds: seconds) }
        var metrics = MetricsText()
        metrics.add("a_total", .counter, "One \\ and\nmore.", [(["l": "say \"hi\"\\\n"], 3), (["l": "b"], 0.25)])
        metrics.add("b_seconds", "Times.", [(["x": "y"], histogram)])
        metrics.add("c", .gauge, "None.", [])
        let lines = metrics.text.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(4) == [
                "# HELP a_total One \\\\ and\\nmore.", "# TYPE a_total counter", #"a_total{l="say \"hi\"\\\n"} 3"#,
                #"a_total{l="b"} 0.25"#,
            ])
        #expect(lines.contains(#"b_seconds_bucket{x="y",le="0.001"} 2"#))
        #expect(lines.contains(#"b_seconds_bucket{x="y",le="0.5"} 3"#))
        #expect(lines.contains(#"b_seconds_bucket{x="y",le="+Inf"} 4"#))
        #expect(lines.contains(#"b_seconds_count{x="y"} 4"#))
        #expect(!metrics.text.contains("None."))
    }

    @Test(
        "An address is a host with a port or a socket's path",
        arguments: [
            ("127.0.0.1:9464", HealthAddress.host("127.0.0.1", port: 9464)), ("[::1]:1", .host("::1", port: 1)),
            ("localhost:0", .host("localhost", port: 0)), ("/run/h.sock", .socket("/run/h.sock")),
            ("unix:/run/h.sock", .socket("/run/h.sock")),
        ])
    func addresses(_ text: String, _ expected: HealthAddress) throws {
        #expect(try HealthAddress(text) == expected)
    }

    @Test("What is no address is refused", arguments: ["", "9464", ":9464", "a:", "a:99999", "::1:80", "unix:x"])
    func noAddress(_ text: String) {
        #expect(throws: EngineError.self) { try HealthAddress(text) }
    }
}
