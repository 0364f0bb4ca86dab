internal import Core
internal import Foundation
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// One import, from its first folder to its last processed photo.
final class ImportRun: Sendable {
    private static let batchSize = 64
    private static let batchTime = Duration.milliseconds(100)

    let importer: Importer
    let request: ImportRequest
    let tally: ImportTally
    let room: ImportRoom
    let gate: MalwareGate?
    /// As `ImportIndex.named`.
    private let named: Set<FilePath>
    /// Unix microseconds: what was added before is neither this import's nor another's that runs beside it.
    let startedAt = SystemClock().microseconds
    /// What this run has added to the processing that was already waiting.
    let expected = Mutex((atStart: 0, added: 0))
    private let pending = Mutex(Pending())
    /// The photo whose job began last, until its name was looked up for the progress.
    let started = Mutex<PhotoID?>(nil)
    /// What keeps photos from being processed until somebody helps: the disk is full, or the catalogue can't be written.
    let obstacle = Mutex<EngineError?>(nil)

    private struct Pending {
        var files: [ScannedFile] = []
        var since: ContinuousClock.Instant?
        var present: [FilePath] = []
        /// Sidecars that are new or changed.
        var sidecars: [ScannedFile] = []
        /// Files recorded as rejected, or remembered as such.
        var rejected = 0
        var recorded = 0
        /// Digests copied in by this run, whose photos may not be recorded yet.
        var copied: [SHA256Digest: ObjectKey] = [:]
        /// Files that have a place in the room, until it is known what they are.
        var placed: Set<FilePath> = []
    }

    init(
        importer: Importer, request: ImportRequest, tally: ImportTally, room: ImportRoom, gate: MalwareGate?,
        named: Set<FilePath>
    ) {
        (self.room, self.gate) = (room, gate)
        self.named = named
        self.importer = importer
        self.request = request
        self.tally = tally
    }

    func run(_ roots: [FilePath], progress: @escaping @Sendable (ImportProgress) -> Void) async throws {
        guard request.processes else { return try await index(roots) }
        _ = try await revive()
        let before = try await importer.catalog.jobCounts()
        let waiting = try await unfinished()
        expected.withLock { $0.atStart = waiting }
        let watching = Task { await report(to: progress) }
        do {
            try await watch(roots)
            if let relay = importer.relay {
                try await handOver(roots, to: relay)
            } else {
                try await process(roots)
            }
        } catch {
            watching.cancel()
            throw error
        }
        watching.cancel()
        await watching.value
        // Whatever fails there, the next import does.
        _ = try? await importer.uploader?.endForgotten()
        await importer.fillPlaces()
        guard awaitsProcessing else { return }
        // Another process may have processed what this one found known.
        let hasChanged = try await importer.catalog.jobCounts() != before
        try await settleRejected(roots, othersWorked: hasChanged)
        let dead = try await deadJobs()
        tally.unprocessed(dead.count, reason: dead.first?.error)
    }

    func index(_ roots: [FilePath]) async throws {
        if let library = request.library { return try await takeFrom(library) }
        let index = ImportIndex(
            catalog: importer.catalog, tally: tally, libraryFolder: importer.libraryFolder, readers: importer.readers,
            reader: reader, gate: gate, named: named, leftOut: request.takeout?.leftOut ?? [],
            films: importer.uploader == nil ? nil : importer.catalog)
        let archives = Set((request.takeout?.archives ?? []).map(\.path))
        try await index.run(
            roots.filter { !archives.contains($0) }, known: known, read: { try await self.read($0, $1) },
            makesRoom: makesRoom, pause: { try await self.flush(isForced: false) })
        try await unpack()
        try await flush(isForced: true)
    }

    var reader: FileReader {
        importer.uploader == nil
            ? FileReader(room: room) : FileReader(partByteCount: Uploader.partByteCount(of:), room: room)
    }

    /// Reads a file by itself.
    func read(_ path: FilePath, on queue: BlockingQueue) async throws -> FileReader.Reading {
        let reader = reader
        var reading = try await queue.run { reader.read(path) { false } }
        if case .left = reading.content, try await makesRoom() {
            reading = try await queue.run { reader.read(path) { false } }
        }
        tally.read(reading.bytesRead)
        return try await gate?.inspect(path, reading) ?? reading
    }

    /// Whether there is room for a new photo, once it is known what those that wait to be recorded are.
    func makesRoom() async throws -> Bool {
        if room.isFull { try await flush(isForced: true) }
        return !room.isFull
    }

