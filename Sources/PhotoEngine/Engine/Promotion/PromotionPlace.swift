internal import Catalog
internal import Core
internal import Foundation
internal import Glibc
internal import Objects
public import SystemPackage
internal import Workflows

/// Where a library is promoted from or to.
public enum PromotionPlace: Sendable {
    case folder(FilePath)
    /// With its owner.
    case profile(Profile)

    /// For people.
    public var name: String {
        switch self {
        case .folder(let folder): String(decoding: folder)
        case .profile(let profile): "the profile \(profile.name)"
        }
    }

    /// Throws `.notFound` for a folder without a library.
    func requireLibrary() throws {
        guard case .folder(let folder) = self else { return }
        guard FileManager.default.fileExists(atPath: LibraryLocation(folder: folder).catalog.string) else {
            throw EngineError(
                .notFound, "there is no library in \(name)",
                whatToDo: "name the folder that holds its catalog.sqlite with --library DIR")
        }
    }

    /// That of a folder in which nothing is, and nothing comes to be.
    func emptyStorage() throws -> PromotionStorage {
        guard case .folder(let folder) = self else { throw EngineError(.internal, "a profile has a bucket") }
        return .folder(try DiskObjectStore(LibraryLocation(folder: folder).objects, isReadOnly: true))
    }

    /// What the library's owner is called there.
    var owner: String {
        switch self {
        case .folder: LibraryLocation.owner
        case .profile(let profile): profile.owner
        }
    }
}

/// One side of a promotion, open.
struct PromotionSide: Sendable {
    let place: PromotionPlace
    let database: PromotionDatabase
    let storage: PromotionStorage
    let traffic: TrafficRecorder?
    /// Of a profile, as prices are listed.
    let provider: String?
    /// What is written meanwhile, until it is finished; nil where the database itself keeps it from everybody.
    var unfinished: FilePath?

    /// Whether it is a folder whose catalogue people find.
    var isFound: Bool { if case .folder = place { unfinished == nil } else { false } }

    func close() async {
        await database.close()
        await traffic?.close()
    }

    /// The library that is to go. Nothing of it is changed. Throws `.notFound` where there is none.
    static func source(
        _ place: PromotionPlace, environment: [String: String]
    ) async throws -> (side: PromotionSide, library: LibraryRows) {
        let side: PromotionSide
        switch place {
        case .profile(let profile): side = try await open(profile, environment)
        case .folder(let folder):
            let location = LibraryLocation(folder: folder)
            side = PromotionSide(
                place: place, database: try await .embedded(location.catalog, creates: false),
                storage: .folder(try DiskObjectStore(location.objects, isReadOnly: true)), traffic: nil, provider: nil)
        }
        guard let library = try await side.database.library(of: place.owner) else {
            await side.close()
            throw EngineError(
                .notFound, "no owner called \(place.owner) is in \(place.name)", whatToDo: "name one with --owner NAME")
        }
        return (side, library)
    }

    /// Where it is to come. A folder is made to `promote`; nil for one that isn't there else.
    static func target(
        _ place: PromotionPlace, mode: PromotionRequest.Mode, environment: [String: String]
    ) async throws -> PromotionSide? {
        switch place {
        case .profile(let profile):
            let side = try await open(profile, environment)
            if case .bucket(let store) = side.storage {
                do { try await (store as? S3ObjectStore)?.checkAccess() } catch {
                    await side.close()
                    throw error
                }
            }
            return side
        case .folder(let folder):
            let location = LibraryLocation(folder: folder)
            let unfinished = folder.appending("promotion.sqlite")
            let isThere = FileManager.default.fileExists(atPath: location.catalog.string)
            let isBegun = FileManager.default.fileExists(atPath: unfinished.string)
            if isThere {
                return PromotionSide(
                    place: place, database: try await .embedded(location.catalog, creates: false),
                    storage: .folder(try DiskObjectStore(location.objects, isReadOnly: mode != .abort)), traffic: nil,
                    provider: nil)
            }
            if mode != .promote, !isBegun { return nil }
            return PromotionSide(
                place: place, database: try await .embedded(unfinished, creates: true),
                storage: .folder(try DiskObjectStore(location.objects)), traffic: nil, provider: nil,
                unfinished: unfinished)
        }
    }

