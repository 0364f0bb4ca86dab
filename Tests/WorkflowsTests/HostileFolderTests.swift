import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage
import Testing
import Workflows

/// Folders as strangers make them.
@Suite("Importing hostile folders", .serialized)
struct HostileFolderTests {
    private func run(
        _ paths: [FilePath], library: FilePath, isDryRun: Bool = false
    ) async throws -> (ImportReport, Library) {
        let opened = try await Library.open(
            library, configuration: Configuration.load(environment: [:]), isPreview: isDryRun)
        let request = ImportRequest(paths: paths, copies: false, isDryRun: isDryRun, listsItems: true)
        return (try await opened.importer().run(request) { _ in }, opened)
    }

    private func withFolder(_ body: (FilePath, FilePath) async throws -> Void) async throws {
        let root = FilePath(FileManager.default.temporaryDirectory.path).appending(UUID().uuidString)
        let photos = root.appending("photos")
        try FileManager.default.createDirectory(atPath: photos.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        try await body(photos, root.appending("library"))
    }

    private func write(_ shade: UInt8, to path: FilePath) throws {
        let gif: [UInt8] = [
            0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, shade, shade, shade, 0, 0, 0, 0x2C, 0, 0, 0, 0,
            1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ]
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        defer { try? file.close() }
        _ = try file.writeAll(gif)
    }

    @Test("Names of any bytes are imported, and told apart", .timeLimit(.minutes(15)))
    func anyBytes() async throws {
        try await withFolder { photos, library in
            let names: [[UInt8]] = [
                [0xFF, 0xFE, 0x2E, 0x67], [0xFF, 0xFD, 0x2E, 0x67], Array("a\nb.gif".utf8),
                Array("\u{1B}]52;c;x\u{07}.gif".utf8),
                Array("-rf.gif".utf8), Array(" ".utf8), Array(repeating: 0x61, count: 255),
            ]
            for (index, name) in names.enumerated() {
                let path = (Array(photos.string.utf8) + [0x2F] + name + [0]).withUnsafeBufferPointer { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { FilePath(platformString: $0.baseAddress!) }
                }
                try write(UInt8(index), to: path)
            }
            let (report, opened) = try await run([photos], library: library)
            #expect(report.imported == names.count)
            #expect(Set(report.items.map(\.path)).count == names.count)
            await opened.close()
            let (second, again) = try await run([photos], library: library)
            #expect(second.known == names.count)
            #expect(second.bytesRead == 0)
            await again.close()
        }
    }

    @Test("Loops of links, pipes, sockets and hidden names end nothing and are not counted", .timeLimit(.minutes(5)))
    func specialFiles() async throws {
        try await withFolder { photos, library in
            let below = photos.appending("below")
            try FileManager.default.createDirectory(atPath: below.string, withIntermediateDirectories: true)
            try write(1, to: photos.appending("one.gif"))
            try write(2, to: below.appending("two.gif"))
            try write(3, to: photos.appending(".hidden.gif"))
            #expect(symlink("..", below.appending("up").string) == 0)
            #expect(symlink("self", photos.appending("self").string) == 0)
            #expect(symlink("one.gif", photos.appending("link.gif").string) == 0)
            #expect(symlink("/dev/zero", photos.appending("zero.jpg").string) == 0)
            #expect(mkfifo(photos.appending("pipe.jpg").string, 0o600) == 0)
            let (report, opened) = try await run([photos], library: library)
            #expect(report.found == 2)
            #expect(report.imported == 2)
            #expect(report.skipped.count { $0.kind == .link } == 4)
            #expect(report.skipped.count { $0.kind == .special } == 1)
            #expect(report.skipped.count { $0.kind == .hidden } == 1)
            await opened.close()
        }
    }

    @Test("A folder named twice, and one below another, is walked once", .timeLimit(.minutes(5)))
    func overlapping() async throws {
        try await withFolder { photos, library in
            let below = photos.appending("below")
            try FileManager.default.createDirectory(atPath: below.string, withIntermediateDirectories: true)
            try write(1, to: photos.appending("one.gif"))
            try write(2, to: below.appending("two.gif"))
            let absent = photos.appending("absent")
            let (report, opened) = try await run(
                [below, photos, photos.appending("below/.."), below.appending("two.gif"), absent], library: library)
            #expect(report.found == 2)
            #expect(report.imported == 2)
            #expect(report.skipped.map(\.path) == [absent])
            await opened.close()
        }
    }

    @Test("The library's own folder is left out, though it lies among the photos", .timeLimit(.minutes(5)))
    func ownFolder() async throws {
        try await withFolder { photos, _ in
            try write(1, to: photos.appending("one.gif"))
            let library = photos.appending("library")
            let (first, opened) = try await run([photos], library: library)
            #expect(first.imported == 1)
            await opened.close()
            let (second, again) = try await run([photos], library: library)
            #expect(second.found == 1)
            #expect(second.skipped.map(\.kind) == [.library])
            await again.close()
        }
    }

    @Test("A dry run counts as the import will, and leaves no trace", .timeLimit(.minutes(5)))
    func dryRun() async throws {
        try await withFolder { photos, library in
            try write(1, to: photos.appending("one.gif"))
            try write(1, to: photos.appending("same.gif"))
            try Data("text".utf8).write(to: URL(fileURLWithPath: photos.appending("note.txt").string))
            try Data("GIF89a cut".utf8).write(to: URL(fileURLWithPath: photos.appending("cut.gif").string))
            let (preview, empty) = try await run([photos], library: library, isDryRun: true)
            await empty.close()
            #expect(!FileManager.default.fileExists(atPath: library.string))
            let (report, opened) = try await run([photos], library: library)
            await opened.close()
            #expect(preview.found == report.found)
            #expect(preview.imported == report.imported)
            #expect(preview.known == report.known)
            #expect(preview.unsupported == report.unsupported)
            #expect(preview.rejected == report.rejected)
            #expect(preview.items.map(\.path) == report.items.map(\.path))
        }
    }

    @Test(
        "A cancelled import says that it was interrupted, and the next goes on", .timeLimit(.minutes(5)),
        arguments: [0, 3, 30, 300])
    func cancelled(milliseconds: Int) async throws {
        try await withFolder { photos, library in
            for number in 0..<60 as Range<UInt8> { try write(number, to: photos.appending("\(number).gif")) }
            let opened = try await Library.open(library, configuration: Configuration.load(environment: [:]))
            let importer = opened.importer()
            let request = ImportRequest(paths: [photos], copies: false, isDryRun: false, listsItems: true)
            let running = Task { try await importer.run(request) { _ in } }
            try await Task.sleep(for: .milliseconds(milliseconds))
            running.cancel()
            let report = try await running.value
            // A fast machine may be done in the longest of these times.
            #expect(report.isInterrupted || (milliseconds == 300 && report.imported == 60))
            await opened.close()
            let (rest, again) = try await run([photos], library: library)
            #expect(rest.isBalanced)
            #expect(rest.found == 60)
            #expect(try await again.catalog.jobCounts() == [.succeeded: 60])
            #expect(try await again.catalog.check().isEmpty)
            await again.close()
        }
    }
}
