public import Core
internal import Digest
internal import Synchronization
public import SystemPackage

/// Objects in memory, for tests and trials: gone with the process.
public final class MemoryObjectStore: ObjectStore {
    private let objects = Mutex<[ObjectKey: [UInt8]]>([:])

    public init() {}

    public func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws {
        if let sha256, SHA256Hasher.digest(data) != sha256 {
            throw EngineError(
                .corrupt, "the bytes to store are not those announced", whatToDo: "read the file again")
        }
        try objects.withLock { objects in
            guard objects[key, default: data] == data else {
                throw EngineError(.conflict, "the object exists with other bytes")
            }
            objects[key] = data
        }
    }

    public func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws {
        var data: [UInt8] = []
        do {
            let input = try FileDescriptor.open(file, .readOnly, options: [.closeOnExec])
            defer { try? input.close() }
            var part = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try part.withUnsafeMutableBytes { try input.read(into: $0) }
                guard count > 0 else { break }
                data += part[..<count]
            }
        } catch let failure as Errno {
            throw EngineError(failure, doing: "copying a file into the object store")
        }
        try await put(data, at: key, sha256: sha256)
    }

    public func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] {
        guard let data = objects.withLock({ $0[key] }) else {
            throw EngineError(.notFound, "there is no such object")
        }
        let whole = 0..<Int64(data.count)
        let wanted = (range ?? whole).clamped(to: whole)
        return Array(data[Int(wanted.lowerBound)..<Int(wanted.upperBound)])
    }

    public func head(_ key: ObjectKey) async throws -> ByteCount? {
        objects.withLock { $0[key].map { ByteCount(Int64($0.count)) } }
    }

    public func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary] {
        objects.withLock { objects in
            objects.filter { key, _ in
                key.description.utf8.starts(with: prefix.utf8) && after.map { $0 < key } ?? true
            }
            .map { ObjectSummary(key: $0, byteCount: ByteCount(Int64($1.count))) }
            .sorted { $0.key < $1.key }
            .prefix(max(0, limit)).map(\.self)
        }
    }

    public func delete(_ key: ObjectKey) async throws {
        _ = objects.withLock { $0.removeValue(forKey: key) }
    }
}