    /// Whether a picture has a place in this import: one whose bytes the library has needs none.
    private func hasPlace(_ path: FilePath, _ sha256: SHA256Digest) async throws -> Bool {
        guard room.limits.files != nil else { return true }
        if !room.take() {
            try await flush(isForced: true)
            guard room.take() else { return try await importer.catalog.photo(sha256: sha256) != nil }
        }
        pending.withLock { _ = $0.placed.insert(path) }
        return true
    }

    /// What has become of a file that may have had a place.
    private func settlePlace(of path: FilePath, isNew: Bool) {
        let hadPlace = pending.withLock { $0.placed.remove(path) != nil }
        if hadPlace, !isNew { room.giveBack() }
    }

    func known(_ file: LibraryFile) async throws {
        switch file.outcome {
        case .photo: tally.add(file.path, .known)
        case .unsupported(let reason): tally.add(file.path, .unsupported, reason: reason)
        case .rejected(let reason):
            tally.add(file.path, .rejected, reason: reason)
            pending.withLock { $0.rejected += 1 }
        }
        if file.isMissing { pending.withLock { $0.present.append(file.path) } }
    }

    /// `unpacked` is where its bytes are, where the path is one in an archive.
    func read(_ path: FilePath, _ reading: FileReader.Reading, unpacked: FilePath? = nil) async throws {
        switch reading.content {
        case .unreadable(let reason): return tally.add(path, .rejected, reason: reason)
        case .left(let reason): return tally.add(path, .left, reason: reason)
        case .picture(let sha256, _) where try await !hasPlace(path, sha256):
            return tally.add(path, .left, reason: room.reason)
        default: break
        }
        guard var scanned = ScannedFile(path: path, reading: reading) else { return }
        scanned.unpacked = unpacked
        guard let found = try await recognised(scanned) else { return }
        scanned = found
        if importer.sidecars != nil, Sidecar.isName(path), case .unsupported = scanned.content {
            pending.withLock { $0.sidecars.append(scanned) }
            return try await flush(isForced: false)
        }
        if request.copies || unpacked != nil, importer.uploader == nil,
            case .picture(let sha256, let mediaType) = reading.content
        {
            if let reason = try await refusal(ofCopying: sha256, ByteCount(reading.fingerprint.byteCount)) {
                settlePlace(of: path, isNew: false)
                return tally.add(path, .left, reason: reason)
            }
            do {
                scanned = try await copy(scanned, sha256, mediaType)
            } catch let error as EngineError where error.code == .corrupt || error.code == .notFound {
                settlePlace(of: path, isNew: false)
                tally.add(path, .rejected, reason: "it changed while it was copied: import again when it is at rest")
                return
            }
        }
        pending.withLock { pending in
            pending.files.append(scanned)
            if pending.since == nil { pending.since = ContinuousClock().now }
        }
        try await flush(isForced: false)
    }

    /// Why the owner's quota keeps an original from being copied in, before it is; nil where it has room, or has the photo.
    private func refusal(ofCopying sha256: SHA256Digest, _ bytes: ByteCount) async throws -> String? {
        var usage = try await importer.catalog.usage()
        guard usage.quota != .none, try await importer.catalog.photo(sha256: sha256) == nil else { return nil }
        // What waits to be recorded counts, too.
        try await flush(isForced: true)
        usage = try await importer.catalog.usage()
        return usage.hasRoom(for: bytes) ? nil : usage.refusal(of: bytes).description
    }

    /// Copies an original into the library, unless its bytes are there.
    private func copy(_ file: ScannedFile, _ sha256: SHA256Digest, _ mediaType: MediaType) async throws -> ScannedFile {
        guard case .photo(_, _, let provisional, _) = file.content else { return file }
        if let photo = try await importer.catalog.photo(sha256: sha256), case .object = photo.original {
            return ScannedFile(
                path: file.path, fingerprint: file.fingerprint,
                content: .photo(
                    sha256: sha256, mediaType: mediaType, provisional: provisional, original: photo.original),
                unpacked: file.unpacked)
        }
        let proposed = Importer.key(of: sha256, mediaType: mediaType, day: String(provisional.rfc3339.prefix(10)))
        let key = try await importer.catalog.unusedKey(
            like: pending.withLock { $0.copied[sha256] } ?? proposed, of: sha256)
        try await importer.objects.putFile(file.source, at: key, sha256: sha256)
        pending.withLock { $0.copied[sha256] = key }
        return ScannedFile(
            path: file.path, fingerprint: file.fingerprint,
            content: .photo(
                sha256: sha256, mediaType: mediaType, provisional: provisional, original: .object(key)),
            unpacked: file.unpacked)
    }

