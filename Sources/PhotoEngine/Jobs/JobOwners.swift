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

/// The owners of one database whose jobs this process runs and announces: its own, and every other from the first message on
/// that names it.
public final class JobOwners: Sendable {
    public let own: JobOwner
    private let open: @Sendable (String) async throws -> JobOwner?
    private let others = Mutex<[String: JobOwner]>([:])
    private static let longestName = 200

    /// `open` opens an owner's catalogue in the same database, without adding an owner: nil for a name that nobody has.
    public init(_ own: JobOwner, open: @escaping @Sendable (String) async throws -> JobOwner? = { _ in nil }) {
        self.own = own
        self.open = open
    }

    /// Its own, then those it has met.
    public var known: [JobOwner] {
        [own] + others.withLock { others in others.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// nil where nobody of that name has been added.
    public func owner(_ name: String) async throws -> JobOwner? {
        if name == own.name { return own }
        if let met = others.withLock({ $0[name] }) { return met }
        guard name.utf8.count <= Self.longestName, let found = try await open(name) else { return nil }
        return others.withLock { others in
            if let met = others[name] { return met }
            others[name] = found
            return found
        }
    }
}
