import Core
import Foundation
import PhotoEngine
import Synchronization
import SystemPackage
import Testing
import Workflows

/// Emptying the trash beside an import, and after it was killed, in both sorts of library.
@Suite("Emptying a trash", .serialized)
struct EmptyingTests {
    @Test("An import of the same bytes while a copy is deleted leaves no photo without its bytes: in a folder")
    func importInFolder() async throws { try await importBeside(.embedded()) }

    @Test(
        "An import of the same bytes while a copy is deleted leaves no photo without its bytes: on servers",
        .enabled(if: Servers.areAvailable, Servers.absence))
    func importOnServers() async throws { try await importBeside(.networked()) }

    @Test("What was removed when emptying was killed is deleted by the next run: in a folder")
    func killedInFolder() async throws { try await killed(.embedded()) }

    @Test(
        "What was removed when emptying was killed is deleted by the next run: on servers",
        .enabled(if: Servers.areAvailable, Servers.absence))
    func killedOnServers() async throws { try await killed(.networked()) }

    @Test("The last copy stays when what was kept instead is gone, until somebody insists: in a folder")
    func lastCopyInFolder() async throws { try await lastCopy(.embedded()) }

    @Test(
        "The last copy stays when what was kept instead is gone, until somebody insists: on servers",
        .enabled(if: Servers.areAvailable, Servers.absence))
    func lastCopyOnServers() async throws { try await lastCopy(.networked()) }

    private func lastCopy(_ trial: EmptyingTrial) async throws {
        defer { trial.remove() }
        let (catalog, objects) = (trial.library.catalog, trial.library.objects)
        let trashed = try #require(try await catalog.trash(after: nil, limit: 1).first).photo.id
        let kept = try #require(try await catalog.photos(after: nil, limit: 9).first { $0.id != trashed })
        guard case .object(let key) = kept.original else { throw EngineError(.internal, "it is no copy") }
        let bytes = try await objects.get(key)
        try await objects.delete(key)
        let outcomes = try await trial.empty(objects)
        guard case .failed(.conflict, let reason) = outcomes.first, outcomes.count == 1 else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(reason.contains("the last copy"))
        #expect(try await catalog.trash(after: nil, limit: 1).map(\.photo.id) == [trashed])
        // Back again, it is reason enough, but not in the trash itself: whoever empties that wants neither, and says so.
        try await objects.put(bytes, at: key, sha256: nil)
        let edit = try await catalog.edit(EditRequest(.trash, photos: [kept.id], actor: "a"))
        let both = try await trial.empty(objects, dry: true)
        #expect(both.count { $0 == .removed } == 1)
        #expect(
            both.contains { outcome in
                guard case .failed(.conflict, let reason) = outcome else { return false }
                return reason.contains("in the trash, too")
            })
        _ = try await catalog.undoPart(of: #require(edit).id, actor: "a", reason: "")
        #expect(try await trial.empty(objects) == [.removed])
        try await trial.requireEveryOriginal(count: 1)
        try await trial.resolveAnew()
        try await objects.delete(key)
        #expect(try await trial.empty(objects, takesLastCopies: true) == [.removed])
        #expect(try await catalog.statistics().photos == 1)
        await trial.library.close()
    }

    private func importBeside(_ trial: EmptyingTrial) async throws {
        defer { trial.remove() }
        // Another process, which has its own connections and finds the object before it is deleted.
        let other = try await trial.open()
        let store = HookedStore(trial.library.objects) { _ in
            let report = try await other.importer().run(ImportRequest(paths: [trial.elsewhere], copies: true)) { _ in }
            #expect(report.imported == 1 && report.isBalanced)
        }
        #expect(try await trial.empty(store) == [.removed])
        #expect(store.deleted.contains { $0.description.hasPrefix("originals/") })
        try await trial.requireEveryOriginal(count: 2)
        // Emptied once more, the bytes go and come back another time.
        try await trial.resolve()
        #expect(try await trial.empty(trial.library.objects) == [.removed])
        try await trial.requireEveryOriginal(count: 1)
        let again = try trial.copyOfPhotos()
        _ = try await other.importer().run(ImportRequest(paths: [again], copies: true)) { _ in }
        try await trial.requireEveryOriginal(count: 2)
        await other.close()
        await trial.library.close()
    }

    private func killed(_ trial: EmptyingTrial) async throws {
        defer { trial.remove() }
        let store = HookedStore(trial.library.objects) { _ in throw CancellationError() }
        await #expect(throws: CancellationError.self) { _ = try await trial.empty(store) }
        #expect(try await trial.library.catalog.statistics().photos == 1)
        #expect(try await trial.stored().count == 2)
        #expect(try await trial.empty(trial.library.objects) == [])
        try await trial.requireEveryOriginal(count: 1)
        await trial.library.close()
    }
}

/// A library with two copies of a picture, one of them in the trash.
struct EmptyingTrial {
    let library: Library
    let photos: FilePath
    /// The bytes of what is in the trash, under a path that nobody has imported.
    let elsewhere: FilePath
    let open: @Sendable () async throws -> Library
    let remove: @Sendable () -> Void
    /// What the keys of this library's originals begin with.
    private let prefix: String

    static func embedded() async throws -> EmptyingTrial {
        let root = FilePath(FileManager.default.temporaryDirectory.path).appending("emptying-\(UUID().uuidString)")
        return try await EmptyingTrial(
            root, prefix: "originals/",
            open: {
                try await Library.open(root.appending("library"), configuration: Configuration.load(environment: [:]))
            }, remove: { try? FileManager.default.removeItem(atPath: root.string) })
    }

