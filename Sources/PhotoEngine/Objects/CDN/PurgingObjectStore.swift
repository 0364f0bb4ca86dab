public import Core
internal import Synchronization
public import SystemPackage

/// A store before which a CDN stands: what is deleted or replaced is purged there.
///
/// A purge that fails keeps nobody from going on. Its keys stay in a list on disk, from before the object changes until the CDN
/// has dropped it, and go with the next purge, of this process or another.
public final class PurgingObjectStore: LocalObjectStore {
    private let base: any LocalObjectStore
    private let cache: any EdgeCache
    private let pending: StoredList
    /// What this process has deleted: if it is put again, a copy may have been made of its absence.
    private let deleted = Mutex<Set<ObjectKey>>([])
    /// Until when a CDN that has failed is left alone.
    private let paused = Mutex<ContinuousClock.Instant?>(nil)
    private static let pause = Duration.seconds(30)

    /// `pending` keeps what is still to be purged.
    public init(_ base: any LocalObjectStore, before cache: any EdgeCache, pending: StoredList) {
        self.base = base
        self.cache = cache
        self.pending = pending
    }

    public func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws {
        let isReplaced = deleted.withLock { $0.contains(key) }
        if isReplaced { try await note(key) }
        try await base.put(data, at: key, sha256: sha256)
        if isReplaced { await purgeNoted() }
        _ = deleted.withLock { $0.remove(key) }
    }

    public func delete(_ key: ObjectKey) async throws {
        try await note(key)
        try await base.delete(key)
        _ = deleted.withLock { $0.insert(key) }
        await purgeNoted()
    }

    private func note(_ key: ObjectKey) async throws {
        // Each note is its own: one that comes while another of the same key is purged stays.
        let note = "\(UInt64.random(in: .min ... .max)) \(key)"
        try await pending.change(adding: [Array(note.utf8)], removing: [])
    }

    /// Purges all that waits for it, of earlier processes, too. What can't be purged now waits on.
    public func purgeNoted() async {
        guard paused.withLock({ $0 }).map({ ContinuousClock.now >= $0 }) ?? true,
            let entries = try? await pending.entries(), !entries.isEmpty
        else { return }
        let keys = entries.compactMap { entry in
            entry.firstIndex(of: 0x20).flatMap {
                ObjectKey(untrusted: String(decoding: entry[entry.index(after: $0)...], as: UTF8.self))
            }
        }
        do {
            try await cache.purge(Set(keys).sorted { $0.description < $1.description })
            try await pending.change(adding: [], removing: entries)
        } catch {
            paused.withLock { $0 = .now + Self.pause }
        }
    }

    public func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws {
        try await base.putFile(file, at: key, sha256: sha256)
    }

    public func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] {
        try await base.get(key, range: range)
    }

    public func head(_ key: ObjectKey) async throws -> ByteCount? { try await base.head(key) }

    public func versions(of key: ObjectKey) async throws -> [ObjectVersion] { try await base.versions(of: key) }

    public func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary] {
        try await base.list(prefix: prefix, after: after, limit: limit, strange: strange)
    }

    public func localPath(of key: ObjectKey) -> FilePath { base.localPath(of: key) }

    public func makeLocal(_ key: ObjectKey, sha256: SHA256Digest?) async throws {
        try await base.makeLocal(key, sha256: sha256)
    }
}
