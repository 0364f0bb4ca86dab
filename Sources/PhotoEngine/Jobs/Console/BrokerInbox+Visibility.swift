import Core
import Foundation

extension BrokerInbox {
    /// A delivery is given back within about so long after its visibility has ended.
    private static let sweepSeconds = 300.0

    /// What is given back while somebody still has it, and what nobody gives back.
    func visibilityItems(_ workers: [WorkerState]) async throws -> [InboxItem] {
        let visibility = try await console.visibilitySeconds(patience: patience)
        var items: [InboxItem] = []
        if let (worker, seconds) = visibility.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            items += outlasting(worker, seconds, workers)
            items += try await outwaiting(worker, seconds)
        }
        return items + (try await forgotten(smallest: visibility.values.min() ?? 3600))
    }

    private func outlasting(_ worker: String, _ seconds: Double, _ workers: [WorkerState]) -> [InboxItem] {
        var longest = longest
        for activity in workers.flatMap(\.active) {
            guard let running = activity.seconds else { continue }
            longest[activity.task] = max(longest[activity.task] ?? 0, running)
        }
        guard let (task, time) = longest.max(by: { $0.value < $1.value }), time >= seconds else { return [] }
        return [
            InboxItem(
                .visibility, worker,
                "\(worker) gives every delivery back after \(Int(seconds)) s, and \(task) took \(Int(time)) s: it is run a "
                    + "second time while it still runs. Of all workers of a broker the smallest time counts.",
                advice: Self.raising(to: time * 2))
        ]
    }

    /// Celery's workers take a task with an eta at once and hold it until then.
    private func outwaiting(_ worker: String, _ seconds: Double) async throws -> [InboxItem] {
        let held = try await console.heldUntilLater().filter { $0.until - $0.since > seconds }
        guard let last = held.max(by: { $0.until < $1.until }) else { return [] }
        let wait = last.until - last.since
        return [
            InboxItem(
                .visibility, worker, count: held.count,
                "\(counted(held.count, "task")) \(held.count == 1 ? "is" : "are") held by workers until \(held.count == 1 ? "its" : "their") eta, "
                    + "\(last.task) for \(Int(wait)) s, and \(worker) gives every delivery back after \(Int(seconds)) s: another "
                    + "worker takes it as well, again and again, and each of them runs it.",
                advice: Self.raising(to: wait * 2) + ", or send them when they are due (celery beat)")
        ]
    }

    private static func raising(to seconds: Double) -> String {
        let wanted = Int(seconds.rounded(.up))
        return "set broker_transport_options = {\"visibility_timeout\": \(wanted)} for all of them (phototui worker: "
            + "--visibility \(wanted))"
    }

    /// Deliveries that nobody holds and nobody gives back.
    private func forgotten(smallest: Double) async throws -> [InboxItem] {
        let limit = Date().timeIntervalSince1970 - smallest - Self.sweepSeconds
        let count = try await console.deliveries(before: limit)
        guard count > 0 else { return [] }
        return [
            InboxItem(
                .forgottenDeliveries, "deliveries", count: count,
                "\(counted(count, "message")) \(count == 1 ? "was" : "were") taken by workers over \(Int(smallest + Self.sweepSeconds)) s ago and neither finished "
                    + "nor given back: their workers are gone, and none has started since.",
                advice: "start any worker of this broker: it gives them back to their queues")
        ]
    }
}

extension CeleryConsole {
    /// After how long each worker that answers takes a delivery for lost.
    fileprivate func visibilitySeconds(patience: Duration) async throws -> [String: Double] {
        do {
            return try await RemoteQuestions(broker).ask([.init("conf")], patience: patience)[0].mapValues { conf in
                // An hour is kombu's own.
                conf["broker_transport_options"]["visibility_timeout"].real ?? 3600
            }
        } catch let error as EngineError where error.code == .permissionDenied {
            return [:]
        }
    }

    /// How many deliveries were made, or last extended, before a moment in Unix seconds.
    fileprivate func deliveries(before moment: Double) async throws -> Int {
        try await connection.send(RedisCommand("ZCOUNT", .text(keys.unackedIndex), "-inf", .text("(\(moment)"))).integer
            ?? 0
    }

    /// So many deliveries are looked at, those that were made first, and none that is longer.
    private static let mostHeld = 200
    private static let mostHeldBytes = 64 << 10

    /// Deliveries whose task is to begin later, with its name (untrusted text), when they were made or last extended, and when
    /// it is to begin; Unix seconds.
    fileprivate func heldUntilLater() async throws -> [(task: String, since: Double, until: Double)] {
        let found = try await connection.send(
            RedisCommand("ZRANGE", .text(keys.unackedIndex), "0", RedisArgument(Self.mostHeld - 1), "WITHSCORES")
        ).array
        let held = stride(from: 0, to: found.count - 1, by: 2).compactMap { index in
            found[index].text.map { (tag: $0, since: Double(found[index + 1].text ?? "") ?? 0) }
        }
        let lengths = try await connection.send(
            held.map { RedisCommand("HSTRLEN", .text(keys.unacked), .text($0.tag)) })
        let short = zip(held, lengths).filter { ($1.integer ?? .max) <= Self.mostHeldBytes }.map(\.0)
        if short.isEmpty { return [] }
        let entries = try await connection.send(
            RedisCommand("HMGET", [.text(keys.unacked)] + short.map { .text($0.tag) })
        ).array
        return zip(short, entries).compactMap { held, entry in
            guard let raw = entry.bytes.flatMap(CeleryUnacked.init)?.raw,
                let headers = JSONValue(parsing: raw)?["headers"],
                let eta = headers["eta"].string.flatMap(CeleryTime.parse)
            else { return nil }
            return (headers["task"].string ?? "a task", held.since, eta.timeIntervalSince1970)
        }
    }
}
