public import Core
internal import Digest
internal import Foundation
internal import Glibc
internal import SystemPackage

/// Writes originals out of a library, without where they were taken, unless that is asked for.
public final class PhotoExport: Sendable {
    public typealias ExportCatalog = PhotoCatalog & FileCatalog & CollectionCatalog & SearchCatalog & SharingCatalog
        & JournalCatalog

    let catalog: any ExportCatalog
    let originals: OriginalFetch
    let eraser: any PositionEraser
    let sidecars: SidecarWriting
    let clock: any EngineClock
    private let atOnce: Int
    let blocking = BlockingQueue(label: "phototui.export")
    private let page = 200

    public init(
        catalog: any ExportCatalog, originals: OriginalFetch, eraser: any PositionEraser, sidecars: SidecarWriting,
        atOnce: Int, clock: any EngineClock = SystemClock()
    ) {
        (self.catalog, self.originals, self.eraser) = (catalog, originals, eraser)
        (self.sidecars, self.atOnce, self.clock) = (sidecars, max(1, atOnce), clock)
    }

    /// Writes each photo's file below the folder, under its own name, or one like it where that is taken. A file is there whole
    /// or not at all; its bytes are checked by their SHA-256 against what was imported, and one that is there already is left
    /// alone, so that an export that was stopped is gone on with by being asked for again. Cancelling stops it between two
    /// files. Throws where nothing can be written to the folder.
    public func export(
        _ photos: [PhotoID], _ request: ExportRequest, progress: @escaping @Sendable (ExportProgress) -> Void
    ) async throws -> ExportReport {
        try await ExportPlace(request.folder).requireOutside(catalog.folders().map(\.path))
        if !request.isDryRun { try await blocking.run { try Self.make(request.folder) } }
        let began = ContinuousClock.now
        let planned = try await plan(photos, request)
        if !request.isDryRun {
            // Also where nothing is left to be written: what a killed export had begun may tell where a photo was taken.
            let folders = Set(planned.map { $0.candidates[0].removingLastComponent() }).union([request.folder])
            try await blocking.run { for folder in folders { OriginalFetch.sweep(folder) } }
            try await requireRoom(for: planned, in: request.folder)
        }
        var run = ExportTally(planned.map { Int64($0.photo.byteCount.bytes) }, found: photos.count)
        progress(run.progress)
        await withTaskGroup(of: (Int, ExportItem, EngineError?).self) { group in
            var next = 0
            func add() {
                guard next < planned.count, run.fault == nil, !Task.isCancelled else { return }
                let (index, one) = (next, planned[next])
                next += 1
                group.addTask { await self.item(index, one, request) }
            }
            for _ in 0..<atOnce { add() }
            while let (index, item, fault) = await group.next() {
                run.take(item, at: index, fault)
                progress(run.progress)
                add()
            }
        }
        var report = run.report
        report.isStopped = Task.isCancelled
        try await note(report, request)
        let time = ContinuousClock.now - began
        report.seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        return report
    }

    private func note(_ report: ExportReport, _ request: ExportRequest) async throws {
        let count = report.count(.exported)
        guard count > 0 else { return }
        let entry = JournalEntry(
            id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds, actor: request.actor,
            action: "export", subject: request.folder.byteText,
            outcome: counted(count, "file") + (request.keepsPosition ? " with positions" : ""))
        // Also of an export that was stopped.
        try await Task { [catalog] in try await catalog.append(entry) }.value
    }

    /// Takes away what is being written: for a process that ends at once.
    public func abandon() { originals.abandon() }

    /// One file to be written.
    struct Planned: Sendable {
        let photo: Photo
        /// In one folder, the likeliest first.
        let candidates: [FilePath]
        /// How many of them an earlier photo of this export may have; the file may be there, but isn't written there.
        let taken: Int
    }

