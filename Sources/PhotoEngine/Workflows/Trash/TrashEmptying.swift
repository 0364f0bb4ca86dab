public import Core
internal import Glibc
internal import SystemPackage

/// Removes for good what has been in the trash for long enough, a photo at a time: whoever stops goes on with what is left.
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

    private let catalog: any TrashCatalog
    private let objects: any ObjectStore
    private let desktop: DesktopTrash
    /// Whether nobody else's photos have these renditions.
    private let ownsRenditions: Bool
    private let blocking = BlockingQueue(label: "phototui.trash")
    private static let page = 256

    /// Days after which a photo is removed, unless somebody says otherwise.
    public static let standardDays = 30

    public init(
        catalog: any TrashCatalog, objects: any ObjectStore, desktop: DesktopTrash, ownsRenditions: Bool
    ) {
        self.catalog = catalog
        self.objects = objects
        self.desktop = desktop
        self.ownsRenditions = ownsRenditions
    }

    /// Removes what was put into the trash before `moment` (Unix microseconds), or only tells of it in a dry run.
    /// Cancelling ends it between two photos.
    public func run(
        trashedBefore moment: Int64, movesOriginals: Bool, isDry: Bool, actor: String, reason: String,
        each body: @Sendable (TrashedPhoto, Outcome) throws -> Void
    ) async throws {
        var after = TrashPosition(before: moment)
        while true {
            let page = try await catalog.trash(after: after, limit: Self.page)
            guard let last = page.last else { return }
            after = TrashPosition(last)
            for trashed in page {
                try Task.checkCancellation()
                var outcome: Outcome
                do {
                    outcome = try await remove(
                        trashed, movesOriginals: movesOriginals, isDry: isDry, actor: actor, reason: reason)
                } catch let error as EngineError where !error.isRetryable {
                    outcome = .failed(error.code, error.description)
                }
                try body(trashed, outcome)
            }
        }
    }

    private func remove(
        _ trashed: TrashedPhoto, movesOriginals: Bool, isDry: Bool, actor: String, reason: String
    ) async throws -> Outcome {
        var gone: [FilePath] = []
        var key: ObjectKey?
        switch trashed.photo.original {
        case .object(let stored): key = stored
        case .file:
            let files = try await blocking.run { try Self.present(trashed.files) }
            if !files.isEmpty, !movesOriginals { return .inPlace }
            gone = trashed.files.map(\.path)
            if isDry { break }
            try await blocking.run { [desktop] in for file in files { try desktop.move(file) } }
        }
        if isDry { return .removed }
        let isRemoved = try await catalog.remove(
            trashed.photo.id, trashedAt: trashed.trashedAt, forgetting: gone, actor: actor, reason: reason)
        guard isRemoved else {
            return .failed(.conflict, "it was taken out of the trash meanwhile, or is being processed")
        }
        // Behind the catalogue's own change: what is left when this is interrupted is in nobody's way.
        if let key { try await objects.delete(key) }
        if ownsRenditions {
            for size in RenditionKind.sizes {
                for format in RenditionFormat.allCases {
                    try await objects.delete(RenditionKind(size: size, format: format).key(of: trashed.photo.sha256))
                }
            }
        }
        return .removed
    }

    /// The files that are there as they were recorded. Throws `.conflict` when one is there with other bytes: what it is now
    /// nobody has seen.
    private static func present(_ files: [LibraryFile]) throws -> [FilePath] {
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
