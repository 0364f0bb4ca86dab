import Core
import Foundation
import PhotoEngine
import SystemPackage
import Testing
import Workflows

/// The embedded library as a whole: real files, SQLite, real decoders.
@Suite("Library", .serialized)
struct LibraryTests {
    private struct Folders {
        let root: FilePath
        var photos: FilePath { root.appending("photos") }
        var library: FilePath { root.appending("library") }
    }

    private func withFolders(_ body: (Folders) async throws -> Void) async throws {
        let root = FilePath(FileManager.default.temporaryDirectory.path).appending(UUID().uuidString)
        let folders = Folders(root: root)
        try FileManager.default.createDirectory(atPath: folders.photos.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        try await body(folders)
    }

    private func importAll(_ folders: Folders, copies: Bool = false) async throws -> (ImportReport, Library) {
        let library = try await Library.open(
            folders.library, configuration: Configuration.load(environment: [:]))
        let request = ImportRequest(paths: [folders.photos], copies: copies, isDryRun: false, listsItems: true)
        return (try await library.importer().run(request) { _ in }, library)
    }

    /// A one-pixel GIF whose colour makes its bytes differ.
    private func gif(_ shade: UInt8) -> Data {
        Data([
            0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, shade, shade, shade, 0, 0, 0, 0x2C, 0, 0, 0, 0,
            1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ])
    }

    @Test("Every file is accounted for, and a second import reads no file")
    func accounted() async throws {
        try await withFolders { folders in
            try gif(10).write(to: URL(fileURLWithPath: folders.photos.appending("one.gif").string))
            try gif(10).write(to: URL(fileURLWithPath: folders.photos.appending("same.gif").string))
            try gif(200).write(to: URL(fileURLWithPath: folders.photos.appending("two.gif").string))
            try Data("no picture".utf8).write(to: URL(fileURLWithPath: folders.photos.appending("note.txt").string))
            try gif(99).prefix(12).write(to: URL(fileURLWithPath: folders.photos.appending("cut.gif").string))
            let (first, library) = try await importAll(folders)
            #expect(first.found == 5)
            #expect(first.imported == 2)
            #expect(first.known == 1)
            #expect(first.unsupported == 1)
            #expect(first.rejected == 1)
            #expect(first.isBalanced)
            #expect(first.items.allSatisfy { $0.outcome == .imported || $0.outcome == .known || $0.reason != nil })
            let photos = try await library.catalog.photos(TimelineQuery(limit: 10))
            #expect(photos.count == 2)
            for photo in photos {
                #expect(photo.status == .ready)
                #expect(photo.pixelSize == PixelSize(width: 1, height: 1))
                let key = RenditionKind(size: 256, format: .webp).key(of: photo.sha256)
                #expect(try await library.objects.head(key) != nil)
            }
            #expect(try await library.catalog.check().isEmpty)
            await library.close()

            let (second, again) = try await importAll(folders)
            #expect(second.bytesRead == 0)
            #expect(second.known == 3)
            #expect(second.imported == 0)
            #expect(second.isBalanced)
            await again.close()
        }
    }

    @Test("Originals are left as they are: bytes, modes and times")
    func untouched() async throws {
        try await withFolders { folders in
            let path = folders.photos.appending("one.gif")
            try gif(10).write(to: URL(fileURLWithPath: path.string))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o440, .modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
                ofItemAtPath: path.string)
            let (_, library) = try await importAll(folders)
            await library.close()
            let after = try FileManager.default.attributesOfItem(atPath: path.string)
            #expect(after[.posixPermissions] as? Int == 0o440)
            #expect(after[.modificationDate] as? Date == Date(timeIntervalSince1970: 1_000_000_000))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path.string)) == gif(10))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folders.photos.string) == ["one.gif"])
        }
    }

    @Test("With copies the library keeps its own bytes when the file is gone")
    func copies() async throws {
        try await withFolders { folders in
            let path = folders.photos.appending("one.gif")
            try gif(10).write(to: URL(fileURLWithPath: path.string))
            let (_, library) = try await importAll(folders, copies: true)
            try FileManager.default.removeItem(atPath: path.string)
            let photos = try await library.catalog.photos(TimelineQuery(limit: 10))
            let photo = try #require(photos.first)
            guard case .object(let key) = photo.original else {
                Issue.record("the original is no object")
                return
            }
            #expect(try await library.objects.get(key) == Array(gif(10)))
            await library.close()
        }
    }

    @Test("Two imports of one folder at once leave each photo once")
    func twoAtOnce() async throws {
        try await withFolders { folders in
            for shade in 0..<20 as Range<UInt8> {
                try gif(shade).write(to: URL(fileURLWithPath: folders.photos.appending("\(shade).gif").string))
            }
            async let one = importAll(folders)
            async let two = importAll(folders)
            let (first, library) = try await one
            let (second, other) = try await two
            #expect(first.imported + second.imported == 20)
            #expect(first.isBalanced && second.isBalanced)
            #expect(try await library.catalog.statistics().photos == 20)
            #expect(try await library.catalog.check().isEmpty)
            await library.close()
            await other.close()
        }
    }
}
