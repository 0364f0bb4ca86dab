public import Core
internal import Foundation
internal import Synchronization
public import SystemPackage

/// A store behind a network, whose objects are kept on this machine's disk while they are in use.
///
/// What is put goes to the remote store first, and counts as stored when it is there. What the disk holds may be removed at
/// any time.
public final class CachedObjectStore: LocalObjectStore {
    public let remote: any RemoteObjectStore
    private let cache: DiskObjectStore
    private let folder: FilePath
    private let capacity: ByteCount
    private let fetching = Mutex<[ObjectKey: Task<Void, any Error>]>([:])
    private let untrimmed = Mutex<Int64>(0)
    private let trimming = BlockingQueue(label: "phototui.cache", isSerial: true, qos: .utility)

    /// `capacity` bounds the disk's part, but for what is fetched meanwhile.
    public init(_ remote: any RemoteObjectStore, in folder: FilePath, capacity: ByteCount) throws {
        self.remote = remote
        self.folder = folder
        self.capacity = capacity
        cache = try DiskObjectStore(folder)
    }

    public func localPath(of key: ObjectKey) -> FilePath { cache.localPath(of: key) }

    public func makeLocal(_ key: ObjectKey, sha256: SHA256Digest?) async throws {
        guard try await cache.head(key) == nil else { return }
        // Several who want it wait for one transfer.
        let task = fetching.withLock { fetching in
            if let task = fetching[key] { return task }
            let task = Task { try await self.fetch(key, sha256: sha256) }
            fetching[key] = task
            return task
        }
        defer { fetching.withLock { _ = $0.removeValue(forKey: key) } }
        try await task.value
    }

    private func fetch(_ key: ObjectKey, sha256: SHA256Digest?) async throws {
        if let sha256 {
            let file = FilePath(FileManager.default.temporaryDirectory.path).appending("phototui-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(atPath: file.string) }
            try await remote.fetch(key, to: file, sha256: sha256)
            try await cache.putFile(file, at: key, sha256: sha256)
        } else {
            try await cache.put(try await remote.get(key), at: key, sha256: nil)
        }
        try await grown(key)
    }

    public func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws {
        try await remote.put(data, at: key, sha256: sha256)
        try? await cache.put(data, at: key, sha256: nil)
        try? await grown(key)
    }

    /// An original is not kept beside the file it came from.
    public func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws {
        try await remote.putFile(file, at: key, sha256: sha256)
    }

    public func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] {
        do {
            return try await cache.get(key, range: range)
        } catch let error as EngineError where error.code == .notFound {
            return try await remote.get(key, range: range)
        }
    }

    public func head(_ key: ObjectKey) async throws -> ByteCount? { try await remote.head(key) }

    public func versions(of key: ObjectKey) async throws -> [ObjectVersion] { try await remote.versions(of: key) }

    public func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary] {
        try await remote.list(prefix: prefix, after: after, limit: limit, strange: strange)
    }

    public func delete(_ key: ObjectKey) async throws {
        try await remote.delete(key)
        try await cache.delete(key)
    }

    // Trimming

    /// Removes the files that were kept longest ago once a sixteenth of the capacity has come in.
    private func grown(_ key: ObjectKey) async throws {
        let size = try await cache.head(key)?.bytes ?? 0
        let isDue = untrimmed.withLock { untrimmed in
            untrimmed += size
            guard untrimmed > capacity.bytes / 16 else { return false }
            untrimmed = 0
            return true
        }
        if isDue { try await trimming.run { [folder, capacity] in try Self.trim(folder, to: capacity) } }
    }

    private static func trim(_ folder: FilePath, to capacity: ByteCount) throws {
        let keys: [URLResourceKey] = [.fileSizeKey, .contentModificationDateKey, .isRegularFileKey]
        guard
            let walk = FileManager.default.enumerator(
                at: URL(fileURLWithPath: folder.string), includingPropertiesForKeys: keys)
        else { return }
        var files: [(url: URL, date: Date, size: Int64)] = []
        for case let url as URL in walk where !url.path.contains("/+incoming/") {
            let values = try url.resourceValues(forKeys: Set(keys))
            guard values.isRegularFile == true else { continue }
            files.append((url, values.contentModificationDate ?? .distantPast, Int64(values.fileSize ?? 0)))
        }
        var total = files.reduce(0) { $0 + $1.size }
        for file in files.sorted(by: { $0.date < $1.date }) {
            guard total > capacity.bytes - capacity.bytes / 8 else { return }
            try? FileManager.default.removeItem(at: file.url)
            total -= file.size
        }
    }
}
