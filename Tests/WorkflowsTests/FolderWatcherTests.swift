import Core
import Foundation
import PhotoEngine
import SystemPackage
import Testing
import Workflows

/// The watcher on real folders, with the kernel's own notices.
@Suite("FolderWatcher", .serialized)
struct FolderWatcherTests {
    private final class Scene: Sendable {
        let root: FilePath
        let library: Library
        let watching: Task<Void, Never>
        let events: EventLog

        var photos: FilePath { root.appending("photos") }

        init(_ root: FilePath, _ library: Library, _ watching: Task<Void, Never>, _ events: EventLog) {
            self.root = root
            self.library = library
            self.watching = watching
            self.events = events
        }

        func write(_ name: String, shade: UInt8) throws {
            try FolderWatcherTests.gif(shade).write(to: URL(fileURLWithPath: photos.appending(name).string))
        }

        func photo(_ shade: UInt8) async throws -> Photo? {
            try await library.catalog.photos(after: nil, limit: 1000).first { photo in
                photo.filename.hasPrefix("shade\(shade)")
            }
        }

        /// Waits until the catalogue is as it should be.
        func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
            for _ in 0..<150 {
                if try await condition() { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("never happened: \(what)")
        }
    }

    private actor EventLog {
        private(set) var events: [WatchEvent] = []

        func add(_ event: WatchEvent) { events.append(event) }

        var hasReturned: Bool {
            events.contains { event in
                if case .returned = event { true } else { false }
            }
        }

        var hasUnmounted: Bool {
            events.contains { event in
                if case .unmounted = event { true } else { false }
            }
        }
    }

    /// A one-pixel GIF whose colour makes its bytes differ.
    fileprivate static func gif(_ shade: UInt8) -> Data {
        Data([
            0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, shade, shade, shade, 0, 0, 0, 0x2C, 0, 0, 0, 0,
            1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ])
    }

    /// A library of `count` imported photos in `photos`, watched.
    private func withScene(count: UInt8, isLinked: Bool = false, _ body: (Scene) async throws -> Void) async throws {
        let root = FilePath(FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path)
            .appending(UUID().uuidString)
        let photos = root.appending("photos")
        let folder = isLinked ? root.appending("disk") : photos
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        if isLinked {
            try FileManager.default.createSymbolicLink(atPath: photos.string, withDestinationPath: folder.string)
        }
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        for shade in 0..<count {
            try Self.gif(shade).write(to: URL(fileURLWithPath: photos.appending("shade\(shade).gif").string))
        }
        let library = try await Library.open(
            root.appending("library"), configuration: Configuration.load(environment: [:]))
        _ = try await library.importer().run(ImportRequest(paths: [photos])) { _ in }
        let log = EventLog()
        let watcher = library.watcher()
        let watching = Task {
            for await event in watcher.events() { await log.add(event) }
        }
        try await body(Scene(root, library, watching, log))
        watching.cancel()
        await watching.value
        #expect(try await library.catalog.check().isEmpty)
        await library.close()
    }

    @Test("What a limit keeps out is told, and nothing is marked missing meanwhile, as it may have moved")
    func limited() async throws {
        let root = FilePath(FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path)
            .appending(UUID().uuidString)
        let photos = root.appending("photos")
        try FileManager.default.createDirectory(atPath: photos.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root.string) }
        func write(_ shades: Range<UInt8>) throws {
            for shade in shades {
                try Self.gif(shade).write(to: URL(fileURLWithPath: photos.appending("shade\(shade).gif").string))
            }
        }
        /// The first of the watcher's looks that changed something, and which photos are missing then.
        func look(batch: Int) async throws -> (left: Int, reason: String?, missing: [String]) {
            let library = try await Library.open(
                root.appending("library"),
                configuration: Configuration.load(environment: ["PHOTOTUI_BATCH_FILES": "\(batch)"]))
            var changes: FolderChanges?
            for await event in library.watcher().events() {
                if case .changed(let found) = event {
                    changes = found
                    break
                }
            }
            let missing = try await library.catalog.photos(after: nil, limit: 100).filter(\.isMissing).map(\.filename)
            await library.close()
            return (changes?.left ?? -1, changes?.leftReason, missing)
        }
        try write(0..<3)
        let library = try await Library.open(
            root.appending("library"), configuration: Configuration.load(environment: [:]))
        _ = try await library.importer().run(ImportRequest(paths: [photos])) { _ in }
        await library.close()
        try FileManager.default.removeItem(atPath: photos.appending("shade1.gif").string)
        try write(10..<20)
        let first = try await look(batch: 4)
        #expect(first.left == 6)
        #expect(first.reason?.contains("batch_files") == true)
        #expect(first.missing == [])
        let second = try await look(batch: 6)
        #expect(second.left == 0)
        #expect(second.missing == ["shade1.gif"])
    }

