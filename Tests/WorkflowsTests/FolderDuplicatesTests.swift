import Core
import Digest
import Foundation
import Synchronization
import SystemPackage
import Testing
import Workflows

@Suite("Duplicates among files, by their hashes alone")
struct FolderDuplicatesTests {
    /// Takes a file's text for its hash, sixteen hex digits; what follows makes its bytes differ.
    private final class TextHashes: ImageProcessor {
        let calls = Mutex(0)

        func process(_ file: FilePath, options: ProcessingOptions) async throws -> ProcessedPhoto {
            throw EngineError(.unsupported, "nothing is processed")
        }

        func hash(
            _ file: FilePath, detail: HashDetail
        ) async throws -> (sha256: SHA256Digest, perceptualHash: PerceptualHash) {
            let text = try String(contentsOfFile: file.string, encoding: .utf8)
            guard let hash = PerceptualHash(String(text.prefix(16))) else {
                throw EngineError(.unsupported, "no picture")
            }
            calls.withLock { $0 += 1 }
            return (try SHA256Hasher.digest(path: file).sha256, hash)
        }

        func pixels(_ file: FilePath, region: PictureRegion, fitting: PixelSize) async throws -> PixelBuffer {
            throw EngineError(.unsupported, "nothing is decoded")
        }

        func pixelDigest(_ file: FilePath) async throws -> (sha256: SHA256Digest, pixels: PixelDigest) {
            throw EngineError(.unsupported, "nothing is decoded")
        }
    }

    private func clusters(
        _ files: [String: String], distance: Int, processor: TextHashes = TextHashes()
    ) async throws -> ([[String]], unreadable: [String]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("phototui-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let report = try await FolderDuplicates(processor: processor, workers: 2).run(
            [FilePath(folder.path)], distance: distance
        ) { _ in }
        #expect(report.files == files.count)
        func names(_ paths: [FilePath]) -> [String] { paths.compactMap { $0.lastComponent?.string } }
        return (report.clusters.map { names($0.map(\.path)) }, names(report.unreadable.map(\.path)))
    }

    private static let picture: UInt64 = 0x5a5a_a5a5_33cc_cc33

    private func text(_ bits: UInt64, _ rest: String = "") -> String { PerceptualHash(bits: bits).description + rest }

    @Test("Near hashes are together, others apart, and what is no picture is told")
    func near() async throws {
        let files = [
            "a.jpg": text(Self.picture), "below/b.jpg": text(Self.picture ^ 0b1111, "b"),
            "c.jpg": text(~Self.picture), "d.jpg": text(Self.picture ^ 0b1_1111 << 40, "d"), "notes.txt": "notes",
        ]
        let (four, unreadable) = try await clusters(files, distance: 4)
        #expect(four == [["a.jpg", "b.jpg"]] && unreadable == ["notes.txt"])
        #expect(try await clusters(files, distance: 5).0 == [["a.jpg", "b.jpg", "d.jpg"]])
        #expect(try await clusters(files, distance: 0).0 == [])
    }

    @Test("Equal files are decoded once, but for those that are read at the same time")
    func equalBytes() async throws {
        let processor = TextHashes()
        var files = ["other.jpg": text(Self.picture ^ 1, "x")]
        for index in 0..<40 { files["\(index).jpg"] = text(Self.picture, "a") }
        let found = try await clusters(files, distance: 0, processor: processor)
        #expect(found.0.map(\.count) == [40])
        #expect(processor.calls.withLock { $0 } <= 5)
    }

    @Test("Blank pictures are together only where their bytes are equal")
    func blank() async throws {
        let found = try await clusters(
            ["a.png": text(0, "a"), "b.png": text(0, "b"), "c.png": text(1 << 63, "c"), "d.png": text(0, "b")],
            distance: 8)
        #expect(found.0 == [["b.png", "d.png"]])
    }

    @Test("Thousands of files with one hash are one cluster, in no time that grows with their square")
    func many() async throws {
        var files: [String: String] = [:]
        for number in 0..<3000 { files[String(format: "%04d.jpg", number)] = text(Self.picture, "\(number)") }
        let found = try await clusters(files, distance: 4).0
        #expect(found.count == 1 && found.first?.count == 3000)
    }
}
