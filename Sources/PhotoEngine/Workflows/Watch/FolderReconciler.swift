internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// Brings the catalogue in step with parts of a watched folder.
final class FolderReconciler: Sendable {
    /// A folder that lost more than this share of its files at once is taken for unmounted.
    private static let unmountedShare = 0.1
    /// So many files may always go.
    private static let believable = 5

    private let catalog: any FolderWatcher.WatchCatalog
    private let importer: Importer
    private let output: AsyncStream<WatchEvent>.Continuation
    private let unmounted = Mutex<Set<FilePath>>([])
    private let looking = BlockingQueue(label: "phototui.reconcile")

    init(
        catalog: any FolderWatcher.WatchCatalog, importer: Importer, output: AsyncStream<WatchEvent>.Continuation
    ) {
        self.catalog = catalog
        self.importer = importer
        self.output = output
    }

    func isUnmounted(_ folder: FilePath) -> Bool { unmounted.withLock { $0.contains(folder) } }

    /// Compares the catalogue with what is at or below `paths`, all in the watched `folder`, and imports what is new.
    func reconcile(_ paths: [FilePath], in folder: FilePath) async {
        do {
            var gone: [LibraryFile] = []
            var changes = FolderChanges(folder: folder)
            for path in isUnmounted(folder) ? [folder] : paths {
                let (missing, returned, _) = try await compare(path)
                gone += missing
                changes.returned += returned
            }
            guard try await isBelievable(gone.count, in: folder) else {
                if unmounted.withLock({ $0.insert(folder).inserted }) {
                    output.yield(.unmounted(folder: folder, vanished: gone.count))
                }
                return
            }
            if unmounted.withLock({ $0.remove(folder) != nil }) { output.yield(.returned(folder: folder)) }
            if !gone.isEmpty { try await catalog.markMissing(gone.map(\.path)) }
            let present = paths.filter(\.isThere)
            if !present.isEmpty {
                let request = ImportRequest(paths: present, listsItems: false, processes: false)
                changes.added = try await importer.run(request) { _ in }.imported
            }
            changes.moved = try await moved(gone)
            changes.missing = gone.count - changes.moved
            if !changes.isEmpty { output.yield(.changed(changes)) }
        } catch let error as EngineError {
            output.yield(.failed(folder: folder, error))
        } catch {
            // Cancelled: the next start looks again.
        }
    }

    /// Files of the catalogue at or below a path that are gone, and how many are back or still there.
    private func compare(_ path: FilePath) async throws -> (gone: [LibraryFile], returned: Int, present: Int) {
        var gone: [LibraryFile] = []
        var returned = 0
        var present = 0
        var after: FilePath?
        while true {
            try Task.checkCancellation()
            let page = try await catalog.files(under: path, after: after, limit: 1000)
            let isThere = try await looking.run { page.map(\.path.isThere) }
            for (file, isThere) in zip(page, isThere) {
                switch (file.isMissing, isThere) {
                case (false, false): gone.append(file)
                case (true, true): returned += 1
                case (false, true): present += 1
                case (true, false): break
                }
            }
            guard page.count == 1000, let last = page.last else { return (gone, returned, present) }
            after = last.path
        }
    }

    private func isBelievable(_ count: Int, in folder: FilePath) async throws -> Bool {
        guard count > 0 else { return true }
        guard folder.isThere, !folder.isEmptyFolder else { return false }
        guard count > Self.believable else { return true }
        let (gone, _, present) = try await compare(folder)
        return Double(gone.count) <= Double(gone.count + present) * Self.unmountedShare
    }

    /// How many of these photos are at another path now.
    private func moved(_ gone: [LibraryFile]) async throws -> Int {
        var count = 0
        for file in gone {
            if let id = file.photo, let photo = try await catalog.photo(id), !photo.isMissing { count += 1 }
        }
        return count
    }
}

extension FilePath {
    fileprivate var isThere: Bool { withPlatformString { access($0, F_OK) } == 0 }

    /// An empty mount point is what an unmounted disk leaves.
    fileprivate var isEmptyFolder: Bool {
        withPlatformString { path in
            // SAFETY: the stream is used on this thread only and closed before the closure returns.
            guard let stream = opendir(path) else { return true }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                // SAFETY: d_name is NUL-terminated and stays until the next readdir of this stream.
                let isDots = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                    name[0] == 0x2E && (name[1] == 0 || (name[1] == 0x2E && name[2] == 0))
                }
                if !isDots { return false }
            }
            return true
        }
    }
}