    @Test("A file that is added, and one in a new folder, are found")
    func added() async throws {
        try await withScene(count: 1) { scene in
            try scene.write("shade50.gif", shade: 50)
            try await scene.eventually("the new file") { try await scene.photo(50) != nil }
            let inner = scene.photos.appending("inner/deeper")
            try FileManager.default.createDirectory(atPath: inner.string, withIntermediateDirectories: true)
            try scene.write("inner/deeper/shade60.gif", shade: 60)
            try await scene.eventually("the file in the new folder") { try await scene.photo(60) != nil }
            try scene.write("inner/deeper/shade61.gif", shade: 61)
            try await scene.eventually("one more there") { try await scene.photo(61) != nil }
        }
    }

    @Test("A file that moves stays the same photo, favourite and all")
    func moved() async throws {
        try await withScene(count: 20) { scene in
            let photo = try #require(try await scene.photo(3))
            let marked = try await scene.library.catalog.edit(
                EditRequest(.favourite(true), photos: [photo.id], actor: "ana"))
            #expect(marked?.photoCount == 1)
            try FileManager.default.createDirectory(
                atPath: scene.photos.appending("album").string, withIntermediateDirectories: true)
            try FileManager.default.moveItem(
                atPath: scene.photos.appending("shade3.gif").string,
                toPath: scene.photos.appending("album/renamed.gif").string)
            try await scene.eventually("the new path") {
                try await scene.library.catalog.files(of: photo.id).contains {
                    $0.path.lastComponent?.string == "renamed.gif" && !$0.isMissing
                }
            }
            let after = try #require(try await scene.library.catalog.photo(photo.id))
            #expect(after.isFavourite && !after.isMissing)
            #expect(try await scene.library.catalog.statistics().photos == 20)
        }
    }

    @Test("A file that goes is marked missing, dropped by nobody, and found again when it is back")
    func gone() async throws {
        try await withScene(count: 20) { scene in
            let photo = try #require(try await scene.photo(7))
            let path = scene.photos.appending("shade7.gif").string
            try FileManager.default.moveItem(atPath: path, toPath: scene.root.appending("aside.gif").string)
            try await scene.eventually("missing") { try await scene.photo(7)?.isMissing == true }
            try FileManager.default.moveItem(atPath: scene.root.appending("aside.gif").string, toPath: path)
            try await scene.eventually("back") { try await scene.photo(7)?.isMissing == false }
            #expect(try await scene.photo(7)?.id == photo.id)
        }
    }

    @Test("A file with new bytes is a new photo; the old one is missing")
    func changed() async throws {
        try await withScene(count: 3) { scene in
            try scene.write("shade1.gif", shade: 200)
            try await scene.eventually("both photos") {
                let counts = try await scene.library.catalog.statistics()
                return counts.photos == 4 && counts.missing == 1
            }
        }
    }

