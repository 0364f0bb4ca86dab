internal import Core
internal import Synchronization

/// Runs the jobs of one kind of every owner of a database, each under its owner's identity.
///
/// A message names the owner in the header `phototui_owner`, or, from Python, in the keyword `owner`; one that does not is for
/// the worker's own.
public final class OwnedJobTask: CeleryTaskHandler {
    public let task: String
    public let countsWorkerDeaths = true
    private let kind: JobKind
    private let owners: JobOwners
    private let worker: String
    private let leaseSeconds: Double
    private let patience: CatalogPatience
    private let own: JobTask
    private let others = Mutex<[String: JobTask]>([:])

    /// Of what `handler`, one of the worker's own owner's, does. `worker` names this process in the catalogue.
    public init(_ handler: any JobHandler, owners: JobOwners, worker: String, leaseSeconds: Double) {
        self.owners = owners
        self.worker = worker
        self.leaseSeconds = leaseSeconds
        kind = handler.kind
        own = JobTask(
            handler, catalog: owners.own.catalog, owner: owners.own.name, worker: worker, leaseSeconds: leaseSeconds)
        task = own.task
        patience = CatalogPatience(seconds: leaseSeconds, random: SystemRandom())
    }

    public func perform(_ call: CeleryCall) async throws -> CeleryEnd {
        guard let name = call.owner, name != owners.own.name else { return try await own.perform(call) }
        let other: JobTask?
        do {
            other = try await patience { _ in try await jobTask(of: name) }
        } catch let error as EngineError {
            // As for an owner that is known: the message waits, whole.
            return .outcome(error.isRetryable ? .givenBack : .refused(error, isAnnounced: false))
        }
        if let other { return try await other.perform(call) }
        let error = EngineError(
            .notFound, "the message is for the owner \(name.prefix(60)), whom this worker's catalogue does not have",
            whatToDo: "give each database a broker of its own, or a global_keyprefix")
        return .outcome(.failed(error, isRecorded: false))
    }

    /// Of other owners only what was asked for before: finding one out is for a call that has a place.
    public func reserve(_ call: CeleryCall) async -> CeleryReservation? {
        guard let name = call.owner, name != owners.own.name else { return await own.reserve(call) }
        return await others.withLock { $0[name] }?.reserve(call)
    }

    /// One for each owner: it knows which jobs it runs.
    private func jobTask(of name: String) async throws -> JobTask? {
        guard let owner = try await owners.owner(name), let handler = owner.handlers.first(where: { $0.kind == kind })
        else { return nil }
        return others.withLock { others in
            if let task = others[name] { return task }
            let task = JobTask(
                handler, catalog: owner.catalog, owner: name, worker: worker, leaseSeconds: leaseSeconds)
            others[name] = task
            return task
        }
    }
}
