public import Core
internal import Synchronization

/// Holds the originals and renditions that a catalogue has against the objects of its storage, in memory that doesn't grow with them.
public struct StorageComparison: Sendable {
    public typealias ComparedCatalog = StorageCatalog & PhotoCatalog & FilmCatalog & UploadCatalog & TrashCatalog

    public enum Fault: Hashable, Sendable {
        case lostOriginal(OriginalObject)
        /// Renditions of a processed photo.
        case lostRenditions(PhotoID, [ObjectKey])
        /// An original of no photo, upload or removal.
        case strayOriginal(ObjectSummary)
        case strayRendition(ObjectSummary, of: SHA256Digest)
        /// Among originals or renditions, under a name that none of these has.
        case unknownKey(StrangeObject)
    }

    private let catalog: any ComparedCatalog
    private let objects: any ObjectStore
    private let originals: String
    private let kinds: [RenditionKind]
    private let rowsAtOnce: Int

    private static let renditions = "renditions/"
    private static let page = 1000
    /// A folder's listing begins anew with each part of it.
    private static let objectsAtOnce = 10_000

    /// `originals` is what the keys of the owner's originals begin with; `options` say which renditions are made.
    public init(
        catalog: any ComparedCatalog, objects: any ObjectStore, originals: String, options: ProcessingOptions,
        rowsAtOnce: Int = 10_000
    ) {
        (self.catalog, self.objects, self.originals) = (catalog, objects, originals)
        self.rowsAtOnce = rowsAtOnce
        kinds = options.sizes.flatMap { size in options.formats.map { RenditionKind(size: size, format: $0) } }
    }

    /// Tells each fault as it is found. What is imported, uploaded or removed meanwhile is none.
    public func run(_ tell: (Fault) async throws -> Void) async throws {
        try await compareOriginals(tell)
        try await compareRenditions(tell)
    }

    /// The catalogue is read first, and each part of the storage behind it: what it has was stored before.
    private func compareOriginals(_ tell: (Fault) async throws -> Void) async throws {
        var after: ObjectKey?
        var pending: Set<ObjectKey>?
        while true {
            let rows = try await catalog.storedOriginals(after: after, limit: rowsAtOnce)
            let isLast = rows.count < rowsAtOnce
            var absent = Dictionary(rows.map { ($0.key, $0) }) { first, _ in first }
            let end = isLast ? nil : rows.last?.key
            try await forEachPage(originals, after: after, through: end, tell) { page in
                let surplus = page.filter { absent.removeValue(forKey: $0.key) == nil }
                if surplus.isEmpty { return }
                let digests = surplus.map { Self.original($0.key) }
                // Recorded meanwhile, or about to be, or to be deleted.
                let recorded = try await catalog.originals(of: digests.compactMap(\.self))
                for (object, sha256) in zip(surplus, digests) {
                    guard let sha256 else {
                        try await tell(.unknownKey(object.strange))
                        continue
                    }
                    if recorded[sha256] == object.key { continue }
                    let known = if let pending { pending } else { try await pendingKeys() }
                    pending = known
                    if !known.contains(object.key) { try await tell(.strayOriginal(object)) }
                }
            }
            for row in rows where absent[row.key] != nil {
                // One whose owner has another name now lies elsewhere.
                if !row.key.description.hasPrefix(originals), try await objects.head(row.key) != nil { continue }
                guard try await isRecorded(row) else { continue }
                try await tell(.lostOriginal(row))
            }
            guard !isLast, let last = rows.last else { return }
            after = last.key
        }
    }

    /// Whether the catalogue has it there still.
    private func isRecorded(_ row: OriginalObject) async throws -> Bool {
        if let photo = row.photo { return try await catalog.photo(photo)?.original == .object(row.key) }
        return try await catalog.storedFilm(row.sha256)?.key == row.key
    }

