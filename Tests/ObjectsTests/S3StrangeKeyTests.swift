import Core
import Foundation
import Synchronization
import Testing

@testable import Objects

/// Objects that others put into the bucket, under names that are no keys of ours.
@Suite("Strange keys in a bucket")
struct S3StrangeKeyTests {
    private static let names = [
        "renditions/a key~of others.txt", "renditions/ä\u{301}漢", "renditions/<a>&amp;b\"'%41+.txt", "renditions//x",
        "renditions/a/", "renditions/x/../y", "renditions/\u{1b}[2J\u{202e}gpj", "renditions/two\nlines",
        "renditions/" + String(repeating: "long", count: 200),
    ]

    /// Each is told once, whatever the page size, and none is taken for a key.
    private func check(_ store: S3ObjectStore, _ names: [String]) async throws {
        for (index, name) in names.enumerated() {
            let body = [UInt8](repeating: 1, count: index + 1)
            let answer = try await store.client.send(
                S3Client.Request(method: "PUT", key: store.prefix + name, body: .bytes(body)))
            try #require(answer.status == 200, "\(name): \(answer.status)")
        }
        let keys = ["renditions/a.webp", "renditions/x/z.webp", "renditions/z.webp"].map { ObjectKey($0) }
        for key in keys { try await store.put([1], at: key, sha256: nil) }
        for size in [1, 2, 100] {
            let told = Mutex<[StrangeObject]>([])
            var found: [ObjectKey] = []
            while true {
                let page = try await store.list(prefix: "renditions/", after: found.last, limit: size) { strange in
                    told.withLock { $0.append(strange) }
                }
                found += page.map(\.key)
                if page.count < size { break }
            }
            #expect(found == keys, "pages of \(size)")
            let expected = names.enumerated().map { StrangeObject(name: $1, byteCount: ByteCount(Int64($0 + 1))) }
            let others = told.withLock { $0 }
            #expect(Set(others) == Set(expected), "pages of \(size)")
            #expect(others.count == expected.count, "pages of \(size): \(others.map(\.name))")
        }
    }

    @Test("On a server that takes nothing ill made, under any name") func strict() async throws {
        let store = try await StrictS3.shared.get().store(prefix: "p ä/")
        try await check(store, Self.names)
    }

    @Test("On SeaweedFS", .enabled(if: S3Server.isAvailable, S3Server.absence)) func seaweed() async throws {
        // It keeps objects as files, and refuses names that are none.
        try await check(
            try S3Server.store(),
            Self.names.filter { !$0.contains("//") && !$0.contains("..") && !$0.hasSuffix("/") && $0.utf8.count < 255 })
    }
}
