public import Core
internal import Glibc
internal import SystemPackage

/// Looks whether originals are there at the moment of asking, whatever the catalogue remembers.
public struct OriginalPresence: Sendable {
    private let catalog: any PhotoCatalog
    private let objects: any ObjectStore
    private let blocking = BlockingQueue(label: "phototui.presence")

    public init(catalog: any PhotoCatalog, objects: any ObjectStore) {
        (self.catalog, self.objects) = (catalog, objects)
    }

    /// Whether the photo's original is there as it was imported: a file with its size and time, or an object with its size.
    public func isThere(_ photo: Photo) async throws -> Bool {
        switch photo.original {
        case .object(let key): return try await objects.head(key) == photo.byteCount
        case .file:
            let files = try await catalog.files(of: photo.id)
            return try await blocking.run { files.contains(where: Self.isAsRecorded) }
        }
    }

    private static func isAsRecorded(_ file: LibraryFile) -> Bool {
        var status = stat()
        // A link may lead to the very file that is to go.
        guard file.path.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return false
        }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        return file.fingerprint == FileFingerprint(byteCount: Int64(status.st_size), modified: modified)
    }
}
