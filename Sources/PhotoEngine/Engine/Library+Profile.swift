internal import Catalog
public import Core
internal import Foundation
internal import Objects
internal import SystemPackage
internal import Workflows

extension Library {
    /// What the disk keeps of a networked library's objects.
    private static let cacheCapacity = ByteCount(2_000_000_000)

    /// What becomes of a profile's owner whom its database doesn't know.
    public enum UnknownOwner: Sendable {
        /// Where somebody begins to have photos.
        case added
        /// Everywhere else: a mistyped name is nobody's library.
        case refused
        /// For a look at what would come in: an empty catalogue in memory.
        case imagined
    }

    /// Opens a networked library: its catalogue in Postgres, its objects in a bucket, its jobs in this process or, with a
    /// broker, in workers. What is fetched is kept below the user's cache folder. Throws what the servers refuse, each by
    /// its name and with what to do, and `.notFound` for an unknown owner who is `.refused`.
    public static func open(
        _ profile: Profile, configuration: Configuration, environment: [String: String], unknownOwner: UnknownOwner
    ) async throws -> Library {
        var configuration = configuration
        // The owner's folders are on many machines.
        configuration.watchesFolders = false
        let folder = cacheFolder(environment).appending(profile.name)
        let (password, secret, broker) = try await BlockingQueue(label: "phototui.secrets").run {
            try LibraryFolder.create(folder)
            return (
                try profile.readDatabasePassword(environment), try profile.readStorageSecretKey(environment),
                try profile.readBroker(environment)
            )
        }
        let catalog = try await openCatalog(of: profile, password: password, unknownOwner)
        let state = stateFolder(environment).appending(profile.name)
        let traffic = TrafficRecorder(in: state)
        let store = S3ObjectStore(
            try S3Location(profile.storage),
            credentials: S3Credentials(accessKey: profile.storageAccessKey, secretKey: secret),
            onTraffic: { traffic.record($0) })
        let objects = try CachedObjectStore(store, in: folder.appending("objects"), capacity: cacheCapacity)
        let cdn = try await BlockingQueue(label: "phototui.state").run {
            try LibraryFolder.create(state)
            return try profile.cdn?.open(environment)
        }
        let uploader = Uploader(
            catalog: catalog, store: store, owner: profile.owner, waiting: WaitingFiles(state.appending("waiting")),
            limits: configuration.importLimits, scanning: configuration.scanning)
        return assemble(
            LibraryLocation(folder: folder), configuration, catalog: catalog, objects: served(objects, cdn, state),
            broker: broker,
            uploader: uploader, libraryFolder: folder, owner: profile.owner, storage: profile.storage,
            traffic: traffic,
            reachStorage: { try await store.checkAccess() })
    }

    private static func openCatalog(
        of profile: Profile, password: String?, _ unknownOwner: UnknownOwner
    ) async throws -> any Catalog {
        let settings = PostgresSettings(connection: profile.database, password: password)
        let replica = profile.databaseReplica.map { PostgresSettings(connection: $0, password: password) }
        if unknownOwner == .added {
            return try await PostgresCatalog.open(settings, replica: replica, owner: profile.owner)
        }
        if let known = try await PostgresCatalog.openKnown(settings, replica: replica, owner: profile.owner) {
            return known
        }
        if unknownOwner == .imagined { return try await SQLiteCatalog.inMemory() }
        throw EngineError(
            .notFound, "no owner called \(profile.owner) is in the library \(profile.name)",
            whatToDo: "check the name; an owner begins with: phototui import --profile \(profile.name) PATH")
    }

    /// Brings a profile's schema to this version, as the role that owns it.
    public static func migrate(
        _ profile: Profile, applicationRole: String, environment: [String: String]
    ) async throws -> SchemaMigration {
        guard let address = profile.databaseOwner else {
            throw EngineError(
                .invalidInput, "profile \(profile.name) has no database_owner",
                whatToDo: "name the role that owns the schema: database_owner = \"postgres://owner@host/database\"")
        }
        return try await PostgresCatalog.migrate(
            PostgresSettings(connection: address, password: try profile.readDatabasePassword(environment)),
            applicationRole: applicationRole)
    }

    /// The owners of a profile's database, for the role that owns its schema.
    public static func administration(
        of profile: Profile, environment: [String: String]
    ) async throws -> any OwnerAdministration {
        guard let address = profile.databaseOwner else {
            throw EngineError(
                .permissionDenied,
                "profile \(profile.name) has no database_owner, and what owners may have is for that role",
                whatToDo: "name the role that owns the schema: database_owner = \"postgres://owner@host/database\"")
        }
        let password = try await BlockingQueue(label: "phototui.secrets").run {
            try profile.readDatabasePassword(environment)
        }
        return try await PostgresCatalog.administration(PostgresSettings(connection: address, password: password))
    }

    /// Has the provider drop what nobody needs any more in a profile's bucket.
    public static func setLifecycle(of profile: Profile, environment: [String: String]) async throws {
        let secret = try await BlockingQueue(label: "phototui.secrets").run {
            try profile.readStorageSecretKey(environment)
        }
        try await S3ObjectStore(
            try S3Location(profile.storage),
            credentials: S3Credentials(accessKey: profile.storageAccessKey, secretKey: secret)
        ).setLifecycle()
    }

    /// With a CDN before the store, it is told of what changes.
    private static func served(
        _ objects: CachedObjectStore, _ cdn: CloudflareCache?, _ state: FilePath
    ) -> any LocalObjectStore {
        guard let cdn else { return objects }
        let store = PurgingObjectStore(objects, before: cdn, pending: StoredList(state.appending("purges")))
        // What an earlier process could not purge.
        Task { await store.purgeNoted() }
        return store
    }

    static func cacheFolder(_ environment: [String: String]) -> FilePath {
        profilesFolder(environment, "XDG_CACHE_HOME", ".cache")
    }

    /// What must outlast the cache: the lists of files that wait for the store, and of purges that wait for the CDN.
    static func stateFolder(_ environment: [String: String]) -> FilePath {
        profilesFolder(environment, "XDG_STATE_HOME", ".local/state")
    }

    private static func profilesFolder(
        _ environment: [String: String], _ variable: String, _ standard: String
    ) -> FilePath {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let folder = value(variable), folder.hasPrefix("/") {
            return FilePath(folder).appending("phototui/profiles")
        }
        return FilePath(value("HOME") ?? "/").appending("\(standard)/phototui/profiles")
    }
}