    /// Records what has gathered, when it is enough or old enough.
    func flush(isForced: Bool) async throws {
        try checkObstacle()
        let (files, present, sidecars) = pending.withLock { pending -> ([ScannedFile], [FilePath], [ScannedFile]) in
            let isOld = pending.since.map { ContinuousClock().now - $0 >= Self.batchTime } ?? false
            let count = max(pending.files.count, pending.sidecars.count)
            guard isForced || isOld || count >= Self.batchSize || pending.present.count >= 1000 else {
                return ([], [], [])
            }
            defer {
                pending.files = []
                pending.sidecars = []
                pending.present = []
                pending.since = nil
            }
            return (pending.files, pending.present, pending.sidecars)
        }
        if !present.isEmpty { try await importer.catalog.markPresent(present) }
        let known = try await recordPhotos(files)
        if let coder = importer.sidecars { try await takeUp(sidecars, and: known, with: coder) }
    }

    /// Returns the paths of those that are photos now.
    private func recordPhotos(_ files: [ScannedFile]) async throws -> [FilePath] {
        guard !files.isEmpty else { return [] }
        let outcomes = try await record(files)
        var photos: [FilePath] = []
        var added = 0
        for (file, outcome) in zip(files, outcomes) {
            if case .recorded(let recorded) = outcome, recorded.isPhoto { photos.append(file.path) }
            settlePlace(of: file.path, isNew: outcome.isNew)
            switch outcome {
            case .recorded(.imported):
                tally.add(file.path, .imported)
                added += 1
            case .recorded(.known), .recorded(.moved): tally.add(file.path, .known)
            case .recorded(.overQuota(let reason)): tally.add(file.path, .left, reason: reason)
            case .recorded(.unsupported): tally.add(file.path, .unsupported, reason: file.content.reason)
            case .recorded(.rejected):
                tally.add(file.path, .rejected, reason: file.content.reason)
                pending.withLock { $0.rejected += 1 }
            case .changed:
                tally.add(
                    file.path, .rejected, reason: "it changed while it was uploaded: import again when it is at rest")
            case .gone: tally.vanished()
            case .unreadable(let error): tally.add(file.path, .rejected, reason: error.description)
            case .waiting(let error): tally.add(file.path, .waiting, reason: error.description)
            }
        }
        pending.withLock { $0.recorded += files.count }
        expected.withLock { $0.added += added }
        if added > 0, importer.relay == nil { importer.runner.announce() }
        return photos
    }

    /// Counts a file recorded as rejected.
    func noteRejected() { pending.withLock { $0.rejected += 1 } }

    /// Copies of which one was removed for good meanwhile, with the trash.
    private func copyAgain(_ files: [ScannedFile]) async throws -> [ScannedFile] {
        var copied: [ScannedFile] = []
        for file in files {
            switch file.content {
            case .photo(let sha256, let mediaType, _, .object):
                copied.append(try await copy(file, sha256, mediaType))
            case .film(let identifier, let film?):
                let again = try await copy(file, filmOf: identifier, film.sha256)
                copied.append(file.with(.film(identifier: identifier, copy: again)))
            default: copied.append(file)
            }
        }
        return copied
    }

    /// Records a batch, again while another process keeps the catalogue busy.
    func record(_ scanned: [ScannedFile]) async throws -> [Uploader.Outcome] {
        var files = scanned
        func record() async throws -> [Uploader.Outcome] {
            if let uploader = importer.uploader { return try await uploader.record(files) }
            return try await importer.catalog.record(files).map { .recorded($0) }
        }
        for attempt in 0..<5 {
            do {
                return try await record()
            } catch let error as EngineError where error.code == .conflict && importer.uploader == nil {
                files = try await copyAgain(files)
            } catch let error as EngineError where error.isRetryable {
                let wait = JobPolicy.backoffSeconds(attempt: attempt, random: SystemRandom()) / 4
                try await Task.sleep(for: .seconds(wait))
            }
        }
        return try await record()
    }

