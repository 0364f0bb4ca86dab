import App
import Core
import Foundation
import Grid
import Imaging
import PhotoEngine
import Synchronization
import SystemPackage
import Workflows

/// Performs effects, and is the only caller of the engine. Nothing here runs on the terminal's thread for longer than it
/// takes to hand work over.
final class EffectRunner: Sendable {
    let queue: MessageQueue
    let opening: Task<Library, any Error>
    /// nil where there is no broker.
    let console: Task<OpenConsole, any Error>?
    let place: ConsolePlace
    /// Why things are done that nobody gives a reason for, of who acts for another owner.
    let reason: String
    /// Of a library that is opened only once it is asked for.
    let door: LibraryDoor?
    let watched: WatchedHistory
    let consumers = ConsumerLook()
    let owners = OwnerLibraries()
    /// Opens nothing before the first look.
    let health: Task<LibraryHealth, any Error>
    let renderer: CellRenderer
    let workers: ThumbnailWorkers
    private let tasks = Mutex<[RequestID: Task<Void, Never>]>([:])
    /// The threads of the library's server, once it is open.
    private let executor = Mutex<(any TaskExecutor)?>(nil)
    let changes = Mutex(Changes())
    /// Watched folders that have lost many files at once.
    let unmounted = Mutex<Set<FilePath>>([])
    /// nil once the session stops: what would start then must not.
    let background = Mutex<[Task<Void, Never>]?>([])
    /// Whether somebody draws thumbnails, or will once the library is open.
    let drawsThumbnails = Mutex(false)

    init(
        opening: Task<Library, any Error>, door: LibraryDoor? = nil, console: Task<OpenConsole, any Error>? = nil,
        place: ConsolePlace, reason: String = "", queue: MessageQueue, renderer: CellRenderer
    ) {
        self.reason = reason
        (self.opening, self.console, self.queue, self.renderer) = (opening, console, queue, renderer)
        (self.place, self.door) = (place, door)
        watched = WatchedHistory(place.configuration) { problem in
            let subject = "the watch of the broker"
            queue.post(
                problem.map { .warning(subject: subject, text: "the history: \($0)") }
                    ?? .warningEnded(subject: subject))
        }
        health = Task {
            try LibraryHealth(
                place.health, broker: place.brokerOption, environment: place.environment, onlyReads: place.isReadOnly)
        }
        workers = ThumbnailWorkers(
            renderer: renderer, sizes: place.configuration.processingOptions.sizes, queue: queue)
        guard let console, !place.isReadOnly else { return }
        Task {
            // What can't be asked is found out by trying.
            if let opened = try? await console.value, (try? await opened.console.mayChange()) == false {
                queue.post(.onlyLookingAllowed)
            }
        }
    }

