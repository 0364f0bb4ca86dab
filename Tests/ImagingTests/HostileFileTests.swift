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
        _ = try await pool.hash(try Fixtures.shared()["grey.jpg"], detail: .reduced)
    }

    @Test("A damaged CR2 is refused, and never taken for the plain TIFF that its header is")
    func damagedCR2() async throws {
        // Little-endian TIFF, 8 x 8 grey pixels in one strip, from its directory at byte 16 on (TIFF 6.0).
        func bytes(cr2: Bool) -> [UInt8] {
            func entry(_ tag: UInt16, _ type: UInt8, _ value: UInt16) -> [UInt8] {
                [UInt8(tag & 0xFF), UInt8(tag >> 8), type, 0, 1, 0, 0, 0, UInt8(value & 0xFF), UInt8(value >> 8), 0, 0]
            }
            let entries = [
                entry(256, 3, 8), entry(257, 3, 8), entry(258, 3, 8), entry(259, 3, 1), entry(262, 3, 1),
                entry(273, 4, 130), entry(277, 3, 1), entry(278, 3, 8), entry(279, 4, 64),
            ]
            var bytes: [UInt8] = [0x49, 0x49, 0x2A, 0, 16, 0, 0, 0]
            bytes += cr2 ? [0x43, 0x52, 2, 0] : [0, 0, 0, 0]
            bytes += [0, 0, 0, 0, UInt8(entries.count), 0]
            bytes += entries.joined()
            bytes += [0, 0, 0, 0]
            bytes += (0..<64).map { (shade: UInt8) in shade * 4 }
            return bytes
        }
        let folder = FilePath(FileManager.default.temporaryDirectory.path).appending(UUID().uuidString)
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        for isCR2 in [false, true] {
            try Data(bytes(cr2: isCR2)).write(to: URL(fileURLWithPath: folder.appending("\(isCR2)").string))
        }
        let pool = makePool()
        let plain = try await pool.process(folder.appending("false"), options: ProcessingOptions())
        #expect(plain.pixelSize == PixelSize(width: 8, height: 8))
        let error = try await #require(throws: EngineError.self) {
            _ = try await pool.process(folder.appending("true"), options: ProcessingOptions())
        }
        #expect(error.code == .unsupported || error.code == .corrupt)
        #expect(!error.isRetryable)
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

    @Test("A pipe is refused at once, without waiting for its writer", .timeLimit(.minutes(5)))
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
        let first = try await pool.hash(FilePath(path), detail: .reduced)
        unlink(path)
        try FileManager.default.copyItem(atPath: fixtures["photo.jpg"].string, toPath: path)
        let second = try await pool.hash(FilePath(path), detail: .reduced)
        #expect(first.sha256 != second.sha256)
    }
}
