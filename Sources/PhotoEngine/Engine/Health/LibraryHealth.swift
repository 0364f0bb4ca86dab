internal import Catalog
internal import Core
internal import Foundation
internal import Glibc
public import Health
internal import Imaging
internal import Jobs
internal import Objects
public import SystemPackage

/// The health of a library: everything it needs, looked at from this process, and its figures for Prometheus.
public final class LibraryHealth: Sendable {
    /// Which library.
    public enum Place: Sendable {
        case profile(Profile)
        case folder(FilePath)
        /// No library: only a broker, which is looked at and not written to.
        case broker
    }

    public let monitor: HealthMonitor
    let catalog: Connected<(any Catalog)?>
    let broker: Connected<CeleryDelivery>?
    let figures: Remembered<LibraryFigures>
    let queues: Remembered<[QueueFigures]>?
    private let closing: @Sendable () async -> Void

    /// Opens nothing yet: what is away is found so. `broker` stands over the profile's, or `PHOTOTUI_BROKER`. Who `onlyReads`
    /// learns that the broker answers, not that it takes what it is given, and needs no database that can be written. Throws where the broker is no address.
    public init(
        _ place: Place, broker option: String?, environment: [String: String], onlyReads: Bool = false
    ) throws {
        let decoders = DecoderPool(count: 1, limits: DecoderLimits(wallSeconds: 10))
        var probes: [HealthProbe] = []
        let catalog: Connected<(any Catalog)?>
        var closers: [@Sendable () async -> Void] = [{ decoders.close() }]
        var owned: Profile?
        switch place {
        case .profile(let profile):
            owned = profile
            let secrets = ProfileSecrets(profile, environment)
            catalog = Connected {
                try await PostgresCatalog.openKnown(
                    PostgresSettings(
                        connection: profile.database, password: try await secrets.databasePassword(), connections: 2,
                        connectSeconds: 2, statementSeconds: 30),
                    owner: profile.owner)
            } drop: {
                try? await $0?.close()
            }
            let database = Self.database(profile, secrets, onlyReads: onlyReads)
            let storage = Self.storage(profile, secrets)
            probes += database.probes + [storage]
            // Made with the first library that is opened.
            let folder = Library.cacheFolder(environment).appending(profile.name)
            if FileManager.default.fileExists(atPath: folder.string) { probes.append(Self.disk(folder, named: "disk")) }
            closers.append(database.close)
        case .folder(let folder):
            let location = LibraryLocation(folder: folder)
            catalog = Connected {
                guard FileManager.default.fileExists(atPath: location.catalog.string) else {
                    throw EngineError(
                        .notFound, "there is no library in \(folder)", whatToDo: "start one with: phototui import PATH")
                }
                return try await SQLiteCatalog.open(location.catalog)
            } drop: {
                try? await $0?.close()
            }
            probes += [Self.database(catalog, folder), Self.disk(folder)]
        case .broker: catalog = Connected { nil }
        }
        let isForeign = if case .broker = place { true } else { false }
        let onlyReads = onlyReads || isForeign
        let named = try option.map(Profile.broker) ?? owned?.broker ?? Profile.broker(environment["PHOTOTUI_BROKER"])
        if let address = named {
            // With its password, which takes a while where a command prints it.
            let full: @Sendable () async throws -> RedisAddress = { [owned] in
                try await RedisAddress.broker(option: option, profile: owned, environment: environment) ?? address
            }
            let delivery = Connected {
                CeleryDelivery(try await full())
            } drop: {
                $0.close()
            }
            let reader = Connected {
                CeleryConsole(try await full())
            } drop: {
                $0.close()
            }
            broker = delivery
            probes.append(
                HealthProbe("broker", server: "Redis at \(address)") {
                    let facts = try await reader.use { try await $0.serverFacts() }
                    if onlyReads {
                        try await reader.use { try await $0.probe() }
                        return HealthProbe.Finding("Redis at \(address) answers\(facts)")
                    }
                    do {
                        try await delivery.use { try await $0.probe() }
                    } catch let refusal as EngineError where refusal.code == .permissionDenied {
                        // Who may only look can still see whether it answers.
                        try await reader.use { try await $0.probe() }
                        let lacks = refusal.whatHappened.prefix { $0 != ":" }
                        return HealthProbe.Finding(
                            "Redis at \(address) answers, but \(lacks): what workers do can't be tried", status: .warn,
                            whatToDo:
                                "look as a worker's user, or grant this one a worker's rights (docs/production.md) "
                                + "with ACL SETUSER")
                    }
                    return HealthProbe.Finding("Redis at \(address) stores what it is given\(facts)")
                })
            let history = TaskHistoryFile(address, environment: environment)
            probes.append(Self.workers(reader, address, history))
            // Where nobody ever watched there is nothing to look at.
            if history.exists { probes.append(Self.tasks(history, reader, address, hasLibrary: !isForeign)) }
            queues = Remembered(age: .seconds(2)) { try await delivery.use { try await QueueFigures.all(of: $0) } }
            closers.append {
                await delivery.close()
                await reader.close()
            }
        } else {
            (broker, queues) = (nil, nil)
        }
        if !isForeign { probes.append(Self.decoder(decoders)) }
        closers.append { await catalog.close() }
        self.catalog = catalog
        figures = Remembered(age: .seconds(10)) { try await Self.figures(of: catalog) }
        monitor = HealthMonitor(probes)
        closing = { [closers] in for close in closers { await close() } }
    }

    public func close() async { await closing() }

    /// Of an owner whom nobody has added, who may be by the next look, there is nothing to count.
    private static func figures(of catalog: Connected<(any Catalog)?>) async throws -> LibraryFigures {
        do {
            return try await catalog.use { catalog in
                guard let catalog else { throw UnknownOwner() }
                return try await LibraryFigures(of: catalog)
            }
        } catch is UnknownOwner {
            return LibraryFigures()
        }
    }

    private struct UnknownOwner: Error {}
}

/// A profile's secrets, read once: commands that print them take their time.
actor ProfileSecrets {
    private let profile: Profile
    private let environment: [String: String]
    private var database: String??
    private var storage: String?
    private let blocking = BlockingQueue(label: "phototui.secrets")

    init(_ profile: Profile, _ environment: [String: String]) {
        (self.profile, self.environment) = (profile, environment)
    }

    func databasePassword() async throws -> String? {
        if let database { return database }
        let read = try await blocking.run { [profile, environment] in try profile.readDatabasePassword(environment) }
        database = .some(read)
        return read
    }

    func storageSecretKey() async throws -> String {
        if let storage { return storage }
        let read = try await blocking.run { [profile, environment] in try profile.readStorageSecretKey(environment) }
        storage = read
        return read
    }

    /// After a refusal: the secret may have been changed.
    func forget() { (database, storage) = (nil, nil) }
}
