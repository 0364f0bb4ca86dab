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
    /// Folders taken for unmounted, with some of the files that vanished.
    private let unmounted = Mutex<[FilePath: [FilePath]]>([:])
    private let comparison: FolderComparison

    init(
        catalog: any FolderWatcher.WatchCatalog, importer: Importer, output: AsyncStream<WatchEvent>.Continuation
    ) {
        self.catalog = catalog
        self.importer = importer
        self.output = output
        comparison = FolderComparison(catalog: catalog)
    }

    func isUnmounted(_ folder: FilePath) -> Bool { unmounted.withLock { $0[folder] != nil } }

    /// Whether some of what vanished from an unmounted folder is there again, or was said to be missing by a person. Looks
    /// at a few files only.
    func isReturning(_ folder: FilePath) async -> Bool {
        let vanished = unmounted.withLock { $0[folder] ?? [] }
        if (try? await comparison.looking.run { vanished.contains(where: \.isThere) }) ?? false { return true }
        guard let first = vanished.first else { return false }
        return (try? await catalog.file(at: first))?.isMissing ?? false
    }

    /// Compares the catalogue with what is at or below `paths`, all in the watched `folder`, and imports what is new.
    func reconcile(_ paths: [FilePath], in folder: FilePath) async {
        do {
            let paths = isUnmounted(folder) ? [folder] : paths
            var changes = FolderChanges(folder: folder)
            var gone: [LibraryFile] = []
            for path in paths {
                let (missing, returned, _) = try await comparison.compare(path)
                gone += missing
                changes.returned += returned
            }
            // Before anything is said to be gone: what moved is known by its bytes at its new path.
            let present = try await comparison.looking.run { paths.filter(\.isThere) }
            if !present.isEmpty {
                let request = ImportRequest(paths: present, listsItems: false, processes: false)
                let report = try await importer.run(request) { _ in }
                (changes.added, changes.left, changes.leftReason) = (report.imported, report.left, report.leftReason)
            }
            try Task.checkCancellation()
            // What was left out may be what is gone elsewhere.
            guard changes.left == 0 else { return _ = output.yield(.changed(changes)) }
            guard let loss = try await believableLoss(gone, in: folder) else { return }
            if unmounted.withLock({ $0.removeValue(forKey: folder) }) != nil {
                output.yield(.returned(folder: folder))
            }
            try await catalog.markMissing((loss.moved + loss.vanished).map(\.path))
            changes.moved = loss.moved.count
            changes.missing = loss.vanished.count
            if !changes.isEmpty { output.yield(.changed(changes)) }
        } catch let error as EngineError {
            output.yield(.failed(folder: folder, error))
        } catch {
            // Cancelled: the next start looks again.
        }
    }

    /// What of `gone` is at another path and what is nowhere; nil, and said so, when the disk seems to be unmounted.
    private func believableLoss(
        _ gone: [LibraryFile], in folder: FilePath
    ) async throws -> (moved: [LibraryFile], vanished: [LibraryFile])? {
        guard !gone.isEmpty else { return ([], []) }
        guard try await comparison.looking.run({ folder.isThere && !folder.isEmptyFolder }) else {
            return suspect(gone, of: folder)
        }
        let few = try await comparison.whereabouts(gone)
        guard few.vanished.count > Self.believable else { return few }
        if !isUnmounted(folder) {
            // What moved may be in any folder, and the kernel's word of it still on its way.
            let folders = try await catalog.folders().map(\.path)
            let present = try await comparison.looking.run { folders.filter(\.isThere) }
            let report = try await importer.run(
                ImportRequest(paths: present, listsItems: false, processes: false)
            ) { _ in }
            try Task.checkCancellation()
            guard report.left == 0 else { return nil }
        }
        let (all, _, present) = try await comparison.compare(folder)
        let loss = try await comparison.whereabouts(all)
        let isBelievable = Double(loss.vanished.count) <= Double(all.count + present) * Self.unmountedShare
        return isBelievable ? loss : suspect(loss.vanished, of: folder)
    }

    private func suspect(
        _ vanished: [LibraryFile], of folder: FilePath
    ) -> (moved: [LibraryFile], vanished: [LibraryFile])? {
        // Spread over the folder: some of them may be gone for good.
        let step = max(1, vanished.count / Self.believable)
        let sample = stride(from: 0, to: vanished.count, by: step).map { vanished[$0].path }
        if unmounted.withLock({ $0.updateValue(sample, forKey: folder) }) == nil {
            output.yield(.unmounted(folder: folder, vanished: vanished.count))
        }
        return nil
    }
}
