public import Core
internal import Foundation
public import SystemPackage

/// Keeps the catalogue in step with its folders while they change (inotify).
///
/// What appeared or changed is imported where it is, then what went is marked missing: bytes that are at another path now
/// have moved. Where so much vanished at once that a disk seems to be unmounted, nothing is marked.
public final class FolderWatcher: Sendable {
    public typealias WatchCatalog = FileCatalog & PhotoCatalog

    private let catalog: any WatchCatalog
    private let importer: Importer
    private let libraryFolder: FilePath?

    public init(catalog: any WatchCatalog, importer: Importer, libraryFolder: FilePath?) {
        self.catalog = catalog
        self.importer = importer
        self.libraryFolder = libraryFolder
    }

    /// Looks at every folder once, then follows their changes until the stream's consumer stops.
    public func events() -> AsyncStream<WatchEvent> {
        let (stream, output) = AsyncStream.makeStream(of: WatchEvent.self)
        let work = Task {
            await follow(output)
            output.finish()
        }
        output.onTermination = { _ in work.cancel() }
        return stream
    }

    /// Marks missing each file at or below `path` that is gone, however many there are: for a person who knows that no disk
    /// is unmounted. Bytes that are at another path of the library have moved.
    public func acceptLoss(below path: FilePath) async throws -> FolderChanges {
        let comparison = FolderComparison(catalog: catalog)
        let (gone, _, _) = try await comparison.compare(path)
        let loss = try await comparison.whereabouts(gone)
        try await catalog.markMissing(gone.map(\.path))
        var changes = FolderChanges(folder: path)
        changes.moved = loss.moved.count
        changes.missing = loss.vanished.count
        return changes
    }

    /// Seconds between looks at folders that the kernel can't watch.
    private static let limitedInterval = 60
    /// Seconds between looks for a disk to come back.
    private static let unmountedInterval = 5

    private func follow(_ output: AsyncStream<WatchEvent>.Continuation) async {
        let reconciler = FolderReconciler(catalog: catalog, importer: importer, output: output)
        let notifications = try? FolderNotifications(libraryFolder: libraryFolder)
        defer { notifications?.stop() }
        let changes = PendingChanges(isLimited: notifications == nil)
        let listening = Task { [libraryFolder] in
            guard let notifications else {
                let whatToDo = "raise fs.inotify.max_user_instances with sysctl"
                output.yield(.limited(folder: libraryFolder ?? "/", whatToDo: whatToDo))
                return
            }
            for await notice in notifications.notices {
                if let folder = changes.add(notice) {
                    output.yield(.limited(folder: folder, whatToDo: "raise fs.inotify.max_user_watches with sysctl"))
                }
            }
        }
        defer { listening.cancel() }
        var watched: [FilePath] = []
        var seconds = 0
        repeat {
            // An import may have added folders.
            let folders = (try? await catalog.folders().map(\.path)) ?? watched
            for folder in folders where !watched.contains(folder) {
                await BlockingQueue.watching { notifications?.watch(folder) }
                await reconciler.reconcile([folder], in: folder)
            }
            watched = folders
            seconds += 1
            let (paths, isEverything) = changes.take()
            let isLook = changes.isLimited && seconds % Self.limitedInterval == 0
            for folder in folders {
                let isReturning =
                    if seconds % Self.unmountedInterval == 0 { await reconciler.isReturning(folder) } else { false }
                if isEverything || isLook || isReturning {
                    // What came back with a disk has no watches any more.
                    await BlockingQueue.watching { notifications?.watch(folder) }
                    await reconciler.reconcile([folder], in: folder)
                } else {
                    let touched = paths.filter { $0.starts(with: folder) }
                    if !touched.isEmpty { await reconciler.reconcile(Array(touched), in: folder) }
                }
            }
            // A second gathers what belongs together: the files of a copy, the two halves of a move.
        } while (try? await Task.sleep(for: .seconds(1))) != nil
    }
}

extension BlockingQueue {
    private static let notifications = BlockingQueue(label: "phototui.inotify.watch", isSerial: true)

    /// Walks folders to watch them, away from the cooperative pool.
    fileprivate static func watching(_ body: @escaping @Sendable () -> Void) async {
        _ = try? await notifications.run(body)
    }
}
