public import Core
internal import Foundation
internal import Synchronization

/// Looks at everything phototui needs, at once and for a bounded time. However many ask, there is one look under way, and what
/// it found is good for a while: a flood of questions is one look.
public final class HealthMonitor: Sendable {
    /// What looks at one dependency have come to.
    public struct Tally: Sendable {
        public var latencies = LatencyHistogram()
        public var failures: UInt64 = 0
    }

    private struct State {
        var report: (HealthReport, at: ContinuousClock.Instant)?
        var look: Task<HealthReport, Never>?
        /// Looks that have outlasted their time, by the dependency's name: no second one joins them.
        var hanging: [String: ContinuousClock.Instant] = [:]
        var tallies: [String: Tally] = [:]
    }

    private let probes: [HealthProbe]
    private let limit: Duration
    private let age: Duration
    private let state = Mutex(State())

    /// `limit` is how long a look may take; `age` for how long what it found is told again.
    public init(_ probes: [HealthProbe], limit: Duration = .seconds(2), age: Duration = .seconds(2)) {
        (self.probes, self.limit, self.age) = (probes, limit, age)
    }

    public var tallies: [String: Tally] { state.withLock { $0.tallies } }

    public func check() async -> HealthReport {
        let task = state.withLock { state -> Task<HealthReport, Never> in
            if let look = state.look { return look }
            if let (report, at) = state.report, at + age > .now { return Task { report } }
            let look = Task { await self.look() }
            state.look = look
            return look
        }
        return await task.value
    }

    private func look() async -> HealthReport {
        let found = await withTaskGroup(of: (Int, DependencyHealth).self) { group in
            for (index, probe) in probes.enumerated() { group.addTask { (index, await self.look(at: probe)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let report = HealthReport(found.sorted { $0.0 < $1.0 }.map(\.1))
        state.withLock { state in
            state.report = (report, .now)
            state.look = nil
            for dependency in report.dependencies {
                state.tallies[dependency.name, default: Tally()].latencies.record(seconds: dependency.seconds)
                if dependency.status == .fail { state.tallies[dependency.name]?.failures += 1 }
            }
        }
        return report
    }

    private func look(at probe: HealthProbe) async -> DependencyHealth {
        let start = ContinuousClock.now
        let since = state.withLock { state -> ContinuousClock.Instant? in
            if let since = state.hanging[probe.name] { return since }
            state.hanging[probe.name] = start
            return nil
        }
        if let since { return silence(of: probe, since: since) }
        let found = await answered(within: probe.limit ?? limit) {
            let found = await Self.finding(of: probe, since: start)
            self.state.withLock { _ = $0.hanging.removeValue(forKey: probe.name) }
            return found
        }
        return found ?? silence(of: probe, since: start)
    }

    private static func finding(of probe: HealthProbe, since start: ContinuousClock.Instant) async -> DependencyHealth {
        let found: HealthProbe.Finding
        do {
            found = try await probe.look()
        } catch let error as EngineError {
            found = HealthProbe.Finding(error.whatHappened, status: .fail, whatToDo: error.whatToDo)
        } catch {
            found = HealthProbe.Finding("\(probe.server) could not be asked", status: .fail)
        }
        return DependencyHealth(
            name: probe.name, status: found.status, seconds: (ContinuousClock.now - start) / .seconds(1),
            message: displayEscaped(found.message), whatToDo: displayEscaped(found.whatToDo), checkedAt: Date())
    }

    private func silence(of probe: HealthProbe, since start: ContinuousClock.Instant) -> DependencyHealth {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return DependencyHealth(
            name: probe.name, status: .fail, seconds: seconds,
            message: displayEscaped("\(probe.server) has not answered for \(Int(seconds.rounded())) s"),
            whatToDo: "see whether it still runs, and the network to it", checkedAt: Date())
    }
}