    /// Performs an effect that needs no terminal.
    func perform(_ effect: Effect) {
        switch effect {
        case .loadMonths(let request):
            run(request) { .monthsLoaded(request, try await $0.catalog.months()) }
        case .loadEntries(let request, let query):
            run(request) { .entriesLoaded(request, try await $0.catalog.timeline(query)) }
        case .loadPlaces(let request, let month):
            run(request) { .placesLoaded(request, try await $0.catalog.places(in: month, limit: 3)) }
        case .locate(let request, let photo):
            run(request) { .located(request, try await PhotoLocator(catalog: $0.catalog).locate(photo)) }
        case .collect(let request, let queries):
            run(request) { library in
                var entries: [TimelineEntry] = []
                for query in queries {
                    try Task.checkCancellation()
                    entries += try await library.catalog.timeline(query)
                }
                return .collected(request, entries)
            }
        case .loadPhoto(let request, let id):
            run(request) { library in
                guard let photo = try await library.catalog.photo(id) else { return .photoLoaded(request, nil) }
                return .photoLoaded(
                    request,
                    PhotoDetails(
                        photo: photo, files: try await library.catalog.files(of: id),
                        collections: try await library.catalog.collections(of: [id]).first ?? PhotoCollections(),
                        faces: try await library.catalog.faces(of: [id]).first ?? []))
            }
        case .loadStory(let request, let id):
            let sizes = place.configuration.processingOptions.sizes
            run(request) { library in
                guard let photo = try await library.catalog.photo(id) else {
                    throw EngineError(.notFound, "the photo is no longer in the library")
                }
                let story = try await PhotoStory.of(
                    photo, in: library.catalog, objects: library.objects, sizes: sizes)
                return .storyLoaded(request, StoryFormat.lines(story))
            }
        case .loadJournal(let request): loadJournal(request)
        case .search, .countSearch, .completeSearch, .loadSearches, .noteSearch: performForSearch(effect)
        case .loadPicture(let request, let wanted): loadPicture(request, wanted)
        case .wantThumbnails(let keys):
            workers.want(keys)
            if !keys.isEmpty { startThumbnails() }
        case .setFavourite, .edit, .undoEdits, .suggestNames: performEdit(effect)
        case .copyPaths(let request, let photos): copyPaths(request, photos)
        case .export, .share, .revokeShare: performForLeaving(effect)
        case .planSidecars, .writeSidecars: performForSidecars(effect)
        case .acceptLoss: acceptLoss()
        case .startTimer(let request, let seconds):
            runAlone(request) {
                try await Task.sleep(for: .seconds(seconds))
                return .timerFired(request)
            }
        case .cancel(let request): tasks.withLock { $0.removeValue(forKey: request) }?.cancel()
        case .loadClusters, .loadClusterTotals, .loadSummaries, .loadCluster, .loadDifference, .resolve,
            .loadLastDecision, .undoResolution, .decideDistinct, .stackPhotos, .scanDuplicates:
            performForDuplicates(effect)
        case .loadTrash, .restoreTrash, .planEmptying, .emptyTrash: performForTrash(effect)
        case .loadPlaceList(let request):
            run(request) { library in
                .placeListLoaded(
                    request,
                    PlaceList(
                        cities: try await library.catalog.cities(),
                        unplaced: try await library.catalog.unplacedCount(),
                        // Without a table the map has the photos' own cities.
                        known: (try? await library.places.cities().positions) ?? []))
            }
        case .loadAlbums, .loadFoundSummaries, .loadAlbumPhotos, .loadEvents: performForAlbums(effect)
        case .loadDeadLetters, .loadDeadMembers, .loadDeadJob, .collectDead: performForDead(effect)
        case .loadQueues, .loadMessages, .loadWorkers, .loadDeadLetter, .markQueue, .act, .recordRefusal, .tellTime:
            performForConsole(effect)
        case .loadJobs, .loadJob, .collectJobs: performForJobs(effect)
        case .loadInbox, .loadHealth, .loadCosts: performForSurvey(effect)
        case .useTheme, .useNextGraphics, .repaint, .suspend, .quit: break
        }
    }

    /// Answers a request with what `work` gives, or with its error; with nothing when it was cancelled.
    func run(_ request: RequestID, _ work: @escaping @Sendable (Library) async throws -> Message) {
        runAlone(request, on: executor.withLock { $0 }) { [self] in
            let library = try await opening.value
            executor.withLock { $0 = library.catalog.executor }
            return try await work(library)
        }
    }

    /// As `run`, for what needs no library.
    func runAlone(
        _ request: RequestID, on executor: (any TaskExecutor)? = nil,
        _ work: @escaping @Sendable () async throws -> Message
    ) {
        let task = Task(executorPreference: executor) { [queue] in
            do {
                let message = try await work()
                if !Task.isCancelled { queue.post(message) }
            } catch is CancellationError {
            } catch {
                if !Task.isCancelled { queue.post(.failed(request, EngineError(any: error))) }
            }
            self.tasks.withLock { _ = $0.removeValue(forKey: request) }
        }
        tasks.withLock { tasks in if !task.isCancelled { tasks[request] = task } }
    }

    private func copyPaths(_ request: RequestID, _ photos: [PhotoID]) {
        run(request) { [queue] library in
            var paths: [[UInt8]] = []
            for id in photos.prefix(10_000) {
                let files = try await library.catalog.files(of: id)
                if let file = files.first(where: { !$0.isMissing }) ?? files.first { paths.append(file.path.nameBytes) }
            }
            queue.post(.clipboard(request, paths, wanted: photos.count))
            throw CancellationError()
        }
    }

