public import Core
import Foundation
public import SystemPackage

/// What every object store promises, whatever holds its bytes.
public enum ObjectStoreContract {
    public typealias Store = any ObjectStore

    public static let cases: [ContractCase<Store>] = [
        ContractCase("What was put can be got, with its size") { store in
            let data = bytes(1000, seed: 1)
            try await store.put(data, at: ObjectKey("a/b.webp"), sha256: nil)
            try requireEqual(await store.get(ObjectKey("a/b.webp")), data, "the bytes")
            try requireEqual(await store.head(ObjectKey("a/b.webp")), ByteCount(1000), "the size")
        },
        ContractCase("An empty object is an object") { store in
            try await store.put([], at: ObjectKey("empty"), sha256: nil)
            try requireEqual(await store.get(ObjectKey("empty")), [], "the bytes")
            try requireEqual(await store.head(ObjectKey("empty")), ByteCount(0), "the size")
        },
        ContractCase("A missing object has no size, and getting it throws not found") { store in
            try requireEqual(await store.head(ObjectKey("none")), nil, "the size")
            try await requireCode(.notFound) { _ = try await store.get(ObjectKey("none")) }
            try await store.put([1], at: ObjectKey("folder/object"), sha256: nil)
            try requireEqual(await store.head(ObjectKey("folder")), nil, "the size of a folder")
            try await requireCode(.notFound) { _ = try await store.get(ObjectKey("folder")) }
            try requireEqual(await store.head(ObjectKey("folder/object/below")), nil, "the size below an object")
        },
        ContractCase("Putting the same bytes again succeeds") { store in
            try await store.put([1, 2, 3], at: ObjectKey("same"), sha256: nil)
            try await store.put([1, 2, 3], at: ObjectKey("same"), sha256: nil)
            try requireEqual(await store.list(prefix: "", after: nil, limit: 10).count, 1, "the number of objects")
        },
        ContractCase("Other bytes under a taken key are a conflict, and the first stay") { store in
            try await store.put([1, 2, 3], at: ObjectKey("taken"), sha256: nil)
            for other: [UInt8] in [[1, 2, 4], [1, 2], [1, 2, 3, 4], []] {
                try await requireCode(.conflict) { try await store.put(other, at: ObjectKey("taken"), sha256: nil) }
            }
            try requireEqual(await store.get(ObjectKey("taken")), [1, 2, 3], "the bytes")
        },
        ContractCase("Bytes that aren't those announced are refused and leave nothing") { store in
            let wrong = SHA256Digest(bytes: [UInt8](repeating: 7, count: 32))!
            try await requireCode(.corrupt) { try await store.put([1], at: ObjectKey("wrong/one"), sha256: wrong) }
            try await withFile(bytes(100, seed: 2)) { file in
                try await requireCode(.corrupt) {
                    try await store.putFile(file, at: ObjectKey("wrong/two"), sha256: wrong)
                }
            }
            try requireEqual(await store.list(prefix: "", after: nil, limit: 10), [], "the objects")
        },
        ContractCase("A range is cut at the object's end") { store in
            let data = bytes(100, seed: 3)
            let key = ObjectKey("ranged")
            try await store.put(data, at: key, sha256: nil)
            try requireEqual(await store.get(key, range: 0..<10), Array(data[0..<10]), "the head")
            try requireEqual(await store.get(key, range: 40..<60), Array(data[40..<60]), "the middle")
            try requireEqual(await store.get(key, range: 90..<200), Array(data[90...]), "the tail")
            try requireEqual(await store.get(key, range: 100..<200), [], "behind the end")
            try requireEqual(await store.get(key, range: 500..<Int64.max), [], "far behind the end")
            try requireEqual(await store.get(key, range: 5..<5), [], "nothing")
        },
        ContractCase("A second delete succeeds, and what was deleted may be put again with other bytes") { store in
            let key = ObjectKey("gone/for/good")
            try await store.delete(key)
            try await store.put([1], at: key, sha256: nil)
            try await store.delete(key)
            try await store.delete(key)
            try requireEqual(await store.head(key), nil, "the size")
            try await store.put([2], at: key, sha256: nil)
            try requireEqual(await store.get(key), [2], "the bytes")
        },
        ContractCase("Deleting what is only a folder of other objects changes nothing") { store in
            try await store.put([1], at: ObjectKey("a/b/c"), sha256: nil)
            try await store.delete(ObjectKey("a/b"))
            try await store.delete(ObjectKey("a"))
            try await store.delete(ObjectKey("a/b/c/d"))
            try requireEqual(await store.get(ObjectKey("a/b/c")), [1], "the bytes")
        },
        ContractCase("Listing is in bytewise order, across folders") { store in
            let names = ["a-b", "a.b", "a/b", "a/B", "a/b-c/d", "a/b.c", "a0", "B", "Z/z", "_x", "a/b_/c"]
            for name in names { try await store.put(Array(name.utf8), at: ObjectKey(name), sha256: nil) }
            let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let all = try await store.list(prefix: "", after: nil, limit: 100)
            try requireEqual(all.map(\.key.description), sorted, "the keys")
            try requireEqual(all.map(\.byteCount.bytes), sorted.map { Int64($0.utf8.count) }, "the sizes")
        },
        ContractCase("Pages follow one another without a gap or a repeat, at every page size") { store in
            var keys: [String] = []
            for number in 0..<40 {
                let key = "p/\(number % 4)/\(number)" + (number % 3 == 0 ? ".x/y" : "")
                keys.append(key)
                try await store.put([UInt8(number)], at: ObjectKey(key), sha256: nil)
            }
            keys.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for size in [1, 3, 7, 40, 100] {
                var seen: [String] = []
                while true {
                    let page = try await store.list(
                        prefix: "p/", after: seen.last.map { ObjectKey($0) }, limit: size)
                    seen += page.map(\.key.description)
                    if page.count < size { break }
                }
                try requireEqual(seen, keys, "pages of \(size)")
            }
            try requireEqual(await store.list(prefix: "", after: nil, limit: 0), [], "a page of none")
        },
        ContractCase("A prefix need not end at a slash, and a cursor need not exist") { store in
            for name in ["ab/c", "abc", "abd/e", "b", "a"] {
                try await store.put([1], at: ObjectKey(name), sha256: nil)
            }
            func keys(_ prefix: String, after: String? = nil) async throws -> [String] {
                try await store.list(prefix: prefix, after: after.map { ObjectKey($0) }, limit: 10)
                    .map(\.key.description)
            }
            try requireEqual(await keys("ab"), ["ab/c", "abc", "abd/e"], "under ab")
            try requireEqual(await keys("ab/"), ["ab/c"], "under ab/")
            try requireEqual(await keys("abd/e"), ["abd/e"], "a whole key")
            try requireEqual(await keys("nothing"), [], "under nothing")
            try requireEqual(await keys("", after: "abb"), ["abc", "abd/e", "b"], "after abb")
            try requireEqual(await keys("", after: "ab/c"), ["abc", "abd/e", "b"], "after ab/c")
            try requireEqual(await keys("ab", after: "z"), [], "after z")
        },
        ContractCase("Keys as long and as odd as the rule allows are kept apart") { store in
            let longSegment = String(repeating: "s", count: 255)
            let deep = Array(repeating: "folder-of-keys.", count: 64).joined(separator: "/")
            let names = [longSegment, "x/" + longSegment, deep, "...", ".hidden", "-rf", "_", "a..b", "UPPER", "upper"]
            for (index, name) in names.enumerated() {
                try await store.put([UInt8(index)], at: ObjectKey(name), sha256: nil)
            }
            for (index, name) in names.enumerated() {
                try requireEqual(await store.get(ObjectKey(name)), [UInt8(index)], "the bytes of \(name.prefix(20))")
            }
            try requireEqual(await store.list(prefix: "", after: nil, limit: 100).count, names.count, "the listing")
        },
        ContractCase("What would stand still or climb in a path is no key, and as a prefix names nothing") { store in
            for name in ["a/b", "a/c/d", "..a/b", "a/..b"] {
                try await store.put([1], at: ObjectKey(name), sha256: nil)
            }
            for text in ["a/./b", "a/c/../b", "./a/b", "../a/b", "a/..", "a/.", "..", ".", "a//b", "/a/b", "a/"] {
                try require(ObjectKey(untrusted: text) == nil, "\(text) is no key")
            }
            for prefix in ["a/./", "a/c/../", "./", "../", "a/../", "a//", "/", "/etc/", "a/./b", "../a"] {
                try requireEqual(
                    await store.list(prefix: prefix, after: nil, limit: 10), [], "the objects under \(prefix)")
            }
            try requireEqual(
                await store.list(prefix: "..", after: nil, limit: 10).map(\.key.description), ["..a/b"], "under ..")
            try requireEqual(
                await store.list(prefix: "a/.", after: nil, limit: 10).map(\.key.description), ["a/..b"], "under a/.")
        },
        ContractCase("Many writers of one key: the same bytes all succeed") { store in
            let data = bytes(200_000, seed: 4)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await store.put(data, at: ObjectKey("race/one"), sha256: nil) }
                }
                try await group.waitForAll()
            }
            try requireEqual(await store.get(ObjectKey("race/one")), data, "the bytes")
            try requireEqual(await store.list(prefix: "", after: nil, limit: 10).count, 1, "the number of objects")
        },
        ContractCase("Many writers of one key: of different bytes one wins and is whole") { store in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        do {
                            try await store.put(
                                [UInt8](repeating: UInt8(number), count: 100_000), at: ObjectKey("race/two"),
                                sha256: nil)
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            try requireEqual(outcomes.count { $0 }, 1, "the number of winners")
            let stored = try await store.get(ObjectKey("race/two"))
            try requireEqual(stored.count, 100_000, "the size")
            try requireEqual(Set(stored).count, 1, "the number of writers in one object")
        },
        ContractCase("Puts and deletes of neighbours do not disturb each other") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let key = ObjectKey("shared/folder/\(number)")
                        for _ in 0..<6 {
                            try await store.put([UInt8(number)], at: key, sha256: nil)
                            try requireEqual(await store.get(key), [UInt8(number)], "the bytes")
                            try await store.delete(key)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try requireEqual(await store.list(prefix: "", after: nil, limit: 10), [], "the objects left")
        },
        ContractCase("A missing file can't be put, and leaves nothing") { store in
            let digest = SHA256Digest(bytes: [UInt8](repeating: 0, count: 32))!
            try await requireCode(.notFound) {
                try await store.putFile(FilePath("/nonexistent/file"), at: ObjectKey("file"), sha256: digest)
            }
            try requireEqual(await store.list(prefix: "", after: nil, limit: 10), [], "the objects")
        },
    ]

    /// `count` bytes that depend on `seed` alone.
    public static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var block: [UInt8] = (0..<min(count, 4096)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        // In blocks that differ in their first bytes: made one by one, megabytes would hold up the other tests for seconds.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            bytes += block.prefix(count - bytes.count)
            if bytes.count < count {
                withUnsafeBytes(of: UInt64(bytes.count) ^ state) { block.replaceSubrange(0..<8, with: $0) }
            }
        }
        return bytes
    }

    /// Runs `body` with a file of these bytes.
    public static func withFile(_ data: [UInt8], _ body: (FilePath) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "phototui-\(UUID().uuidString)")
        try Data(data).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(FilePath(url.path))
    }
}

/// Fails the case unless `body` throws an `EngineError` of this code.
public func requireCode(_ code: EngineError.Code, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as EngineError {
        return try requireEqual(error.code, code, "the error's code")
    }
    throw ContractViolation("expected the error \(code), but the call succeeded")
}
