import Core
import SystemPackage

/// Writes scanned files within one transaction, gathering what changes in the counters.
struct FileRecording {
    let connection: any SQLConnection
    let catalog: SQLCatalog
    let now: Int64
    private var counters = CounterChanges()
    private var foreseen = ForeseenRows()
    private var waiting = WaitingRows()
    private var room = QuotaRoom()
    /// Under which keys photos were recorded.
    private var stored: [StoredOriginal] = []
    private var films: [StoredFilm] = []

    init(connection: any SQLConnection, catalog: SQLCatalog, now: Int64) {
        self.connection = connection
        self.catalog = catalog
        self.now = now
    }

    /// Writes the photos and files that wait, for what refers to them.
    mutating func write() throws { try waiting.write(to: connection, owner: catalog.owner) }

    /// Writes what waits, and the counters. Throws `RemovedKeyFault` when a key was removed for good.
    mutating func end() throws {
        try waiting.write(to: connection, owner: catalog.owner)
        try requireUnremoved()
        try FilmRows(connection: connection, owner: owner).insert(films)
        try counters.write(to: connection, owner: owner)
    }

    private func requireUnremoved() throws {
        if stored.isEmpty { return }
        let removed = try connection.rows(
            "SELECT 1 FROM removed_originals WHERE owner = ? AND sha256 = ? AND object_key = ?",
            each: stored.map { [owner, .digest($0.sha256), .text($0.key.description)] })
        let lost = zip(stored, removed).filter { !$1.isEmpty }.map(\.0)
        if !lost.isEmpty { throw RemovedKeyFault(originals: lost) }
    }

    /// Records files, asking for what is known of all of them at once.
    mutating func record(_ files: [ScannedFile]) throws -> [RecordOutcome] {
        try foreseen.look(for: files, owner: owner, connection: connection)
        return try files.map { try record($0) }
    }

    /// A petabyte: more than any file, and thousands of them still add up within 64 bits.
    private static let largestFile: Int64 = 1_000_000_000_000_000

    static func isPossible(_ byteCount: Int64) -> Bool { (0...largestFile).contains(byteCount) }

    private var owner: SQLValue { catalog.ownerValue }

    /// Records the photo of an upload that came without a path of this machine.
    mutating func record(_ upload: Upload) throws -> RecordOutcome {
        let content = upload.content
        let photo = try find(content.sha256)
        guard let photo else {
            if let refusal = try refusal(of: content.byteCount.bytes) { return refusal }
            return .imported(
                try insert(
                    content.filename, byteCount: content.byteCount.bytes, digest: content.sha256,
                    mediaType: content.mediaType, captureTime: content.provisional, original: .object(upload.key)))
        }
        if photo.isMissing { try move(photo.id, content.sha256, to: .object(upload.key)) }
        try settle(photo.id)
        return photo.isMissing ? .moved(photo.id) : .known(photo.id)
    }

    mutating func record(_ file: ScannedFile) throws -> RecordOutcome {
        guard FileRecording.isPossible(file.fingerprint.byteCount) else {
            throw EngineError(.invalidInput, "a file cannot have \(file.fingerprint.byteCount) bytes")
        }
        let previous = try self.previous(at: file.path)
        switch file.content {
        case .photo(let digest, let mediaType, let provisional, let original):
            let photo = try find(digest)
            if photo == nil, let refusal = try refusal(of: file.fingerprint.byteCount) { return refusal }
            let id =
                try photo?.id
                ?? insert(
                    FileRecording.name(of: file.path), byteCount: file.fingerprint.byteCount, digest: digest,
                    mediaType: mediaType, captureTime: provisional, original: original)
            let outcome: FileOutcome =
                photo?.status == .unreadable ? .rejected(reason: photo?.problem ?? "unreadable") : .photo
            try write(file, outcome: outcome, photo: id, isNew: previous == nil)
            if let photo {
                if photo.isMissing { try move(photo.id, digest, to: original) }
                try settle(id)
            }
            if let left = previous?.photo, left != id { try settle(left) }
            guard let photo else { return .imported(id) }
            return photo.isMissing ? .moved(id) : .known(id)
        case .film(let identifier, let copy):
            if let copy {
                stored.append(StoredOriginal(sha256: copy.sha256, key: copy.key))
                films.append(copy)
            }
            try write(
                file, outcome: .unsupported(reason: Film.reason(identifier)), photo: nil, isNew: previous == nil)
            if let left = previous?.photo { try settle(left) }
            return .unsupported
        case .unsupported(let reason):
            try write(file, outcome: .unsupported(reason: reason), photo: nil, isNew: previous == nil)
            if let left = previous?.photo { try settle(left) }
            return .unsupported
        case .rejected(let reason):
            try write(file, outcome: .rejected(reason: reason), photo: nil, isNew: previous == nil)
            if let left = previous?.photo { try settle(left) }
            return .rejected
        }
    }

    /// What becomes of a new photo that the owner's quota has no room for.
    private mutating func refusal(of byteCount: Int64) throws -> RecordOutcome? {
        try room.refusal(of: ByteCount(byteCount), owner: owner, connection: connection).map {
            .overQuota(reason: $0.description)
        }
    }

