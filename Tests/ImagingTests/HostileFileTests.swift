import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("Hostile files", .enabled(if: Fixtures.isAvailable))
struct HostileFileTests {
    @Test(
        "A truncated photo is shown as far as it goes, and says so",
        arguments: ["truncated-photo.jpg", "truncated-colour.png"])
    func truncated(name: String) async throws {
        let photo = try await makePool().process(try Fixtures.shared()[name], options: ProcessingOptions())
        #expect(photo.problem != nil)
        #expect(photo.renditions.count == 3)
    }

    @Test(
        "What cannot be a picture is refused for its own reason",
        arguments: [
            ("bomb.png", EngineError.Code.limitExceeded), ("garbage.jpg", .corrupt), ("head-only.jpg", .corrupt),
            ("empty.jpg", .corrupt), ("words.jpg", .unsupported), ("no-such-file.jpg", .notFound),
        ])
    func refused(name: String, code: EngineError.Code) async throws {
        let file = try Fixtures.shared()[name]
        let pool = makePool()
        for _ in 0..<2 {
            let error = try await #require(throws: EngineError.self) {
                _ = try await pool.process(file, options: ProcessingOptions())
            }
            #expect(error.code == code)
            #expect(error.isRetryable == false)
            #expect(error.whatHappened.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        }
        _ = try await pool.hash(try Fixtures.shared()["grey.jpg"], full: false)
    }

    @Test("What is said of a damaged picture is short, and the same whatever was decoded before it")
    func words() async throws {
        let fixtures = try Fixtures.shared()
        let fresh = try await makePool().process(fixtures["truncated-photo.jpg"], options: ProcessingOptions())
        let pool = makePool()
        for name in ["garbage.jpg", "head-only.jpg", "bomb.png", "garbage.jpg"] {
            _ = try? await pool.process(fixtures[name], options: ProcessingOptions())
        }
        let later = try await pool.process(fixtures["truncated-photo.jpg"], options: ProcessingOptions())
        let problem = try #require(fresh.problem)
        #expect(later.problem == problem)
        #expect(!problem.isEmpty && problem.utf8.count < 300)
    }

    @Test("A picture with more pixels or bytes than the limit is refused before it is decoded")
    func limits() async throws {
        let file = try Fixtures.shared()["photo.jpg"]
        for limits in [DecoderLimits(pixels: 1600 * 1000 - 1), DecoderLimits(fileBytes: 1000)] {
            let error = try await #require(throws: EngineError.self) {
                _ = try await makePool(limits: limits).process(file, options: ProcessingOptions())
            }
            #expect(error.code == .limitExceeded)
        }
        _ = try await makePool(limits: DecoderLimits(pixels: 1600 * 1000)).process(file, options: ProcessingOptions())
    }

    @Test("A pipe is refused at once, without waiting for its writer", .timeLimit(.minutes(1)))
    func pipe() async throws {
        let path = NSTemporaryDirectory() + "/phototui-pipe-\(UUID().uuidString)"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        await #expect(throws: EngineError.self) {
            _ = try await makePool().process(FilePath(path), options: ProcessingOptions())
        }
    }

    @Test("A file replaced between two requests is read anew")
    func replaced() async throws {
        let fixtures = try Fixtures.shared()
        let path = NSTemporaryDirectory() + "/phototui-replaced-\(UUID().uuidString).jpg"
        defer { unlink(path) }
        let pool = makePool()
        try FileManager.default.copyItem(atPath: fixtures["grey.jpg"].string, toPath: path)
        let first = try await pool.hash(FilePath(path), full: false)
        unlink(path)
        try FileManager.default.copyItem(atPath: fixtures["photo.jpg"].string, toPath: path)
        let second = try await pool.hash(FilePath(path), full: false)
        #expect(first.sha256 != second.sha256)
    }
}