    @Test("When much of a folder vanishes at once nothing is marked, and it says so until it is back")
    func unmounted() async throws {
        try await withScene(count: 30) { scene in
            let aside = scene.root.appending("aside").string
            try FileManager.default.moveItem(atPath: scene.photos.string, toPath: aside)
            try await scene.eventually("the warning") { await scene.events.hasUnmounted }
            #expect(try await scene.library.catalog.statistics().missing == 0)
            try FileManager.default.moveItem(atPath: aside, toPath: scene.photos.string)
            try await scene.eventually("the return") { await scene.events.hasReturned }
            try scene.write("shade77.gif", shade: 77)
            try await scene.eventually("a file added after the return") { try await scene.photo(77) != nil }
        }
    }

    @Test("A renamed folder with most of the photos is a move, not an unmounted disk")
    func renamedFolder() async throws {
        try await withScene(count: 30) { scene in
            let album = scene.photos.appending("album").string
            try FileManager.default.createDirectory(atPath: album, withIntermediateDirectories: true)
            for shade in 0..<20 {
                try FileManager.default.moveItem(
                    atPath: scene.photos.appending("shade\(shade).gif").string, toPath: "\(album)/shade\(shade).gif")
            }
            let photo = try #require(try await scene.photo(7))
            func isAt(_ folder: String) async throws -> Bool {
                let files = try await scene.library.catalog.files(of: photo.id)
                return files.contains { $0.path.string.contains("/\(folder)/") && !$0.isMissing }
            }
            try await scene.eventually("the album") { try await isAt("album") }
            try FileManager.default.moveItem(atPath: album, toPath: scene.photos.appending("renamed").string)
            try await scene.eventually("the renamed folder") {
                let isInAlbum = try await isAt("album")
                return try await isAt("renamed") && !isInAlbum
            }
            let counts = try await scene.library.catalog.statistics()
            #expect(counts.photos == 30 && counts.missing == 0)
            #expect(await !scene.events.hasUnmounted)
        }
    }

    @Test("While a part of a folder is gone, what is added to the rest is found")
    func addedWhileUnmounted() async throws {
        try await withScene(count: 30) { scene in
            let aside = scene.root.appending("aside")
            try FileManager.default.createDirectory(atPath: aside.string, withIntermediateDirectories: true)
            for shade in 0..<10 {
                try FileManager.default.moveItem(
                    atPath: scene.photos.appending("shade\(shade).gif").string,
                    toPath: aside.appending("shade\(shade).gif").string)
            }
            try await scene.eventually("the warning") { await scene.events.hasUnmounted }
            try scene.write("shade77.gif", shade: 77)
            try await scene.eventually("the added file") { try await scene.photo(77) != nil }
            #expect(try await scene.library.catalog.statistics().missing == 0)
        }
    }

    @Test("Who says that much of a folder was deleted has it marked missing, and the warning ends")
    func acceptedLoss() async throws {
        try await withScene(count: 30) { scene in
            for shade in 0..<10 {
                try FileManager.default.removeItem(atPath: scene.photos.appending("shade\(shade).gif").string)
            }
            try await scene.eventually("the warning") { await scene.events.hasUnmounted }
            let changes = try await scene.library.watcher().acceptLoss(below: scene.photos)
            #expect(changes.missing == 10 && changes.moved == 0)
            let counts = try await scene.library.catalog.statistics()
            #expect(counts.photos == 30 && counts.missing == 10)
            try await scene.eventually("the end of the warning") { await scene.events.hasReturned }
        }
    }

    @Test("A folder that is a symbolic link is followed")
    func linkedFolder() async throws {
        try await withScene(count: 2, isLinked: true) { scene in
            try scene.write("shade50.gif", shade: 50)
            try await scene.eventually("the new file") { try await scene.photo(50) != nil }
        }
    }

    @Test("A hard link, which is created with its content, is found")
    func hardLink() async throws {
        try await withScene(count: 1) { scene in
            let outside = scene.root.appending("outside.gif").string
            try Self.gif(90).write(to: URL(fileURLWithPath: outside))
            try FileManager.default.linkItem(atPath: outside, toPath: scene.photos.appending("shade90.gif").string)
            try await scene.eventually("the link") { try await scene.photo(90) != nil }
        }
    }
}
