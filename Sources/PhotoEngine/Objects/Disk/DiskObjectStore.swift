public import Core
internal import Digest
internal import Glibc
public import SystemPackage

/// Objects as files: the object `a/b` is the file `a/b` below the store's folder.
///
/// A write goes to `+incoming` on the same file system, is synced, and appears under its name in one step. What a killed
/// writer leaves there is removed when the store is next opened; `+` is in no key, so nothing else can have that name.
/// A file system keeps a name either as a file or as a folder: a key that is a folder of another is `.conflict`.
public final class DiskObjectStore: LocalObjectStore {
    private let folder: FilePath
    private let isReadOnly: Bool
    private let queue = BlockingQueue(label: "phototui.objects")

    /// Opens the store in `folder`, creating it when there is none. Blocks for a few system calls. With `isReadOnly`
    /// nothing is created or cleaned, and every write is refused.
    public init(_ folder: FilePath, isReadOnly: Bool = false) throws {
        self.folder = folder
        self.isReadOnly = isReadOnly
        guard !isReadOnly else { return }
        try DiskFolder.create(folder.appending(IncomingFile.folderName), below: nil)
        IncomingFile.removeAbandoned(in: folder)
    }

    public func localPath(of key: ObjectKey) -> FilePath {
        folder.appending(key.description)
    }

    public func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws {
        if let sha256 {
            let actual = try await queue.run { SHA256Hasher.digest(data) }
            guard actual == sha256 else { throw mismatch }
        }
        try await store(at: key) { incoming in
            try incoming.write(data)
        }
    }

    public func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws {
        try await store(at: key) { incoming in
            guard try incoming.copy(file) == sha256 else { throw mismatch }
        }
    }

    /// Fills a temporary file and gives it its name.
    private func store(at key: ObjectKey, fill: @escaping @Sendable (IncomingFile) throws -> Void) async throws {
        try requireWritable()
        let target = localPath(of: key)
        let folder = folder
        try await queue.run {
            let incoming = try IncomingFile(in: folder)
            defer { incoming.discard() }
            try fill(incoming)
            try incoming.publish(as: target, below: folder)
        }
    }

    public func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] {
        let path = localPath(of: key)
        return try await queue.run { try StoredFile(path).read(range) }
    }

    public func head(_ key: ObjectKey) async throws -> ByteCount? {
        let path = localPath(of: key)
        return try await queue.run { try StoredFile.byteCount(of: path) }
    }

    public func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary] {
        let folder = folder
        return try await queue.run {
            var listing = ObjectListing(
                root: folder, prefix: prefix, after: after?.description, limit: limit, strange: strange)
            return try listing.run()
        }
    }

    private func requireWritable() throws {
        guard !isReadOnly else { throw EngineError(.permissionDenied, "the object store is open for reading only") }
    }

    public func delete(_ key: ObjectKey) async throws {
        try requireWritable()
        let path = localPath(of: key)
        let folder = folder
        try await queue.run {
            let isRemoved = path.withPlatformString { unlink($0) } == 0
            guard !isRemoved else { return DiskFolder.removeEmpty(from: path.removingLastComponent(), below: folder) }
            switch Errno(rawValue: errno) {
            case .noSuchFileOrDirectory, .notDirectory, .isDirectory: return
            // Linux answers EISDIR for a folder, POSIX EPERM: no object has that name either way.
            case .notPermitted where (try? StoredFile.byteCount(of: path)) == .some(nil): return
            case let failure: throw EngineError(failure, doing: "deleting an object")
            }
        }
    }
}

private let mismatch = EngineError(
    .corrupt, "the bytes to store are not those announced", whatToDo: "read the file again")
