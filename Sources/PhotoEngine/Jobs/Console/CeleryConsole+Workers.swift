public import Core
internal import Foundation
internal import Synchronization

extension CeleryConsole {
    /// A worker that began less long ago is not taken for silent.
    private static let startSeconds = 5.0

    public func workers(patience: Duration) async throws -> [WorkerState] {
        let hearts = Heartbeats(address, keys)
        defer { hearts.close() }
        let start = ContinuousClock.now
        let askedAt = Date().timeIntervalSince1970
        let methods = ["stats", "active", "active_queues", "reserved", "scheduled"]
        let answers: [[String: JSONValue]]
        var mayAsk = true
        do {
            answers = try await RemoteQuestions(broker).ask(methods.map { .init($0) }, patience: patience).byQuestion
        } catch let error as EngineError where error.code == .permissionDenied {
            // Who may only read is told what hearts say.
            answers = methods.map { _ in [:] }
            mayAsk = false
        }
        // A heart beats every two seconds; who answered has shown that it lives.
        let names = Set(answers.flatMap(\.keys))
        while ContinuousClock.now < start + patience, !Task.isCancelled {
            if !names.isEmpty, names.isSubset(of: Set(hearts.beats.keys)) { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        let heard = hearts.beats
        return names.union(heard.keys).sorted().map { name in
            state(of: name, answers.map { $0[name] ?? .null }, heard[name], wasAsked: mayAsk, askedAt: askedAt)
        }
    }

    /// The workers that are heard meanwhile: for who may not ask them.
    public func heard(for time: Duration) async throws -> [String] {
        let hearts = Heartbeats(address, keys)
        defer { hearts.close() }
        try await Task.sleep(for: time)
        return hearts.beats.keys.sorted()
    }

    private func state(
        of name: String, _ answers: [JSONValue], _ beat: Heartbeats.Beat?, wasAsked: Bool, askedAt: Double
    ) -> WorkerState {
        let (stats, active, queues) = (answers[0], answers[1], answers[2])
        let hasAnswered = answers.contains { !$0.isNull }
        let now = Date().timeIntervalSince1970
        let software = beat.flatMap { beat in
            beat.body["sw_ident"].string.map { "\($0) \(beat.body["sw_ver"].string ?? "")" }
        }
        // One that has just begun has not beaten yet, or not begun to listen.
        let isNew =
            (stats["uptime"].real).map { $0 < Self.startSeconds } ?? (beat?.body["type"].string == "worker-online")
        return WorkerState(
            name: name, presence: isNew || (hasAnswered || !wasAsked) && beat != nil ? .alive : .silent,
            hasAnswered: hasAnswered,
            heartbeatSeconds: beat.map { max(0, now - $0.heardAt) }, software: software,
            processID: stats["pid"].integer ?? beat?.body["pid"].integer,
            queues: (queues.array ?? []).compactMap { $0["name"].string },
            concurrency: stats["pool"]["max-concurrency"].integer,
            active: (active.array ?? []).map { task in
                WorkerState.Activity(
                    id: task["id"].string ?? "", task: task["name"].string ?? "",
                    seconds: task["time_start"].real.map { max(0, askedAt - $0) })
            }, reserved: answers[3].array?.count, scheduled: answers[4].array?.count,
            // What was begun, and has ended.
            processed: (stats["total"].members.map { $0.reduce(0) { $0 + ($1.value.integer ?? 0) } }
                ?? beat?.body["processed"].integer).map { max(0, $0 - (active.array?.count ?? 0)) },
            load: (beat?.body["loadavg"].array ?? []).compactMap(\.real),
            uptimeSeconds: stats["uptime"].real,
            clockSkewSeconds: beat.flatMap { beat in beat.body["timestamp"].real.map { $0 - beat.heardAt } })
    }
}