    private func compareRenditions(_ tell: (Fault) async throws -> Void) async throws {
        var after: SHA256Digest?
        while true {
            let rows = try await catalog.picturedPhotos(after: after, limit: rowsAtOnce)
            let isLast = rows.count < rowsAtOnce
            var found = Dictionary(rows.map { ($0.sha256, Set<ObjectKey>()) }) { first, _ in first }
            try await forEachPage(
                Self.renditions, after: after.map(Self.end),
                through: isLast ? nil : rows.last.map { Self.end($0.sha256) }, tell
            ) { page in
                var surplus: [(object: ObjectSummary, sha256: SHA256Digest?)] = []
                for object in page {
                    let sha256 = Self.rendition(object.key)
                    if let sha256, found[sha256]?.insert(object.key) != nil { continue }
                    surplus.append((object, sha256))
                }
                if surplus.isEmpty { return }
                let recorded = try await catalog.originals(of: Array(Set(surplus.compactMap(\.sha256))))
                for (object, sha256) in surplus {
                    guard let sha256 else {
                        try await tell(.unknownKey(object.strange))
                        continue
                    }
                    if recorded[sha256] == nil { try await tell(.strayRendition(object, of: sha256)) }
                }
            }
            for row in rows where row.isProcessed {
                let lost = kinds.map { $0.key(of: row.sha256) }.filter { found[row.sha256]?.contains($0) != true }
                guard !lost.isEmpty, try await catalog.photo(row.photo) != nil else { continue }
                try await tell(.lostRenditions(row.photo, lost))
            }
            guard !isLast, let last = rows.last else { return }
            after = last.sha256
        }
    }

    /// Behind one key, up to and with another.
    private func forEachPage(
        _ prefix: String, after: ObjectKey?, through last: ObjectKey?, _ tell: (Fault) async throws -> Void,
        _ body: ([ObjectSummary]) async throws -> Void
    ) async throws {
        var after = after
        while true {
            try Task.checkCancellation()
            let strange = Mutex<[StrangeObject]>([])
            let page = try await objects.list(prefix: prefix, after: after, limit: Self.objectsAtOnce) { object in
                strange.withLock { $0.append(object) }
            }
            for object in strange.withLock({ $0 }) {
                // What lies behind is passed again.
                if let last, last.description.utf8.lexicographicallyPrecedes(object.name.utf8) { continue }
                try await tell(.unknownKey(object))
            }
            try await body(last.map { last in Array(page.prefix { $0.key <= last }) } ?? page)
            guard page.count == Self.objectsAtOnce,
                last.map({ last in page.last.map { $0.key <= last } ?? false }) ?? true
            else { return }
            after = page.last?.key
        }
    }

    /// Keys of uploads that are not confirmed, and of what was removed and is not deleted yet.
    private func pendingKeys() async throws -> Set<ObjectKey> {
        var keys: Set<ObjectKey> = []
        var upload: UploadID?
        while true {
            let page = try await catalog.uploads(state: .begun, after: upload, limit: Self.page)
            keys.formUnion(page.map(\.key))
            guard page.count == Self.page else { break }
            upload = page.last?.id
        }
        var removed: RemovedOriginalID?
        while true {
            let page = try await catalog.removedOriginals(after: removed, limit: Self.page)
            keys.formUnion(page.compactMap(\.key))
            guard page.count == Self.page else { return keys }
            removed = page.last?.id
        }
    }

    // Names

    /// `…/<SHA-256>.jpg`, or `…/<SHA-256>-1.jpg` where the first was removed for good.
    static func original(_ key: ObjectKey) -> SHA256Digest? {
        let name = key.description.split(separator: "/").last ?? ""
        let digits = name.prefix(64)
        guard name.dropFirst(64).first.map({ ".-_".contains($0) }) ?? false else { return nil }
        return digest(digits)
    }

    /// `renditions/ab/ab…/256.webp`
    static func rendition(_ key: ObjectKey) -> SHA256Digest? {
        let parts = key.description.split(separator: "/")
        guard parts.count == 4, parts[1] == parts[2].prefix(2) else { return nil }
        let name = parts[3].split(separator: ".", omittingEmptySubsequences: false)
        guard name.count == 2, let size = Int(name[0]), RenditionKind.possibleSizes.contains(size),
            RenditionFormat(rawValue: String(name[1])) != nil
        else { return nil }
        return digest(parts[2])
    }

    private static func digest(_ text: Substring) -> SHA256Digest? {
        SHA256Digest(String(text)).flatMap { $0.description == text ? $0 : nil }
    }

    /// Behind all renditions of an original, and before those of the next: `0` follows `/`.
    private static func end(_ sha256: SHA256Digest) -> ObjectKey {
        ObjectKey("renditions/\(sha256.description.prefix(2))/\(sha256)0")
    }
}

extension ObjectSummary {
    fileprivate var strange: StrangeObject { StrangeObject(name: key.description, byteCount: byteCount) }
}
