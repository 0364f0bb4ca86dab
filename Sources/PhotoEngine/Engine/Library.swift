internal import Catalog
public import Core
internal import Duplicates
internal import Foundation
internal import Imaging
public import Jobs
internal import Objects
public import SystemPackage
public import Workflows

/// One open library: its catalogue, its objects and the decoders that serve it.
public final class Library: Sendable {
    public let location: LibraryLocation
    public let configuration: Configuration
    public let catalog: any Catalog
    public let objects: any LocalObjectStore
    public let processor: any ImageProcessor
    /// In which cities positions are.
    public let places: PlaceTable
    /// Reads and writes sidecars.
    let sidecars: any SidecarCoder & PositionEraser
    let archives: any ArchiveReader
    /// Where workers hear of this library's jobs; nil where each process runs its own.
    public let broker: RedisAddress?
    /// Announces jobs on the broker; nil without one.
    public let relay: OutboxRelay?
    /// What brings originals into the store; nil for an embedded library.
    public let uploader: Uploader?
    /// Where its objects are, as the profile has it; nil for an embedded library.
    let storage: String?
    /// Counts what is asked of it.
    let traffic: TrafficRecorder?
    private let runner: JobRunner
    private let owners: JobOwners
    private let reachStorage: @Sendable () async throws -> Void
    private let makeImporter: @Sendable () -> Importer
    private let makeWatcher: @Sendable () -> FolderWatcher
    private let stopDecoders: @Sendable () -> Void
    private let reachDecoder: @Sendable () async throws -> Void

    init(
        location: LibraryLocation, configuration: Configuration, catalog: any Catalog, objects: any LocalObjectStore,
        processor: any ImageProcessor & SidecarCoder & PositionEraser & ArchiveReader, owners: JobOwners,
        runner: JobRunner, broker: RedisAddress?, relay: OutboxRelay?, uploader: Uploader?,
        reachStorage: @escaping @Sendable () async throws -> Void,
        makeImporter: @escaping @Sendable () -> Importer,
        makeWatcher: @escaping @Sendable () -> FolderWatcher, stopDecoders: @escaping @Sendable () -> Void,
        reachDecoder: @escaping @Sendable () async throws -> Void, storage: String? = nil,
        traffic: TrafficRecorder? = nil, places: PlaceTable
    ) {
        (self.storage, self.traffic, self.places) = (storage, traffic, places)
        self.location = location
        self.configuration = configuration
        self.catalog = catalog
        self.objects = objects
        self.processor = processor
        (sidecars, archives) = (processor, processor)
        self.owners = owners
        self.reachStorage = reachStorage
        self.runner = runner
        self.broker = broker
        self.relay = relay
        self.uploader = uploader
        self.makeImporter = makeImporter
        self.makeWatcher = makeWatcher
        (self.stopDecoders, self.reachDecoder) = (stopDecoders, reachDecoder)
    }

    /// The database that a library's catalogue is in, and its version: `SQLite 3.40.1`.
    public static var databaseVersion: String { "SQLite \(SQLiteCatalog.version)" }

    /// Opens the library in `folder`, creating it when there is none. Several processes may have one library open.
    ///
    /// With `isPreview` nothing is created: where there is no library, an empty one in memory stands for it. Only dry runs
    /// and questions may then be asked of it.
    public static func open(
        _ folder: FilePath, configuration: Configuration, isPreview: Bool = false
    ) async throws -> Library {
        try LibraryFolder.requireText(folder)
        let location = LibraryLocation(folder: folder)
        let isAbsent = !FileManager.default.fileExists(atPath: location.catalog.string)
        let objects = try await BlockingQueue(label: "phototui.open").run {
            if !isPreview { try LibraryFolder.create(folder) }
            return try DiskObjectStore(location.objects, isReadOnly: isPreview)
        }
        let catalog =
            isPreview && isAbsent ? try await SQLiteCatalog.inMemory() : try await SQLiteCatalog.open(location.catalog)
        return assemble(
            location, configuration, catalog: catalog, objects: objects, broker: nil, uploader: nil,
            libraryFolder: folder)
    }

    /// The owner of the library in `folder`.
    public static func administration(of folder: FilePath) async throws -> any OwnerAdministration {
        try await SQLiteCatalog.administration(LibraryLocation(folder: folder).catalog)
    }

