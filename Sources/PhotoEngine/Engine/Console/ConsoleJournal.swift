internal import Catalog
public import Core
internal import Foundation
internal import SystemPackage

/// Where it is written down who did what to a broker, and what came of it: in the catalogue of the profile whose broker it is, or,
/// for a broker without a library, and while that catalogue is away, in a file of this user's.
public actor ConsoleJournal {
    /// One action: told before it begins, so that one which nobody saw the end of is on record, too.
    public struct Action: Sendable {
        public let id: String
        let name: String
        let subject: String
        let reason: String
    }

    private let profile: Profile?
    private let broker: String
    private let environment: [String: String]
    private let actor: String
    private var opened: (any Catalog)?
    /// Why the profile's catalogue is not the place.
    public private(set) var detour: EngineError?

    /// `broker` is its address, without a password. `actor` is whose name stands in it.
    public init(profile: Profile?, broker: String, actor: String, environment: [String: String]) {
        self.profile = profile
        self.broker = broker
        self.actor = actor
        self.environment = environment
    }

    /// Writes down that an action begins. Throws where it can't be written: then it must not be done.
    public func begin(_ name: String, subject: String, reason: String) async throws -> Action {
        let action = Action(
            id: String(UUID().uuidString.prefix(8)).lowercased(), name: name, subject: subject, reason: reason)
        try await write(action, "begun")
        return action
    }

    public func end(_ action: Action, outcome: String) async throws { try await write(action, outcome) }

    /// The newest entries first.
    public func entries(limit: Int) async throws -> [JournalEntry] { try await catalog().journal(limit: limit) }

    public func close() async {
        try? await opened?.close()
        opened = nil
    }

    private func write(_ action: Action, _ outcome: String) async throws {
        let outcome = ActionOutcome(outcome, reason: action.reason, action: action.id)
        let entry = JournalEntry(
            id: JournalEntryID(clock: SystemClock(), random: SystemRandom()), at: SystemClock().microseconds,
            actor: actor, action: action.name, subject: "\(action.subject) of \(broker)", outcome: outcome.text)
        do {
            try await catalog().append(entry)
        } catch let error as EngineError where error.code == .permissionDenied && profile != nil && detour == nil {
            // What somebody tries who may only look is on record, too.
            detour = error
            await close()
            try await catalog().append(entry)
        }
    }

    private func catalog() async throws -> any Catalog {
        if let opened { return opened }
        if let profile, detour == nil {
            do {
                let password = try await BlockingQueue(label: "phototui.secrets").run { [environment] in
                    try profile.readDatabasePassword(environment)
                }
                let catalog = try await PostgresCatalog.open(
                    PostgresSettings(connection: profile.database, password: password), owner: profile.owner)
                opened = catalog
                return catalog
            } catch let error as EngineError {
                detour = error
            }
        }
        let catalog = try await LocalJournal.ofBrokers(environment).open()
        opened = catalog
        return catalog
    }
}

extension Library {
    /// What is kept of brokers that belong to no library.
    static func consoleFolder(_ environment: [String: String]) -> FilePath {
        stateFolder(environment).removingLastComponent().appending("console")
    }
}
