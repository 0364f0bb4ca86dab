public import Core
internal import Glibc
internal import SystemPackage

/// Removes for good what has been in the trash for long enough, a photo at a time: whoever stops goes on with what is left.
/// The transaction that removes a photo notes what is to be deleted of it, under a key that nothing is stored under again: an
/// import of the same bytes beside this, or after it was killed, takes another.
///
/// A copy in the library goes, with its renditions. A file that lies in the owner's own folder goes only when the owner says so, and
/// then into the desktop's trash; until then its photo stays where it is, and can be taken back.
public struct TrashEmptying: Sendable {
    /// What became of a photo.
    public enum Outcome: Hashable, Sendable {
        case removed
        /// Its file lies in a folder of the owner's.
        case inPlace
        /// Why it could not be removed.
        case failed(EngineError.Code, String)
    }

    public typealias EmptyingCatalog = TrashCatalog & PhotoCatalog & FileCatalog & FilmCatalog

    /// What earlier runs had removed and not deleted.
    public struct Leftovers: Hashable, Sendable {
        /// Photos of which nothing is left now.
        public var deleted = 0
        /// Photos of which something is, and why.
        public var failed: [String] = []

        public init() {}
    }

    private let catalog: any EmptyingCatalog
    private let objects: any ObjectStore
    private let desktop: DesktopTrash
    /// The sizes of renditions that there may be.
    private let sizes: [Int]
    /// Whether nobody else's photos have these renditions.
    private let ownsRenditions: Bool
    private let sharing: PhotoSharing?
    private let blocking = BlockingQueue(label: "phototui.trash")
    private static let page = 256

    /// Days after which a photo is removed, unless somebody says otherwise.
    public static let standardDays = 30

    public init(
        catalog: any EmptyingCatalog, objects: any ObjectStore, desktop: DesktopTrash,
        sizes: [Int] = RenditionKind.standardSizes, ownsRenditions: Bool, sharing: PhotoSharing? = nil
    ) {
        self.sharing = sharing
        self.catalog = catalog
        self.objects = objects
        self.desktop = desktop
        self.sizes = Set(sizes).union(RenditionKind.standardSizes).sorted()
        self.ownsRenditions = ownsRenditions
    }

    /// Removes what was put into the trash before `moment` (Unix microseconds), or only tells of it in a dry run; first of all
    /// deletes what earlier runs had no time for. Cancelling ends it between two photos.
    ///
    /// A photo stays where nothing is left of what was kept instead of it: it is the last copy of its picture. With
    /// `takesLastCopies` it goes all the same.
    @discardableResult
    public func run(
        trashedBefore moment: Int64, movesOriginals: Bool, takesLastCopies: Bool = false, isDry: Bool, actor: String,
        reason: String,
        each body: @Sendable (TrashedPhoto, Outcome) throws -> Void
    ) async throws -> Leftovers {
        let leftovers = isDry ? Leftovers() : try await deleteLeftovers()
        let copies = isDry ? nil : try await sharing?.copies()
        var after = TrashPosition(before: moment)
        while true {
            let page = try await catalog.trash(after: after, limit: Self.page)
            guard let last = page.last else { return leftovers }
            after = TrashPosition(last)
            var kept = KeptPhotos(
                insteadOf: page, catalog: catalog, originals: OriginalPresence(catalog: catalog, objects: objects))
            for trashed in page {
                try Task.checkCancellation()
                var outcome: Outcome
                do {
                    let keeper = takesLastCopies ? nil : try await kept.keeper(of: trashed)
                    outcome = try await remove(
                        trashed, keeping: keeper, shared: copies, movesOriginals: movesOriginals, isDry: isDry,
                        actor: actor, reason: reason)
                } catch let error as EngineError where !error.isRetryable {
                    outcome = .failed(error.code, error.description)
                }
                try body(trashed, outcome)
            }
        }
    }