    /// Adds the folders named to those that the library watches; copies stand on their own.
    private func watch(_ roots: [FilePath]) async throws {
        guard !request.copies else { return }
        let watched = try await importer.catalog.folders()
        for root in roots where root.isFolder && !watched.contains(where: { root.starts(with: $0.path) }) {
            _ = try await importer.catalog.addFolder(root)
        }
    }

    /// Dead jobs of photos with which nothing is wrong.
    private func deadJobs() async throws -> [Job] {
        var found: [Job] = []
        var after: JobID?
        while !Task.isCancelled {
            let page = try await importer.catalog.jobs(state: .dead, after: after, limit: 200)
            for job in page {
                guard let id = job.photo, let photo = try await importer.catalog.photo(id) else { continue }
                if photo.status == .queued, !photo.isMissing { found.append(job) }
            }
            guard page.count == 200, let last = page.last else { break }
            after = last.id
        }
        return found
    }

    /// Queues again what is dead though nothing is wrong with its picture: somebody asks for it by importing. Returns how
    /// many jobs.
    func revive(poisonedOnly: Bool = false) async throws -> Int {
        let dead = try await deadJobs().filter { !poisonedOnly || $0.workerDeaths >= JobPolicy.poisonLimit }
        return dead.isEmpty ? 0 : try await importer.catalog.retry(dead.map(\.id))
    }

    private func unfinished() async throws -> Int {
        try await importer.catalog.jobCounts().reduce(0) { $1.key.isFinished ? $0 : $0 + $1.value }
    }

    func awaitProcessing() async throws {
        while !Task.isCancelled, try await unfinished() > 0 {
            try checkObstacle()
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func checkObstacle() throws {
        if let error = obstacle.withLock({ $0 }) { throw error }
    }

    private func report(to progress: @Sendable (ImportProgress) -> Void) async {
        while !Task.isCancelled {
            if awaitsProcessing, let left = try? await unfinished() {
                let total = expected.withLock { $0.atStart + $0.added }
                tally.processed(max(0, total - left), of: total)
            }
            await nameStarted()
            if let due = tally.progressDue() { progress(due) }
            try? await Task.sleep(for: .milliseconds(200))
        }
        let total = expected.withLock { $0.atStart + $0.added }
        if awaitsProcessing, let left = try? await unfinished() { tally.processed(max(0, total - left), of: total) }
    }

    private func nameStarted() async {
        let id = started.withLock { started in
            defer { started = nil }
            return started
        }
        guard let id, let photo = try? await importer.catalog.photo(id) else { return }
        switch photo.original {
        case .file(let path): tally.processing(path)
        case .object:
            // Its copy is called after its digest; where it came from has a name.
            if let file = try? await importer.catalog.files(of: id).first { tally.processing(file.path) }
        }
    }

    /// Counts files whose pictures could not be decoded among the rejected.
    private func settleRejected(_ roots: [FilePath], othersWorked: Bool) async throws {
        let hasNews = othersWorked || pending.withLock { $0.recorded } + expected.withLock { $0.atStart + $0.added } > 0
        guard hasNews, !Task.isCancelled else { return }
        var rejected = 0
        for root in roots {
            var after: FilePath?
            while true {
                let page = try await importer.catalog.files(under: root, after: after, limit: 1000)
                for file in page {
                    guard case .rejected(let reason) = file.outcome, !file.isMissing else { continue }
                    rejected += 1
                    if request.listsItems { tally.reject(file.path, reason: reason) }
                }
                guard page.count == 1000, let last = page.last else { break }
                after = last.path
            }
        }
        guard !request.listsItems else { return }
        let unaccounted = max(0, rejected - pending.withLock { $0.rejected })
        let imported = min(unaccounted, expected.withLock { $0.added })
        tally.reject(imported: imported, known: unaccounted - imported)
    }
}

extension Uploader.Outcome {
    /// Whether it is a photo that wasn't here, or will be.
    fileprivate var isNew: Bool {
        switch self {
        case .recorded(.imported), .waiting: true
        default: false
        }
    }
}

extension RecordOutcome {
    fileprivate var isPhoto: Bool {
        switch self {
        case .imported, .known, .moved: true
        case .unsupported, .rejected, .overQuota: false
        }
    }
}

extension ScannedFile.Content {
    fileprivate var reason: String? {
        switch self {
        case .photo: nil
        case .film(let identifier, _): Film.reason(identifier)
        case .unsupported(let reason), .rejected(let reason): reason
        }
    }
}
