internal import Core
internal import Foundation

extension CeleryWorker {
    /// Accepts a delivery. One that was restored before is suspect: it is counted before anything looks into it, as it may be what
    /// ended its workers, and set aside once it has had too many.
    func take(_ received: CeleryReceived) async {
        guard let deaths = received.workerDeaths else { return accept(received) }
        if deaths >= mostDeaths(of: received.raw) {
            return setAside(received, deaths: deaths)
        }
        if CeleryMessage.isForLater(received.raw, now: Date()) { return accept(received) }
        if await isCounted(received) { accept(received) }
    }

    /// Counts this worker among those that ended with a delivery, for whoever restores it should that be so; false where the
    /// delivery is no longer ours.
    func isCounted(_ received: CeleryReceived) async -> Bool {
        guard let deaths = received.workerDeaths else { return true }
        do {
            return try await broker.note(received, workerDeaths: deaths + 1)
        } catch {
            note(.troubled(error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)))
            return true
        }
    }

    /// A catalogue counts for itself, and keeps the job as evidence: only what ends workers before it can is set aside here.
    private func mostDeaths(of raw: [UInt8]) -> Int {
        let task = JSONValue(parsing: raw)?["headers"]["task"].string
        let countsItself = task.flatMap { handlers[$0] }?.countsWorkerDeaths ?? false
        return countsItself ? 2 * JobPolicy.poisonLimit : JobPolicy.poisonLimit
    }

    private func setAside(_ received: CeleryReceived, deaths: Int) {
        let reason = "its worker ended \(deaths) times while it had this message; no worker is given it again"
        // Who puts it back gives it a new chance.
        let letter = CeleryReceived(
            queue: received.queue, raw: CeleryMessage.redelivered(received.raw, workerDeaths: 0), tag: received.tag)
        bury(
            letter, kind: .poison, reason: reason,
            exception: CeleryResults.exception("WorkerLostError", reason, module: "billiard.exceptions"))
    }
}