    static func assemble(
        _ location: LibraryLocation, _ configuration: Configuration, catalog: any Catalog,
        objects: any LocalObjectStore, broker: RedisAddress?, uploader: Uploader?, libraryFolder: FilePath,
        owner: String? = nil, storage: String? = nil, traffic: TrafficRecorder? = nil,
        reachStorage: @escaping @Sendable () async throws -> Void = {}
    ) -> Library {
        let options = configuration.processingOptions
        let processor = DecoderPool(count: configuration.workers)
        let places = PlaceTable(
            file: PlaceTable.locate(library: location.folder, environment: ProcessInfo.processInfo.environment))
        let handlers: @Sendable (any Catalog) -> [any JobHandler] = { catalog in
            [
                ProcessPhotoHandler(
                    catalog: catalog, objects: objects, processor: processor, options: options, places: places)
            ]
        }
        let open: @Sendable (String) async throws -> JobOwner? = { name in
            try await PostgresCatalog.openKnown(name, beside: catalog).map {
                JobOwner(name, catalog: $0, handlers: handlers($0))
            }
        }
        let owners = JobOwners(
            JobOwner(owner, catalog: catalog, handlers: handlers(catalog)), open: owner == nil ? nil : open)
        let runner = JobRunner(
            catalog: catalog, delivery: InlineDelivery(), handlers: owners.own.handlers,
            // While one photo decodes, another's renditions reach the disk and its job is recorded.
            capacity: 2 * configuration.workers,
            worker: WorkerName.current().description)
        let relay = broker.map { OutboxRelay(catalog: catalog, delivery: CeleryDelivery($0), owner: owner) }
        let makeImporter: @Sendable () -> Importer = {
            Importer(
                catalog: catalog, objects: objects, processor: processor, runner: runner, relay: relay,
                options: options, libraryFolder: libraryFolder, uploader: uploader, sidecars: processor,
                places: places, archives: processor, limits: configuration.importLimits,
                scanning: configuration.scanning)
        }
        return Library(
            location: location, configuration: configuration, catalog: catalog, objects: objects, processor: processor,
            owners: owners, runner: runner, broker: broker, relay: relay, uploader: uploader,
            reachStorage: reachStorage,
            makeImporter: makeImporter,
            makeWatcher: { FolderWatcher(catalog: catalog, importer: makeImporter(), libraryFolder: libraryFolder) },
            stopDecoders: { processor.close() }, reachDecoder: { _ = try await processor.examine() }, storage: storage,
            traffic: traffic, places: places)
    }

    /// Imports with this library's decoders. Its jobs run in `jobRunner`, which the importer keeps going while it works; with
    /// a broker, in workers.
    public func importer() -> Importer { makeImporter() }

    /// Throws where the decoder does not start, or is of another version: it would refuse each job.
    public func checkDecoder() async throws { try await reachDecoder() }

    /// The library's one runner in this process.
    public var jobRunner: JobRunner { runner }

    /// Throws where the storage of a networked library refuses this process, or is away.
    public func checkStorage() async throws { try await reachStorage() }

    /// A worker on a Celery broker: of this library's jobs and of those of its database's other owners, as messages name
    /// them. It publishes meanwhile what the catalogues of the owners that it has met hold unannounced.
    public func worker(
        on broker: RedisAddress, options: CeleryWorker.Options,
        report: @escaping @Sendable (CeleryWorker.Event) -> Void = { _ in }
    ) -> CeleryWorker {
        let name = WorkerName.current().description
        let visibility = Duration.seconds(options.visibilitySeconds)
        return CeleryWorker(
            broker,
            handlers: owners.own.handlers.map {
                OwnedJobTask($0, owners: owners, worker: name, leaseSeconds: options.leaseSeconds)
            },
            options: options,
            relay: OutboxRelay(owners: owners, delivery: CeleryDelivery(broker, visibility: visibility)),
            cancelJobs: { [owners] ids in
                let jobs = ids.compactMap { JobID($0) }
                for owner in owners.known { _ = try? await owner.catalog.cancel(jobs) }
            },
            report: report)
    }

    /// Reads what a Takeout holds, before an import of it.
    public func takeoutReading(takesTrash: Bool) -> TakeoutReading {
        TakeoutReading(archives: archives, takesTrash: takesTrash)
    }

