public import Core
internal import Digest
internal import Foundation
internal import Glibc
public import SystemPackage

/// Writes photos as pages of HTML with renditions into a folder, which then can be put anywhere.
public struct GalleryExport: Sendable {
    public struct Request: Sendable {
        public var folder: FilePath
        /// Untrusted, as the description.
        public var title: String
        public var description: String
        public var actor: String

        public init(folder: FilePath, title: String, description: String = "", actor: String) {
            (self.folder, self.title, self.description, self.actor) = (folder, title, description, actor)
        }
    }

    public typealias GalleryCatalog = SearchCatalog & JournalCatalog & SharingCatalog & FileCatalog

    private let catalog: any GalleryCatalog
    private let renditions: any RenditionFiles
    private let clock: any EngineClock
    private let blocking = BlockingQueue(label: "phototui.gallery")

    public init(
        catalog: any GalleryCatalog, renditions: any RenditionFiles,
        clock: any EngineClock = SystemClock()
    ) {
        (self.catalog, self.renditions, self.clock) = (catalog, renditions, clock)
    }

    /// Writes `index.html`, further pages where there are many photos, and a folder of pictures. What an earlier gallery had
    /// there and this one hasn't goes. The pages come last, so that they never show what is not there. Throws `.conflict` where
    /// another page is there.
    public func write(
        _ photos: [PhotoID], _ request: Request, progress: @escaping @Sendable (ExportProgress) -> Void
    ) async throws -> ExportReport {
        let pictures = request.folder.appending("pictures")
        try await ExportPlace(request.folder).requireOutside(catalog.folders().map(\.path))
        try await blocking.run {
            try PhotoExport.make(request.folder)
            try Self.requireOwn(request.folder.appending("index.html"))
            try PhotoExport.make(pictures)
        }
        var report = ExportReport()
        report.found = photos.count
        let began = ContinuousClock.now
        var shown: [GalleryPicture] = []
        var kept: Set<String> = []
        var exported: [ExportedPhoto] = []
        var state = ExportProgress()
        state.totalPhotos = photos.count
        for photo in try await catalog.photos(photos) {
            try Task.checkCancellation()
            var item = ExportItem(photo: photo, outcome: .failed, reason: "it has no picture")
            if let files = try await renditions.renditions(of: photo.sha256) {
                let names = ["small", "large"].map { "\(photo.sha256.description.prefix(32))-\($0).webp" }
                var isNew = false
                for (name, data) in zip(names, [files.small, files.large]) {
                    let path = pictures.appending(name)
                    let isWritten = try await blocking.run { try Self.store(data, at: path) }
                    if isWritten { report.bytesWritten += Int64(data.count) }
                    isNew = isNew || isWritten
                    kept.insert(name)
                }
                shown.append(GalleryPicture(photo, small: "pictures/\(names[0])", large: "pictures/\(names[1])"))
                item = ExportItem(
                    photo: photo, outcome: isNew ? .exported : .present, path: pictures.appending(names[1]))
                item.byteCount = ByteCount(Int64(files.large.count))
                exported.append(
                    ExportedPhoto(
                        photo: photo.id, path: pictures.appending(names[1]), sha256: SHA256Hasher.digest(files.large),
                        keepsPosition: false, actor: request.actor, exportedAt: clock.microseconds))
            }
            item.position = ExportItem.Position.none
            report.items.append(item)
            state.photos += 1
            (state.bytes, state.totalBytes) = (report.bytesWritten, report.bytesWritten)
            if item.outcome == .failed { state.failed += 1 }
            progress(state)
        }
        try await writePages(shown, request, keeping: kept)
        try await catalog.noteExports(exported)
        try await note(shown.count, request)
        let time = (ContinuousClock.now - began).components
        report.seconds = Double(time.seconds) + Double(time.attoseconds) / 1e18
        return report
    }

    private func writePages(_ pictures: [GalleryPicture], _ request: Request, keeping kept: Set<String>) async throws {
        let pages = GalleryPages(request.title, request.description, pictures) { index in
            index == 0 ? "index.html" : "page-\(index + 1).html"
        }
        try await blocking.run {
            for page in pages.all.reversed() {
                let path = request.folder.appending(page.pages[page.number])
                try Self.requireOwn(path)
                _ = try Self.store(Array(page.html.utf8), at: path)
            }
            try Self.remove(in: request.folder) { name in
                name.hasPrefix("page-") && name.hasSuffix(".html") && !pages.addresses.contains(name)
                    && (try? Self.requireOwn(request.folder.appending(name))) != nil
            }
            try Self.remove(in: request.folder.appending("pictures")) { name in
                let isOurs =
                    name.utf8.count == 43 && name.hasSuffix(".webp") && name.prefix(32).allSatisfy(\.isHexDigit)
                return isOurs && !kept.contains(name)
            }
        }
    }

    private func note(_ count: Int, _ request: Request) async throws {
        try await catalog.append(
            JournalEntry(
                id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds, actor: request.actor,
                action: "export gallery", subject: request.title,
                outcome: "\(counted(count, "photo")) to \(request.folder.byteText)"))
    }

    private static func remove(in folder: FilePath, where isOld: (String) -> Bool) throws {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [] where isOld(name) {
            _ = folder.appending(name).withPlatformString { unlink($0) }
        }
    }

    private static func requireOwn(_ page: FilePath) throws {
        guard OriginalFetch.exists(page) else { return }
        let head = (try? FileHandle(forReadingFrom: URL(fileURLWithPath: page.string)))?.readData(ofLength: 4096)
        guard let head, String(decoding: head, as: UTF8.self).contains(GalleryPage.mark) else {
            throw EngineError(
                .conflict, "\(String(decoding: page)) is another's", whatToDo: "choose a folder of its own")
        }
    }

    /// Whole or not at all; false where these bytes are there already.
    private static func store(_ data: [UInt8], at path: FilePath) throws -> Bool {
        if OriginalFetch.byteCount(path) == Int64(data.count),
            let known = FileManager.default.contents(atPath: path.string), known.elementsEqual(data)
        {
            return false
        }
        let part = path.removingLastComponent().appending(".phototui-\(UUID().uuidString)")
        defer { _ = part.withPlatformString { unlink($0) } }
        do {
            let file = try FileDescriptor.open(
                part, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(data) }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: path))")
        }
        try OriginalFetch.settle(part, path, replaces: true)
        return true
    }
}

/// The pages of a gallery.
struct GalleryPages {
    let all: [GalleryPage]
    let addresses: [String]

    init(_ title: String, _ description: String, _ pictures: [GalleryPicture], address: (Int) throws -> String) rethrows
    {
        let size = GalleryPage.picturesPerPage
        let count = max(1, (pictures.count + size - 1) / size)
        let addresses = try (0..<count).map(address)
        self.addresses = addresses
        all = (0..<count).map { number in
            GalleryPage(
                title: title, description: description,
                pictures: Array(pictures[number * size..<min((number + 1) * size, pictures.count)]),
                first: number * size, total: pictures.count, pages: addresses, number: number)
        }
    }
}