    private func plan(_ photos: [PhotoID], _ request: ExportRequest) async throws -> [Planned] {
        let names = ExportNames(folder: request.folder, layout: request.layout)
        var planned: [Planned] = []
        var taken: Set<[UInt8]> = []
        for start in stride(from: 0, to: photos.count, by: page) {
            try Task.checkCancellation()
            let found = try await catalog.photos(Array(photos[start..<min(start + page, photos.count)]))
            let albums =
                request.layout == .album ? try await catalog.collections(of: found.map(\.id)).map(\.albums) : []
            for (index, photo) in found.enumerated() {
                var own = albums.isEmpty ? [] : albums[index]
                if let album = request.album {
                    let key = CollectionName.key(of: album)
                    own = own.map { ($0, CollectionName.key(of: $0)) }
                        .filter { $0.1 == key || $0.1.hasPrefix(key + "/") }.map(\.0)
                    // What a saved search finds is in no album.
                    if own.isEmpty, request.layout == .album { own = [album] }
                }
                for folder in names.folders(of: photo, albums: own) {
                    let paths = ExportNames.candidates(for: photo).map { folder.appending(rawName: $0) }
                    let free = paths.firstIndex { taken.insert($0.rawBytes).inserted } ?? paths.count - 1
                    planned.append(Planned(photo: photo, candidates: paths, taken: free))
                }
            }
        }
        return planned
    }

    private func requireRoom(for planned: [Planned], in folder: FilePath) async throws {
        try await blocking.run {
            var status = statvfs()
            guard folder.withPlatformString({ statvfs($0, &status) }) == 0 else { return }
            let free = Int64(status.f_bavail) * Int64(status.f_frsize)
            let needed = planned.reduce(Int64(0)) { sum, one in
                let isThere = one.candidates.contains { OriginalFetch.byteCount($0) == one.photo.byteCount.bytes }
                return sum + (isThere ? 0 : one.photo.byteCount.bytes)
            }
            guard needed <= free else {
                throw EngineError(
                    .noSpace, "the photos need \(ByteCount(needed)), and \(ByteCount(free)) are free there",
                    whatToDo: "free some space, choose another folder, or export fewer photos")
            }
        }
    }

    private func item(
        _ index: Int, _ planned: Planned, _ request: ExportRequest
    ) async -> (Int, ExportItem, EngineError?) {
        do {
            if request.isDryRun { return (index, try await foreseen(planned, request), nil) }
            var item = try await write(planned, request)
            if request.writesSidecars, let path = item.path {
                item.sidecar = try await sidecars.write(
                    planned.photo, beside: path, keepsPosition: request.keepsPosition)
            }
            if let path = item.path { try await writeFilm(of: planned.photo, beside: path, request, &item) }
            return (index, item, nil)
        } catch is CancellationError {
            return (index, ExportItem(photo: planned.photo, outcome: .failed, reason: "stopped"), nil)
        } catch {
            let error = error as? EngineError ?? EngineError(.internal, "\(error)")
            // Of these, any other photo would meet the same.
            let isForAll = [.noSpace, .permissionDenied].contains(error.code)
            return (
                index,
                ExportItem(
                    photo: planned.photo, outcome: .failed, path: planned.candidates.first, reason: error.description),
                isForAll ? error : nil
            )
        }
    }

    private func foreseen(_ planned: Planned, _ request: ExportRequest) async throws -> ExportItem {
        let known = try await digests(of: planned.photo, request)
        if let found = try await present(planned, known) {
            return ExportItem(photo: planned.photo, outcome: .present, path: found.path)
        }
        let free = try await blocking.run {
            planned.candidates.dropFirst(planned.taken).first { !OriginalFetch.exists($0) }
        }
        return ExportItem(photo: planned.photo, outcome: .planned, path: free ?? planned.candidates.last)
    }

    /// Which bytes a file of the photo has that is as it is asked for, as far as that is known without reading it.
    private func digests(of photo: Photo, _ request: ExportRequest) async throws -> Set<SHA256Digest> {
        if request.keepsPosition { return [photo.sha256] }
        let exports = try await catalog.exports(of: [photo.id])[0]
        return Set(exports.filter { !$0.keepsPosition }.map(\.sha256))
    }

    private func present(
        _ planned: Planned, _ digests: Set<SHA256Digest>
    ) async throws -> (path: FilePath, sha256: SHA256Digest)? {
        try await blocking.run {
            for path in planned.candidates where OriginalFetch.byteCount(path) == planned.photo.byteCount.bytes {
                if let found = try? SHA256Hasher.digest(path: path).sha256, digests.contains(found) {
                    return (path, found)
                }
            }
            return nil
        }
    }

