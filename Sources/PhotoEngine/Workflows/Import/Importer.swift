public import Core
internal import Foundation
public import Jobs
public import SystemPackage

/// Finds, hashes, catalogues and processes the photos of folders.
public final class Importer: Sendable {
    public typealias ImportCatalog = FileCatalog & FilmCatalog & JobCatalog & PhotoCatalog & SidecarCatalog
        & PlaceCatalog & CollectionCatalog & EditCatalog & StoryCatalog & ResolutionCatalog & QuotaCatalog

    /// Where a copy of an original is kept in a library's folder: `originals/2024/2024-07-12/<SHA-256>.<extension>`.
    public static func key(of sha256: SHA256Digest, mediaType: MediaType, day: String) -> ObjectKey {
        ObjectKey("originals/\(day.prefix(4))/\(day)/\(sha256).\(mediaType.fileExtension)")
    }

    /// Where the copy of a film is kept there: `originals/films/<first two digits>/<SHA-256>.<extension>`.
    public static func filmKey(of sha256: SHA256Digest, fileExtension: String) -> ObjectKey {
        let digits = sha256.description
        return ObjectKey("originals/films/\(digits.prefix(2))/\(digits).\(fileExtension)")
    }

    let catalog: any ImportCatalog
    let objects: any LocalObjectStore
    let processor: any ImageProcessor
    let runner: JobRunner
    /// Announces jobs to workers elsewhere; nil where this process runs them.
    let relay: OutboxRelay?
    let options: ProcessingOptions
    /// The folder that is never scanned.
    let libraryFolder: FilePath?
    /// Files read at a time.
    let readers: Int
    /// What brings originals into a store behind a network; nil where they stay in place, or are copied to the disk.
    let uploader: Uploader?
    /// What reads sidecars; nil leaves them alone.
    let sidecars: (any SidecarCoder)?
    /// Where photos' positions are; nil leaves them alone.
    let places: PlaceTable?
    /// What reads archives; nil where there are none.
    let archives: (any ArchiveReader)?
    /// How much one import takes.
    let limits: ImportLimits
    /// What has new files scanned; nil where nothing does.
    let scanning: MalwareScanning?

    public init(
        catalog: any ImportCatalog, objects: any LocalObjectStore, processor: any ImageProcessor, runner: JobRunner,
        relay: OutboxRelay? = nil, options: ProcessingOptions = ProcessingOptions(), libraryFolder: FilePath?,
        readers: Int = 2, uploader: Uploader? = nil, sidecars: (any SidecarCoder)? = nil,
        places: PlaceTable? = nil, archives: (any ArchiveReader)? = nil,
        limits: ImportLimits = ImportLimits(), scanning: MalwareScanning? = nil
    ) {
        (self.archives, self.limits, self.scanning) = (archives, limits, scanning)
        self.catalog = catalog
        self.objects = objects
        self.processor = processor
        self.runner = runner
        self.relay = relay
        self.options = options
        self.libraryFolder = libraryFolder
        self.readers = max(1, readers)
        self.uploader = uploader
        self.sidecars = sidecars
        self.places = places
    }

    /// Imports until every photo it added, and every other that waits, is processed; with a relay, until workers elsewhere
    /// have been told of them, and waits for those only where the request asks for it. A broker that is away is no failure:
    /// the report says so, and the next relay, of a worker or an import, announces what waits. Throws only when the library itself
    /// fails: a file that can't be read is an outcome. Cancelling the task stops within a second and returns the report
    /// with `isInterrupted`. `progress` is called at most ten times a second, and once at the end.
    public func run(
        _ request: ImportRequest, progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        let waiting = request.isDryRun ? [] : try await uploader?.waiting.paths() ?? []
        let roots = ScanRoots(request.paths + waiting)
        let tally = ImportTally(listsItems: request.listsItems, skipped: roots.skipped, resumed: waiting)
        let room = ImportRoom(limits, foreseeing: request.isDryRun ? try await catalog.usage() : nil)
        let gate = scanning.map { MalwareGate($0, photos: catalog, tally: tally) }
        let named = request.readsNamedFiles ? roots.named : []
        var filling: (albums: FilledAlbums, report: TakeoutReport)?
        var brought: (albums: FilledAlbums, report: LibraryReport)?
        do {
            let takeout = request.takeout.map {
                TakeoutFilling(catalog: catalog, places: places, plan: $0, actor: request.actor)
            }
            let library = request.library.map {
                LibraryFilling(catalog: catalog, source: $0, actor: request.actor, isDry: request.isDryRun)
            }
            if request.isDryRun, let library {
                try await foresee(request.library, tally, room)
                brought = try await library.run()
            } else if request.isDryRun, let takeout {
                filling = try await takeout.preview(tally, room)
            } else if request.isDryRun {
                try await DryRun(importer: self, tally: tally, room: room, gate: gate, named: named).run(
                    roots.paths, progress: progress)
            } else {
                try await ImportRun(
                    importer: self, request: request, tally: tally, room: room, gate: gate, named: named
                ).run(roots.paths, progress: progress)
                filling = try await takeout?.run()
                brought = try await library?.run()
                // Positions that notes and sidecars told of by now.
                if takeout != nil || library != nil { await fillPlaces() }
            }
        } catch is CancellationError where Task.isCancelled {
            // The report says so.
        }
        if !Task.isCancelled, !waiting.isEmpty {
            let stillWaiting = tally.waiting
            try await uploader?.waiting.change(adding: [], removing: waiting.filter { !stillWaiting.contains($0) })
        }
        var report = tally.report(isInterrupted: Task.isCancelled)
        if let filling { (report.albums, report.takeout) = (filling.albums, filling.report) }
        if let brought { (report.albums, report.library) = (brought.albums, brought.report) }
        if request.albums == .folders, !report.isInterrupted {
            report.albums = try await FolderAlbums(catalog: catalog).fill(from: roots.paths, report, request)
        }
        if !report.isInterrupted { report.usage = try await catalog.usage() }
        guard report.isInterrupted || report.isBalanced else {
            throw EngineError(.internal, "the import lost count of its files")
        }
        progress(tally.progress(isFinal: true))
        return report
    }

    /// Looks up positions that sidecars told, or that were processed without a table. Whatever fails there, the next import does.
    func fillPlaces() async {
        guard let places, places.file != nil else { return }
        _ = try? await PlaceFilling(catalog: catalog, table: places).run()
    }

    /// Counts what an import from another library would bring, without reading an original.
    private func foresee(_ source: LibrarySource?, _ tally: ImportTally, _ room: ImportRoom) async throws {
        try await source?.each { page in
            tally.found(page.count, skipped: [])
            for photo in page {
                let isKnown = try await catalog.photo(sha256: photo.sha256) != nil
                let path = try await source?.place(of: photo).path ?? "/"
                let refusal = room.limits.refusal(of: photo.byteCount)
                if isKnown {
                    tally.add(path, .known)
                } else if photo.isMissing || refusal != nil {
                    tally.add(path, .rejected, reason: refusal ?? "its original is not there")
                } else if let reason = room.foresee(photo.byteCount) {
                    tally.add(path, .left, reason: reason)
                } else {
                    tally.add(path, .imported)
                }
            }
        }
    }
}
