import Core
import Digest
import Foundation
import Glibc
import Objects
import SystemPackage
import Testing

@Suite("DiskObjectStore")
struct DiskObjectStoreTests {
    @Test("What a killed writer left is removed at the next opening; what a live one writes is not")
    func abandoned() async throws {
        let folder = try TemporaryFolder()
        _ = try DiskObjectStore(folder.path)
        let left = folder.path.appending("+incoming/1-dead")
        let live = folder.path.appending("+incoming/1-live")
        for path in [left, live] { try Data("half".utf8).write(to: URL(fileURLWithPath: path.string)) }
        let writer = try FileDescriptor.open(live, .readWrite)
        defer { try? writer.close() }
        let isLocked = flock(writer.rawValue, LOCK_EX | LOCK_NB)
        #expect(isLocked == 0)
        let store = try DiskObjectStore(folder.path)
        #expect(try folder.contents("+incoming") == ["1-live"])
        #expect(try await store.list(prefix: "", after: nil, limit: 10).isEmpty)
    }

    @Test("A key that is a folder of another is a conflict either way round, and harms nothing")
    func folderConflict() async throws {
        let folder = try TemporaryFolder()
        let store = try DiskObjectStore(folder.path)
        try await store.put([1], at: ObjectKey("a/b"), sha256: nil)
        for key in ["a", "a/b/c", "a/b/c/d"] {
            await #expect(throws: EngineError.self) { try await store.put([2], at: ObjectKey(key), sha256: nil) }
        }
        #expect(try await store.get(ObjectKey("a/b")) == [1])
        #expect(try folder.contents("+incoming").isEmpty)
    }

    @Test("A store opened for reading creates nothing and refuses every write")
    func readOnly() async throws {
        let folder = try TemporaryFolder()
        let absent = folder.path.appending("absent")
        let store = try DiskObjectStore(absent, isReadOnly: true)
        let key = ObjectKey("a")
        #expect(try await store.head(key) == nil)
        #expect(try await store.list(prefix: "", after: nil, limit: 10).isEmpty)
        await #expect(throws: EngineError.self) { try await store.put([1], at: key, sha256: nil) }
        await #expect(throws: EngineError.self) { try await store.delete(key) }
        #expect(try folder.contents().isEmpty)
    }

    @Test("A file of several parts is copied in whole")
    func copiesContent() async throws {
        let folder = try TemporaryFolder()
        let store = try DiskObjectStore(folder.path.appending("store"))
        let source = folder.path.appending("source")
        let data = [UInt8](repeating: 9, count: 3_000_000)
        try Data(data).write(to: URL(fileURLWithPath: source.string))
        try await store.putFile(source, at: ObjectKey("big"), sha256: SHA256Hasher.digest(data))
        #expect(try await store.get(ObjectKey("big")) == data)
        #expect(try await store.get(ObjectKey("big"), range: 2_999_999..<4_000_000) == [9])
    }
}