    private func write(_ planned: Planned, _ request: ExportRequest) async throws -> ExportItem {
        let photo = planned.photo
        if let found = try await present(planned, try await digests(of: photo, request)) {
            var item = ExportItem(photo: photo, outcome: .present, path: found.path)
            item.sha256 = found.sha256
            if !request.keepsPosition {
                item.position = found.sha256 == photo.sha256 ? ExportItem.Position.none : .removed
            }
            return item
        }
        let folder = planned.candidates[0].removingLastComponent()
        try await blocking.run { try Self.make(folder) }
        let written = try await catalog.files(of: photo.id).first?.fingerprint.modified
        return try await originals.withPart(of: photo, in: folder, progress: { _ in }) { part in
            let patches = request.keepsPosition ? [] : try await self.erasure(of: part, photo)
            let settled = try await self.blocking.run {
                try Self.settle(part, planned, patches, modified: written)
            }
            var item = ExportItem(photo: photo, outcome: settled.isNew ? .exported : .present, path: settled.path)
            item.sha256 = settled.sha256
            item.position = request.keepsPosition ? .kept : patches.isEmpty ? ExportItem.Position.none : .removed
            let noted = ExportedPhoto(
                photo: photo.id, path: settled.path, sha256: settled.sha256, keepsPosition: request.keepsPosition,
                actor: request.actor, exportedAt: self.clock.microseconds)
            try await self.catalog.noteExports([noted])
            return item
        }
    }

    private func erasure(of part: FilePath, _ photo: Photo) async throws -> [BytePatch] {
        do {
            return try await eraser.positionErasure(part)
        } catch let error as EngineError where error.code == .unsupported {
            throw EngineError(
                .unsupported, error.whatHappened,
                whatToDo: "export it as it is with --with-location, or without its metadata in a --gallery")
        }
    }

    /// Writes over what is to go, and gives the file the first of its names that is free, or has these very bytes.
    private static func settle(
        _ part: FilePath, _ planned: Planned, _ patches: [BytePatch], modified: Int64?
    ) throws -> (path: FilePath, sha256: SHA256Digest, isNew: Bool) {
        var digest = planned.photo.sha256
        do {
            let file = try FileDescriptor.open(part, .readWrite, options: .closeOnExec)
            try file.closeAfter {
                for patch in patches {
                    try patch.bytes.withUnsafeBytes { _ = try file.writeAll(toAbsoluteOffset: Int64(patch.offset), $0) }
                }
                if let modified {
                    let time = timespec(tv_sec: Int(modified / 1_000_000_000), tv_nsec: Int(modified % 1_000_000_000))
                    _ = futimens(file.rawValue, [time, time])
                }
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: part.removingLastComponent()))")
        }
        if !patches.isEmpty { digest = try SHA256Hasher.digest(path: part).sha256 }
        for (index, path) in planned.candidates.enumerated() {
            let size = OriginalFetch.byteCount(path)
            if size == planned.photo.byteCount.bytes, try SHA256Hasher.digest(path: path).sha256 == digest {
                return (path, digest, false)
            }
            if index < planned.taken || OriginalFetch.exists(path) { continue }
            do {
                try OriginalFetch.settle(part, path, replaces: false)
                return (path, digest, true)
            } catch let error as EngineError where error.code == .conflict {
                // Another export had the name this moment, perhaps for the same photo.
                if (try? SHA256Hasher.digest(path: path).sha256) == digest { return (path, digest, false) }
            }
        }
        throw EngineError(
            .conflict, "other files have all the names that the photo may have there",
            whatToDo: "move them away, or choose another folder")
    }

    /// Made where it isn't there, with those it is in.
    static func make(_ folder: FilePath) throws {
        var status = stat()
        if folder.withPlatformString({ stat($0, &status) }) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw EngineError(
                    .conflict, "\(String(decoding: folder)) is a file", whatToDo: "name a folder to write to")
            }
            guard folder.withPlatformString({ access($0, W_OK | X_OK) }) == 0 else {
                throw EngineError(
                    Errno(rawValue: errno), doing: "writing to \(String(decoding: folder))")
            }
            return
        }
        let above = folder.removingLastComponent()
        if above != folder, !above.isEmpty, !OriginalFetch.exists(above) { try make(above) }
        if folder.withPlatformString({ mkdir($0, 0o777) }) != 0, errno != EEXIST {
            throw EngineError(Errno(rawValue: errno), doing: "making the folder \(String(decoding: folder))")
        }
    }
}

extension FilePath {
    fileprivate var rawBytes: [UInt8] {
        withPlatformString { text in
            // SAFETY: the text ends with a NUL, and outlives the closure.
            UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
        }
    }
}