    private static func open(_ profile: Profile, _ environment: [String: String]) async throws -> PromotionSide {
        let state = Library.stateFolder(environment).appending(profile.name)
        let (password, secret) = try await BlockingQueue(label: "phototui.secrets").run {
            try LibraryFolder.create(state)
            return (try profile.readDatabasePassword(environment), try profile.readStorageSecretKey(environment))
        }
        let location = try S3Location(profile.storage)
        let traffic = TrafficRecorder(in: state)
        let store = S3ObjectStore(
            location, credentials: S3Credentials(accessKey: profile.storageAccessKey, secretKey: secret),
            onTraffic: { traffic.record($0) })
        let database = try await PromotionDatabase.networked(
            PostgresSettings(connection: profile.database, password: password))
        return PromotionSide(
            place: .profile(profile), database: database, storage: .bucket(store), traffic: traffic,
            provider: location.provider.rawValue)
    }

    /// Why its owner may not have so much; nil where they may.
    func quotaObstacle(to sum: LibraryRows.Sum, of library: LibraryRows) async throws -> EngineError? {
        let quota = try await database.quota(of: library.owner, for: place.owner)
        let most = OwnerUsage(owner: place.owner, photos: sum.photos, bytes: sum.bytes, quota: quota)
        let isTooMuch = quota.photos.map { sum.photos > $0 } ?? false || quota.bytes.map { sum.bytes > $0 } ?? false
        guard isTooMuch else { return nil }
        return EngineError(
            .limitExceeded,
            "the quota of the owner \(place.owner) has no room for the library: with it \(most.words), the trash included",
            whatToDo: "empty the library's trash, or have an admin raise it with phototui owners quota")
    }

    /// Takes away a catalogue that nobody found yet, and the folders that its objects have left empty.
    func discard() async throws {
        guard let unfinished, case .folder(let folder) = place else { return }
        await database.close()
        try await BlockingQueue(label: "phototui.promotion").run {
            for end in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: unfinished.string + end)
            }
            let objects = LibraryLocation(folder: folder).objects.string
            let inside = FileManager.default.enumerator(atPath: objects)?.compactMap { $0 as? String } ?? []
            // The deepest first; what is not empty stays.
            for name in inside.sorted(by: >) + [""] { _ = rmdir("\(objects)/\(name)") }
            if FileManager.default.fileExists(atPath: unfinished.string) {
                throw EngineError(.unavailable, "the catalogue \(String(decoding: unfinished)) can't be removed")
            }
        }
    }

    /// Has everybody find the library, once its rows are under the owner's name.
    func publish() async throws {
        guard let unfinished, case .folder(let folder) = place else { return }
        // Closing folds the log into the file.
        await database.close()
        let catalog = LibraryLocation(folder: folder).catalog
        try await BlockingQueue(label: "phototui.publish").run {
            // Not over a library that was begun here meanwhile.
            guard unfinished.withPlatformString({ from in catalog.withPlatformString { link(from, $0) } }) == 0 else {
                let failure = Errno(rawValue: errno)
                if failure == .fileExists {
                    throw EngineError(
                        .conflict, "another library was begun in \(place.name) meanwhile",
                        whatToDo: "move its catalog.sqlite away, and promote again")
                }
                throw EngineError(failure, doing: "naming the catalogue in \(place.name)")
            }
            _ = unfinished.withPlatformString { unlink($0) }
        }
    }
}

/// Keeps two promotions of one library apart: the folder that is one side of it is locked, which leaves no trace there.
final class PromotionLock: Sendable {
    private let descriptor: FileDescriptor

    /// Throws `.conflict` while another process promotes from or to the folder.
    init(_ folder: FilePath) throws {
        do {
            descriptor = try FileDescriptor.open(folder, .readOnly, options: [.directory, .closeOnExec])
        } catch let error as Errno {
            throw EngineError(error, doing: "opening the folder \(String(decoding: folder))")
        }
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? descriptor.close()
            throw EngineError(
                .conflict, "another process promotes the library in \(String(decoding: folder)) at this moment",
                whatToDo: "wait for it; what it brought is not sent again")
        }
    }

    deinit { try? descriptor.close() }
}