    /// First what the largest rendition shows of the region, then the original's own pixels where that is too coarse.
    private func loadPicture(_ request: RequestID, _ wanted: PictureRequest) {
        run(request) { [queue, renderer, sizes = place.configuration.processingOptions.sizes] library in
            let region = wanted.region
            let neededColumns = Int((Double(wanted.columns) / max(region.width, 1e-6)).rounded(.up))
            let size = RenditionSource.size(
                forColumns: neededColumns, pixelsPerColumn: renderer.pixelsPerColumn, among: sizes)
            var key = CellRenderer.ImageKey(
                sha256: wanted.sha256, region: region, turn: wanted.turn, columns: wanted.columns, rows: wanted.rows)
            let largest = sizes.last ?? RenditionKind.smallSize
            let edge = wanted.pixelSize.map { max($0.width, $0.height) } ?? 0
            let isEnough = neededColumns * renderer.pixelsPerColumn <= largest || edge <= largest
            let objects = library.objects
            try await RenditionSource.makeLocal(wanted.sha256, size: size, in: objects)
            let coarse = try await OffPool.run { [key] in
                let data = try RenditionSource.read(wanted.sha256, size: size, from: objects)
                if wanted.turn != .upright {
                    guard let pixels = RenditionPicture.pixels(data) else {
                        throw EngineError(
                            .corrupt, "its thumbnail is damaged", whatToDo: "import the photo again")
                    }
                    return renderer.render(
                        pixels.turned(wanted.turn), key: key, region: region, columns: wanted.columns,
                        rows: wanted.rows)
                }
                return try renderer.render(
                    webp: data, of: wanted.sha256, region: region, columns: wanted.columns, rows: wanted.rows)
            }
            if isEnough { return .pictureLoaded(request, coarse, isFinal: true) }
            try Task.checkCancellation()
            queue.post(.pictureLoaded(request, coarse, isFinal: false))
            guard let file = try await Self.original(of: wanted.photo, in: library) else {
                throw EngineError(
                    .notFound, "the original is missing, so this is as sharp as it gets",
                    whatToDo: "connect the disk it is on")
            }
            let pixels = try await library.processor.pixels(
                file, region: wanted.region.before(wanted.turn),
                fitting: wanted.turn.upright(
                    PixelSize(
                        width: wanted.columns * renderer.pixelsPerColumn,
                        height: wanted.rows * renderer.pixelsPerColumn * 2)))
            key.isSharp = true
            let sharp = try await OffPool.run { [key] in
                renderer.render(pixels.turned(wanted.turn), key: key, columns: wanted.columns, rows: wanted.rows)
            }
            return .pictureLoaded(request, sharp, isFinal: true)
        }
    }

    private static func original(of id: PhotoID, in library: Library) async throws -> FilePath? {
        if let file = try await library.catalog.files(of: id).first(where: { !$0.isMissing }) { return file.path }
        guard let photo = try await library.catalog.photo(id), case .object(let key) = photo.original else {
            return nil
        }
        try await library.objects.makeLocal(key, sha256: photo.sha256)
        return library.objects.localPath(of: key)
    }

    /// Gives everything up but the changes, which have `patience` to be saved.
    /// - Returns: why some were not, one error for each; those that the app has heard of are not among them.
    func stop(patience: Duration = .seconds(4)) async -> [EngineError] {
        workers.stop()
        let started = background.withLock { background in
            defer { background = nil }
            return background ?? []
        }
        let all = tasks.withLock { Array($0.values) } + started
        for task in all { task.cancel() }
        let unsaved = await endChanges(patience)
        // What still waits for a broker that does not answer ends with its connection.
        if let console = try? await console?.value { await console.close() }
        for task in all { await task.value }
        await watched.close()
        await owners.close()
        if let health = try? await health.value { await health.close() }
        return unsaved
    }
}

/// Runs blocking work on a dispatch thread, apart from the cooperative pool.
enum OffPool {
    private static let threads = DispatchQueue(label: "phototui.pictures", qos: .userInitiated, attributes: .concurrent)

    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            threads.async { continuation.resume(with: Result { try work() }) }
        }
    }
}

extension EngineError {
    /// Any error as the engine's.
    init(any error: any Error) {
        self = error as? EngineError ?? EngineError(.internal, "\(error)", cause: error)
    }
}