    /// This library, for another to import from; `name` is what people call it.
    public func asSource(named name: String) -> LibrarySource {
        LibrarySource(catalog: catalog, objects: objects, root: location.folder, name: name)
    }

    /// Brings originals back out of the library.
    public func originals() -> OriginalFetch { OriginalFetch(catalog: catalog, objects: objects, uploader: uploader) }

    /// Writes originals out of the library, many at a time.
    public func photoExport() -> PhotoExport {
        PhotoExport(
            catalog: catalog, originals: originals(), eraser: sidecars, sidecars: sidecarWriting(),
            // A network answers several as fast as one.
            atOnce: uploader == nil ? configuration.workers : 2 * configuration.workers)
    }

    /// Writes photos as pages of HTML.
    public func galleryExport() -> GalleryExport { GalleryExport(catalog: catalog, renditions: renditions) }

    /// Shares photos by links; nil for an embedded library, whose storage nobody else reaches.
    public func photoSharing() -> PhotoSharing? {
        uploader.map { PhotoSharing(catalog: catalog, uploader: $0, renditions: renditions) }
    }

    private var renditions: RenditionPictures {
        let handler = ProcessPhotoHandler(
            catalog: catalog, objects: objects, processor: processor, options: configuration.processingOptions)
        return RenditionPictures(
            objects: objects, sizes: configuration.processingOptions.sizes,
            remake: { try await handler.remakeRenditions(of: $0) },
            digestPixels: { try await handler.pixelDigest(of: $0) })
    }

    /// Looks up where photos were taken that nobody looked up yet.
    public func placeFilling() -> PlaceFilling { PlaceFilling(catalog: catalog, table: places) }

    /// Writes what the library knows of photos beside them.
    public func sidecarWriting() -> SidecarWriting { SidecarWriting(catalog: catalog, coder: sidecars) }

    /// Clusters, a page at a time.
    public func clusterBrowser() -> ClusterBrowser {
        ClusterBrowser(catalog: catalog, review: duplicateReview(), pictures: smallPictures)
    }

    /// The small pictures that photos are compared by.
    public var smallPictures: any PictureSource { renditions }

    /// Finds photos that look alike.
    public func duplicateScan() -> DuplicateScan {
        DuplicateScan(catalog: catalog, pictures: smallPictures)
    }

    /// What is decided on photos that look alike, with the keeper rules of the configuration.
    public func duplicateReview() -> DuplicateReview {
        DuplicateReview(
            catalog: catalog, rules: configuration.keeperRules,
            rulesFault: configuration.keeperProblem.map { problem in
                EngineError(
                    .invalidInput,
                    "what to keep of duplicates is not known: \(problem.whatHappened) (\(problem.place))",
                    whatToDo: problem.whatToDo)
            },
            originals: OriginalPresence(catalog: catalog, objects: objects), pictures: smallPictures)
    }

    /// Resolves many clusters at once, with the keeper rules of the configuration.
    public func bulkResolution() -> BulkResolution {
        BulkResolution(catalog: catalog, review: duplicateReview(), pictures: smallPictures)
    }

    /// Puts the bursts and the like among all clusters into stacks.
    public func bulkStacking() -> BulkStacking { BulkStacking(catalog: catalog, review: duplicateReview()) }

    /// Puts what a camera made as one into stacks.
    public func stacking(actor: String) -> LibraryStacking {
        LibraryStacking(
            catalog: catalog, names: configuration.keeperRules.namePatterns, actor: actor, pictures: smallPictures
        )
    }

    /// Empties the trash. Renditions are kept in a store that other owners' photos share.
    public func trashEmptying(environment: [String: String]) -> TrashEmptying {
        TrashEmptying(
            catalog: catalog, objects: objects, desktop: DesktopTrash(environment: environment),
            sizes: configuration.processingOptions.sizes,
            ownsRenditions: uploader == nil, sharing: photoSharing())
    }

    /// How far apart photos of this library may be to be resolved many at a time.
    public func duplicateCalibration() -> DuplicateCalibration {
        DuplicateCalibration(catalog: catalog, review: duplicateReview())
    }

    public func watcher() -> FolderWatcher { makeWatcher() }

    /// Stops the decoders and closes the catalogue. Nothing of the library may be used afterwards.
    public func close() async {
        stopDecoders()
        await traffic?.close()
        try? await catalog.close()
    }
}