    /// Makes a photo's `is_missing` and original follow from its files: the original is at a path that is there, as long
    /// as one is. A copy in the object store is never missing.
    mutating func settle(_ photo: PhotoID) throws {
        try waiting.write(to: connection, owner: catalog.owner)
        guard
            var row = try connection.row(
                "SELECT original_path, is_missing FROM photos WHERE id = ? AND owner = ?", [.id(photo), owner])
        else { return }
        let original = try row.optionalBytes()
        let wasMissing = try row.bool()
        guard let original else { return try setMissing(false, photo: photo, from: wasMissing) }
        var present = try connection.row(
            "SELECT path FROM files WHERE photo = ? AND is_missing = 0 ORDER BY path <> ?, path LIMIT 1",
            [.id(photo), .bytes(original)])
        let path = try present?.bytes()
        try setMissing(path == nil, photo: photo, from: wasMissing)
        if let path, path != original {
            try connection.send(
                "UPDATE photos SET original_path = ? WHERE id = ?", [.bytes(path), .id(photo)])
        }
    }

    private mutating func setMissing(_ isMissing: Bool, photo: PhotoID, from wasMissing: Bool) throws {
        guard isMissing != wasMissing else { return }
        foreseen.forget()
        try connection.send("UPDATE photos SET is_missing = ? WHERE id = ?", [.bool(isMissing), .id(photo)])
        counters.add(isMissing ? 1 : -1, to: .missing)
    }

    private mutating func previous(at path: FilePath) throws -> KnownFile? {
        if let answer = foreseen.file(at: path) { return answer }
        try waiting.write(to: connection, owner: catalog.owner)
        var row = try connection.row("SELECT photo FROM files WHERE owner = ? AND path = ?", [owner, .path(path)])
        return try row.map { _ in KnownFile(photo: try row?.optionalID()) }
    }

    private mutating func find(_ digest: SHA256Digest) throws -> KnownPhoto? {
        if let answer = foreseen.photo(digest) { return answer }
        try waiting.write(to: connection, owner: catalog.owner)
        return try connection.row(
            "SELECT \(KnownPhoto.columns) FROM photos WHERE owner = ? AND sha256 = ?", [owner, .digest(digest)]
        ).map(KnownPhoto.init)
    }

    private mutating func move(_ photo: PhotoID, _ digest: SHA256Digest, to original: OriginalLocation) throws {
        note(original, digest)
        try waiting.write(to: connection, owner: catalog.owner)
        try connection.send(
            "UPDATE photos SET original_path = ?, original_key = ?, tier = NULL WHERE id = ?",
            FileRecording.values(original) + [.id(photo)])
    }

    private mutating func note(_ original: OriginalLocation, _ digest: SHA256Digest) {
        if case .object(let key) = original { stored.append(StoredOriginal(sha256: digest, key: key)) }
    }

    private mutating func insert(
        _ filename: String, byteCount: Int64, digest: SHA256Digest, mediaType: MediaType, captureTime: CaptureTime,
        original: OriginalLocation
    ) throws -> PhotoID {
        let id: PhotoID = catalog.newIdentifier()
        note(original, digest)
        waiting.photos.append(
            [
                .id(id), owner, .digest(digest), .text(mediaType.rawValue), .int(byteCount),
                .int(captureTime.month.ordinal), .int(captureTime.wallMicroseconds), .int(captureTime.offsetMinutes),
                .text(captureTime.source.rawValue), .int(now), .string(filename),
            ] + FileRecording.values(original))
        waiting.search.add(
            id, of: catalog.owner, takenAt: captureTime.wallMicroseconds,
            SearchedText(filename: filename, mediaType: mediaType, byteCount: byteCount))
        waiting.jobs.append(
            JobInsertion.values(.processPhoto, photo: id, id: catalog.newIdentifier(), owner: owner, now: now))
        foreseen.add(KnownPhoto(id: id, isMissing: false, status: .queued, problem: nil), digest)
        counters.add(1, to: .photos)
        counters.add(byteCount, to: .bytes)
        counters.addToTimeline(1, month: captureTime.month.ordinal, place: nil)
        counters.moveJobs(from: nil, to: .queued)
        return id
    }

    private mutating func write(_ file: ScannedFile, outcome: FileOutcome, photo: PhotoID?, isNew: Bool) throws {
        waiting.files.append(
            [owner, .path(file.path), .int(file.fingerprint.byteCount), .int(file.fingerprint.modified)]
                + FileColumns.values(outcome) + [.id(photo)])
        foreseen.add(KnownFile(photo: photo), at: file.path)
        if isNew { counters.add(1, to: .files) }
    }

    private static func name(of path: FilePath) -> String {
        let bytes = path.lastComponent.map { FilePath(root: nil, [$0]).pathBytes } ?? []
        return ByteText.text(bytes)
    }

    private static func values(_ original: OriginalLocation) -> [SQLValue] {
        switch original {
        case .file(let path): [.path(path), .null]
        case .object(let key): [.null, .text(key.description)]
        }
    }
}
