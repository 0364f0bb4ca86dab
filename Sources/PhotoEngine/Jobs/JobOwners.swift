public import Core
internal import Synchronization

/// One owner's jobs: where they are, and what does them.
public struct JobOwner: Sendable {
    /// nil where a catalogue has only one owner, whom nobody names.
    public let name: String?
    public let catalog: any JobCatalog
    public let handlers: [any JobHandler]

    public init(_ name: String?, catalog: any JobCatalog, handlers: [any JobHandler]) {
        self.name = name
        self.catalog = catalog
        self.handlers = handlers
    }
}

/// The owners of one database whose jobs this process runs and announces: its own, and every other from the moment on at which a
/// message names it, or another process on the broker knows it.
public final class JobOwners: Sendable {
    public let own: JobOwner
    private let open: (@Sendable (String) async throws -> JobOwner?)?
    private let others = Mutex<[String: Other]>([:])
    /// How long an owner without jobs is not asked for some, unless a message comes.
    private static let rest = Duration.seconds(10)

    private struct Other {
        let owner: JobOwner
        var restsUntil: ContinuousClock.Instant?
    }

    /// `open` opens an owner's catalogue in the same database, without adding an owner: nil for a name that nobody has. Without
    /// it, it is for its own alone.
    public init(_ own: JobOwner, open: (@Sendable (String) async throws -> JobOwner?)? = nil) {
        self.own = own
        self.open = open
    }

    var meetsOthers: Bool { open != nil }

    /// Its own, then those it has met.
    public var known: [JobOwner] { [own] + others.withLock { Self.sorted($0) } }

    /// Those of the known that are to be asked for jobs now.
    var due: [JobOwner] {
        let now = ContinuousClock.now
        return [own] + others.withLock { Self.sorted($0.filter { $0.value.restsUntil.map { $0 <= now } ?? true }) }
    }

    private static func sorted(_ others: [String: Other]) -> [JobOwner] {
        others.sorted { $0.key < $1.key }.map(\.value.owner)
    }

    /// An owner had no unfinished job.
    func noteIdle(_ owner: JobOwner) {
        guard let name = owner.name else { return }
        others.withLock { $0[name]?.restsUntil = .now + Self.rest }
    }

    /// Opens the owners of these names that it has not met, of the first `limit` of them; returns the names that nobody has, and
    /// whether it has asked for all.
    func meet(_ names: [String], limit: Int) async throws -> (strangers: [String], isDone: Bool) {
        let unmet = others.withLock { others in names.filter { $0 != own.name && others[$0] == nil } }
        var strangers: [String] = []
        for name in unmet.prefix(limit) where try await owner(name) == nil { strangers.append(name) }
        return (strangers, unmet.count <= limit)
    }

    /// The owner of that name, of whom there is a message; nil where nobody of that name has been added.
    public func owner(_ name: String) async throws -> JobOwner? {
        if name == own.name { return own }
        let met = others.withLock { others in
            others[name]?.restsUntil = nil
            return others[name]?.owner
        }
        if let met { return met }
        guard OwnerName.isValid(name), let found = try await open?(name) else { return nil }
        return others.withLock { others in
            if let met = others[name]?.owner { return met }
            others[name] = Other(owner: found)
            return found
        }
    }
}