    private func remove(
        _ trashed: TrashedPhoto, keeping keeper: PhotoID?, shared copies: PhotoSharing.Copies?, movesOriginals: Bool,
        isDry: Bool, actor: String, reason: String
    ) async throws -> Outcome {
        var gone: [FilePath] = []
        if case .file = trashed.photo.original {
            let files = try await blocking.run { try Self.present(trashed.files) }
            if !files.isEmpty, !movesOriginals { return .inPlace }
            let films = try await films(of: trashed.photo)
            let filmFiles = try await blocking.run { try Self.present(films) }
            gone = (trashed.files + films).map(\.path)
            if !isDry {
                try await blocking.run { [desktop] in for file in files + filmFiles { try desktop.move(file) } }
            }
        }
        if isDry { return .removed }
        // First, so that whoever is stopped here does it again.
        if let copies { try await sharing?.takeOut(trashed.photo.id, of: copies) }
        let removed = try await catalog.remove(
            trashed.photo.id, trashedAt: trashed.trashedAt, keeping: keeper, forgetting: gone, actor: actor,
            reason: reason)
        guard let removed else {
            return .failed(
                .conflict,
                "it was taken out of the trash meanwhile, is being processed, or what was kept instead has gone")
        }
        do {
            for one in removed.films + [removed] { try await delete(one) }
        } catch let error as EngineError where !error.isRetryable {
            return .failed(
                error.code, "it is removed, but not yet deleted, which emptying once more tries again: \(error)")
        }
        try await catalog.markDeleted((removed.films + [removed]).map(\.id))
        return .removed
    }

    /// The files of a live photo's film that no other photo has, too.
    private func films(of photo: Photo) async throws -> [LibraryFile] {
        guard let identifier = photo.filmIdentifier,
            try await catalog.livePhotos(of: identifier).allSatisfy({ $0 == photo.id })
        else { return [] }
        return try await catalog.films(of: identifier)
    }

    /// Deletes what interrupted runs left, theirs of other machines too.
    private func deleteLeftovers() async throws -> Leftovers {
        var leftovers = Leftovers()
        var after: RemovedOriginalID?
        while true {
            let page = try await catalog.removedOriginals(after: after, limit: Self.page)
            guard let last = page.last else { return leftovers }
            after = last.id
            var deleted: [RemovedOriginalID] = []
            for removed in page {
                try Task.checkCancellation()
                do {
                    try await delete(removed)
                    deleted.append(removed.id)
                } catch let error as EngineError where !error.isRetryable {
                    leftovers.failed.append("\(removed.key?.description ?? removed.sha256.description): \(error)")
                }
            }
            try await catalog.markDeleted(deleted)
            leftovers.deleted += deleted.count
        }
    }

    private func delete(_ removed: RemovedOriginal) async throws {
        if let key = removed.key { try await objects.delete(key) }
        // Those of a photo that came back since are its own; one that comes back just now has them made anew when they are missed.
        guard ownsRenditions, try await catalog.photo(sha256: removed.sha256) == nil else { return }
        for size in sizes {
            for format in RenditionFormat.allCases {
                try await objects.delete(RenditionKind(size: size, format: format).key(of: removed.sha256))
            }
        }
    }

    /// The files that are there as they were recorded. Throws `.conflict` when one is there with other bytes: what it is now
    /// nobody has seen.
    static func present(_ files: [LibraryFile]) throws -> [FilePath] {
        var present: [FilePath] = []
        for file in files {
            var status = stat()
            guard file.path.withPlatformString({ lstat($0, &status) }) == 0 else {
                let failure = Errno(rawValue: errno)
                if failure == .noSuchFileOrDirectory || failure == .notDirectory { continue }
                throw EngineError(failure, doing: "looking at a file")
            }
            let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
            guard status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) == file.fingerprint.byteCount,
                modified == file.fingerprint.modified
            else {
                throw EngineError(
                    .conflict, "its file has changed since it was imported", whatToDo: "import its folder again")
            }
            present.append(file.path)
        }
        return present
    }
}