    static func networked() async throws -> EmptyingTrial {
        let place = try await NetworkedPlace(count: 0)
        let owner = try #require(Configuration.load(environment: place.environment).profiles["test"]?.owner)
        return try await EmptyingTrial(
            place.home, prefix: "originals/\(owner)/", open: { try await place.open() }, remove: { place.remove() })
    }

    private init(
        _ root: FilePath, prefix: String, open: @escaping @Sendable () async throws -> Library,
        remove: @escaping @Sendable () -> Void
    ) async throws {
        photos = root.appending("photos")
        elsewhere = root.appending("elsewhere")
        (self.open, self.remove, self.prefix) = (open, remove, prefix)
        for folder in [photos, elsewhere] {
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        }
        for number in 0..<2 {
            // What follows a GIF's end is no part of its picture.
            let bytes = Data(NetworkedPlace.gif(9) + [UInt8](repeating: 0, count: number))
            try bytes.write(to: URL(fileURLWithPath: photos.appending("\(number).gif").string))
        }
        library = try await open()
        let report = try await library.importer().run(ImportRequest(paths: [photos], copies: true)) { _ in }
        #expect(report.imported == 2)
        try await resolve()
    }

    /// Keeps the larger of the two.
    func resolve() async throws {
        let found = try await library.catalog.photos(after: nil, limit: 9).sorted { $0.byteCount > $1.byteCount }
        let waiting = try await library.catalog.uncompared(after: nil, limit: 9)
        for photo in waiting {
            let isLast = photo == waiting.last
            let founder = try #require(found.first { $0.id != photo.photo }).id
            let compared = ComparedPhoto(
                photo: photo, hash: photo.hash,
                changes: isLast ? [.founded(ClusterID(first: founder), photo.photo)] : [],
                evidence: [photo.photo: LikenessEvidence(distance: 0, similarity: 1, orientation: .upright)])
            _ = try #require(
                try await library.catalog.record([compared], since: library.catalog.comparisonMark()))
        }
        let cluster = try #require(try await library.catalog.clusters(ClusterQuery(limit: 1)).first)
        let resolution = try await library.catalog.resolve(
            ResolutionRequest(cluster: cluster.id, keeper: found[0].id, members: Set(found.map(\.id)), actor: "a"))
        #expect(resolution.trashed == [found[1].id])
        try? FileManager.default.copyItem(
            atPath: photos.appending("0.gif").string, toPath: elsewhere.appending("again.gif").string)
    }

    /// Once its first resolution is emptied: the other copy, imported again, goes to the trash again.
    func resolveAnew() async throws {
        _ = try await library.importer().run(ImportRequest(paths: [copyOfPhotos()], copies: true)) { _ in }
        try await resolve()
    }

    func copyOfPhotos() throws -> FilePath {
        let folder = photos.removingLastComponent().appending("once-more")
        try FileManager.default.copyItem(atPath: photos.string, toPath: folder.string)
        return folder
    }

    func empty(
        _ objects: any ObjectStore, takesLastCopies: Bool = false, dry: Bool = false
    ) async throws -> [TrashEmptying.Outcome] {
        let outcomes = Mutex<[TrashEmptying.Outcome]>([])
        let emptying = TrashEmptying(
            catalog: library.catalog, objects: objects, desktop: DesktopTrash(environment: [:]),
            ownsRenditions: library.uploader == nil)
        _ = try await emptying.run(
            trashedBefore: .max, movesOriginals: false, takesLastCopies: takesLastCopies, isDry: dry, actor: "a",
            reason: ""
        ) { _, outcome in outcomes.withLock { $0.append(outcome) } }
        return outcomes.withLock { $0 }
    }

    /// Under which keys originals are stored.
    func stored() async throws -> Set<ObjectKey> {
        Set(try await library.objects.list(prefix: prefix, after: nil, limit: 99).map(\.key))
    }

    /// Each photo has its bytes, and nothing else is stored.
    func requireEveryOriginal(count: Int) async throws {
        let photos = try await library.catalog.photos(after: nil, limit: 9)
        #expect(photos.count == count)
        var keys: Set<ObjectKey> = []
        for photo in photos {
            guard case .object(let key) = photo.original else {
                Issue.record("\(photo.id) is not in the store")
                continue
            }
            keys.insert(key)
            #expect(try await library.objects.head(key) == photo.byteCount, "\(key)")
        }
        #expect(try await stored() == keys)
        #expect(try await library.catalog.check() == [])
    }
}

/// A store before whose first deletion something else happens.
private final class HookedStore: ObjectStore {
    private let store: any ObjectStore
    private let hook: @Sendable (ObjectKey) async throws -> Void
    private let keys = Mutex<[ObjectKey]>([])

    init(_ store: any ObjectStore, beforeDeleting hook: @escaping @Sendable (ObjectKey) async throws -> Void) {
        (self.store, self.hook) = (store, hook)
    }

    var deleted: [ObjectKey] { keys.withLock { $0 } }

    func delete(_ key: ObjectKey) async throws {
        let isFirst = keys.withLock { keys in
            keys.append(key)
            return keys.count == 1
        }
        if isFirst { try await hook(key) }
        try await store.delete(key)
    }

    func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws {
        try await store.put(data, at: key, sha256: sha256)
    }
    func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws {
        try await store.putFile(file, at: key, sha256: sha256)
    }
    func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] { try await store.get(key, range: range) }
    func head(_ key: ObjectKey) async throws -> ByteCount? { try await store.head(key) }
    func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary] {
        try await store.list(prefix: prefix, after: after, limit: limit, strange: strange)
    }
}
