import Testing

@testable import Core

@Suite("ObjectKey")
struct ObjectKeyTests {
    @Test("Keys of plain segments are kept as they are", arguments: ["a", "a/b/c.webp", "A-z_0.9/..a", "..."])
    func valid(text: String) {
        #expect(ObjectKey(untrusted: text)?.description == text)
    }

    @Test(
        "Keys that could leave their store, or read differently elsewhere, are refused",
        arguments: [
            "", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a b", "a\\b", "ä", "a\u{0}",
            "a\n", "a%2e", "C:/a", "a/\u{1b}[2J", "a\u{202E}b",
        ])
    func refused(text: String) {
        #expect(ObjectKey(untrusted: text) == nil)
    }

    @Test("255 bytes are the longest segment, 1,024 the longest key")
    func length() {
        let segment = String(repeating: "a", count: 255)
        #expect(ObjectKey(untrusted: segment) != nil)
        #expect(ObjectKey(untrusted: segment + "a") == nil)
        let key = [segment, segment, segment, segment].joined(separator: "/") + "/"
        #expect(ObjectKey(untrusted: String(key.dropLast())) != nil)
        #expect(key.utf8.count == 1024)
        #expect(ObjectKey(untrusted: key + "a") == nil)
    }

    @Test("Keys sort by their bytes, as every store lists them")
    func order() {
        let sorted = ["-", "A/b", "Z", "_", "a", "a-b", "a.b", "a/b", "a0", "aa"].map { ObjectKey($0) }
        #expect(sorted.shuffled().sorted() == sorted)
    }

    @Test("A rendition's key names its original's digest, its size and its format")
    func rendition() throws {
        let hex = "ab" + String(repeating: "0", count: 62)
        let digest = try #require(SHA256Digest(hex))
        #expect(
            RenditionKind(size: 256, format: .webp).key(of: digest).description == "renditions/ab/\(hex)/256.webp")
    }
}
