public import Core
internal import Digest
public import SystemPackage

/// Another library that photos are imported from. Nothing of it is changed.
public struct LibrarySource: Sendable {
    let catalog: any Catalog
    let objects: any LocalObjectStore
    /// What it is called where a photo has no file that tells where it came from.
    let root: FilePath
    /// For people.
    public let name: String

    public init(catalog: any Catalog, objects: any LocalObjectStore, root: FilePath, name: String) {
        (self.catalog, self.objects, self.root, self.name) = (catalog, objects, root, name)
    }

    /// Photos that can come, a page at a time: those in the trash stay where they are, and so do unreadable ones.
    func each(_ body: ([Photo]) async throws -> Void) async throws {
        var after: PhotoID?
        while true {
            try Task.checkCancellation()
            let page = try await catalog.photos(after: after, limit: 200)
            guard let last = page.last else { return }
            after = last.id
            try await body(page.filter { $0.trashedAt == nil && $0.status != .unreadable })
        }
    }

    /// Where a photo of it was first seen, for the record, and its size and date there.
    func place(of photo: Photo) async throws -> (path: FilePath, fingerprint: FileFingerprint) {
        let files = try await catalog.files(of: photo.id)
        if case .file(let path) = photo.original, let file = files.first(where: { $0.path == path }) {
            return (path, file.fingerprint)
        }
        if let file = files.first { return (file.path, file.fingerprint) }
        // A client of a networked library sent it.
        return (
            root.appending(["\(photo.id)", photo.filename.replacing("/", with: "∕")]),
            FileFingerprint(byteCount: photo.byteCount.bytes, modified: photo.importedAt * 1000)
        )
    }
}

/// What an import from another library did besides the photos.
public struct LibraryReport: Hashable, Sendable {
    /// Where the two say different things: what is here stays.
    public struct Conflict: Hashable, Sendable {
        /// The photo's file there; the album's or the stack's photos for one of those.
        public let subject: String
        /// rating, caption, album and the like.
        public let what: String
        /// Untrusted.
        public let here: String
        public let there: String
    }

    public var conflicts: [Conflict] = []
    /// Photos of its trash, and unreadable ones, which stayed there.
    public var leftOut = 0
    /// Photos that were given a mark, by which: rating, caption, favourite, archived, tags.
    public var marks: [String: Int] = [:]
    public var savedSearches = 0
    public var stacks = 0
    /// Pairs of photos that are no duplicates.
    public var decisions = 0

    public init() {}
}

extension ImportRun {
    /// Takes the photos that aren't here yet out of another library: those that it reads in place are read there here, too, the
    /// others come out of its store.
    func takeFrom(_ source: LibrarySource) async throws {
        tally.counted(try await source.catalog.statistics().photos)
        try await source.each { page in
            for photo in page {
                try Task.checkCancellation()
                let (path, fingerprint) = try await source.place(of: photo)
                tally.found(1, skipped: [])
                if let there = try await importer.catalog.photo(sha256: photo.sha256), there.status != .unreadable {
                    tally.add(path, .known)
                } else {
                    try await take(photo, from: source, path, fingerprint)
                }
            }
            for identifier in Set(page.compactMap(\.filmIdentifier)).sorted() {
                try await takeFilms(of: identifier, from: source)
            }
            try await flush(isForced: true)
        }
        guard !request.copies else { return }
        // What is read in place is followed as it is there.
        for folder in try await source.catalog.folders() { _ = try await importer.catalog.addFolder(folder.path) }
    }

    /// Films come as their photos do: from their files where those are there, else from the other library's copies.
    private func takeFilms(of identifier: String, from source: LibrarySource) async throws {
        var isThere = false
        for file in try await source.catalog.films(of: identifier) where file.path.isThere {
            isThere = true
            if try await isKnown(file, filmOf: identifier) { continue }
            tally.found(1, skipped: [])
            try await read(file.path, try await read(file.path, on: LibraryReading.queue))
        }
        if isThere { return }
        for film in try await source.catalog.storedFilms(of: identifier) {
            if try await importer.catalog.storedFilm(film.sha256) != nil { continue }
            let path = source.root.appending("\(film.sha256).\(Film.fileExtension(of: FilePath(film.key.description)))")
            tally.found(1, skipped: [])
            do {
                try await source.objects.makeLocal(film.key, sha256: film.sha256)
            } catch let error as EngineError where !error.isRetryable {
                tally.add(path, .rejected, reason: "this film can't be had: \(error.description)")
                continue
            }
            let local = source.objects.localPath(of: film.key)
            var reading = try await read(local, on: LibraryReading.queue)
            reading.fingerprint = film.fingerprint
            try await read(path, reading, unpacked: local)
        }
    }

    private func isKnown(_ file: LibraryFile, filmOf identifier: String) async throws -> Bool {
        guard let there = try await importer.catalog.file(at: file.path), there.fingerprint == file.fingerprint,
            there.outcome == file.outcome
        else { return false }
        guard importer.uploader != nil || request.copies else { return true }
        return try await !importer.catalog.storedFilms(of: identifier).isEmpty
    }

    private func take(
        _ photo: Photo, from source: LibrarySource, _ path: FilePath, _ fingerprint: FileFingerprint
    ) async throws {
        if let reason = room.limits.refusal(of: photo.byteCount) {
            return tally.add(path, .rejected, reason: reason)
        }
        guard try await makesRoom() else { return tally.add(path, .left, reason: room.reason) }
        var local = path
        if case .object(let key) = photo.original {
            do {
                try await source.objects.makeLocal(key, sha256: photo.sha256)
            } catch let error as EngineError where !error.isRetryable {
                return tally.add(path, .rejected, reason: "its original can't be had: \(error.description)")
            }
            local = source.objects.localPath(of: key)
        }
        var reading = try await read(local, on: LibraryReading.queue)
        switch reading.content {
        case .gone, .cancelled: return tally.add(path, .rejected, reason: "its original is not there")
        case .unreadable(let reason): return tally.add(path, .rejected, reason: reason)
        case .picture(let sha256, _) where sha256 != photo.sha256:
            return tally.add(
                path, .rejected, reason: "its original is not what that library read; import its folder there first")
        case .picture, .unsupported, .rejected, .left: break
        }
        if local == path { return try await read(path, reading) }
        reading.fingerprint = fingerprint
        try await read(path, reading, unpacked: local)
    }
}

private enum LibraryReading {
    static let queue = BlockingQueue(label: "phototui.library")
}
