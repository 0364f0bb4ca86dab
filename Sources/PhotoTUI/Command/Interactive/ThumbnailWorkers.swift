import App
import Core
import Dispatch
import Foundation
import Glibc
import Grid
import Synchronization
import SystemPackage

/// Draws the thumbnails wanted, on threads of low priority. A new list replaces the one before: what it doesn't name
/// and no thread has begun is given up.
///
/// SAFETY: `@unchecked`: all mutable state is guarded by `condition`.
final class ThumbnailWorkers: @unchecked Sendable {
    private let condition = NSCondition()
    private var wanted: [ThumbnailKey] = []
    private var underway: Set<ThumbnailKey> = []
    private var isStopped = false
    private var objects: (any LocalObjectStore)?
    private let renderer: CellRenderer
    private let queue: MessageQueue

    /// Of renditions, ascending.
    private let sizes: [Int]

    init(renderer: CellRenderer, sizes: [Int], queue: MessageQueue) {
        (self.renderer, self.sizes, self.queue) = (renderer, sizes, queue)
    }

    /// Begins to work for a library.
    func start(objects: any LocalObjectStore, threads: Int) {
        condition.withLock { self.objects = objects }
        for number in 0..<threads {
            let thread = Thread { [weak self] in
                // 0 is the calling thread, as Linux has it.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
                while self?.workOnce() == true {}
            }
            thread.name = "thumbnails-\(number)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    func want(_ keys: [ThumbnailKey]) {
        condition.withLock {
            wanted = keys
            condition.broadcast()
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.broadcast()
        }
    }

    /// Draws one thumbnail; false when there is nothing more to do, ever.
    private func workOnce() -> Bool {
        condition.lock()
        var next: ThumbnailKey?
        while !isStopped {
            next = wanted.first { !underway.contains($0) }
            if next != nil { break }
            condition.wait()
        }
        guard let key = next, let objects, !isStopped else {
            condition.unlock()
            return false
        }
        underway.insert(key)
        condition.unlock()
        let message: Message
        do {
            let size = RenditionSource.size(
                forColumns: key.columns, pixelsPerColumn: renderer.pixelsPerColumn, among: sizes)
            let data = try RenditionSource.readFetching(key.sha256, size: size, from: objects)
            message = .thumbnailLoaded(
                key,
                try renderer.render(webp: data, of: key.sha256, columns: key.columns, rows: key.rows))
        } catch {
            message = .thumbnailFailed(key, (error as? EngineError)?.whatHappened ?? "\(error)")
        }
        condition.withLock {
            underway.remove(key)
            wanted.removeAll { $0 == key }
        }
        queue.post(message)
        return true
    }
}

/// Reads renditions of a local store, blocking: for worker threads only.
enum RenditionSource {
    /// The smallest of the sizes that fills this many columns.
    static func size(forColumns columns: Int, pixelsPerColumn: Int, among sizes: [Int]) -> Int {
        sizes.first { $0 >= columns * pixelsPerColumn } ?? sizes.last ?? RenditionKind.smallSize
    }

    /// Has the rendition on this machine.
    static func makeLocal(_ sha256: SHA256Digest, size: Int, in objects: any LocalObjectStore) async throws {
        do {
            try await objects.makeLocal(RenditionKind(size: size, format: .webp).key(of: sha256), sha256: nil)
        } catch let error as EngineError where error.code == .notFound {
            if size > RenditionKind.smallSize {
                return try await makeLocal(sha256, size: RenditionKind.smallSize, in: objects)
            }
            throw gone(error)
        }
    }

    /// As `read`, fetching it first where the store is elsewhere. Waits for the network: for a thread of one's own.
    static func readFetching(_ sha256: SHA256Digest, size: Int, from objects: any LocalObjectStore) throws -> [UInt8] {
        do {
            return try read(sha256, size: size, from: objects)
        } catch let error as EngineError where error.code == .notFound {
            let fetched = DispatchSemaphore(value: 0)
            let fault = Mutex<(any Error)?>(nil)
            Task {
                do { try await makeLocal(sha256, size: size, in: objects) } catch { fault.withLock { $0 = error } }
                fetched.signal()
            }
            fetched.wait()
            if let fault = fault.withLock({ $0 }) as? EngineError, fault.code != .notFound { throw fault }
            return try read(sha256, size: size, from: objects)
        }
    }

    /// - Throws: `EngineError.notFound` when it was not made, or is gone.
    static func read(_ sha256: SHA256Digest, size: Int, from objects: any LocalObjectStore) throws -> [UInt8] {
        let path = objects.localPath(of: RenditionKind(size: size, format: .webp).key(of: sha256))
        do {
            let file = try FileDescriptor.open(path, .readOnly)
            return try file.closeAfter {
                let count = Int(try file.seek(offset: 0, from: .end))
                try file.seek(offset: 0, from: .start)
                return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                    // SAFETY: reads at most `count` bytes into the buffer of that size, and tells how many.
                    while filled < count {
                        let read = try file.read(
                            into: UnsafeMutableRawBufferPointer(
                                rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]))
                        guard read > 0 else { break }
                        filled += read
                    }
                }
            }
        } catch let error as Errno {
            if error == .noSuchFileOrDirectory {
                // The photo may have been processed under other settings.
                guard size > RenditionKind.smallSize else { throw gone(error) }
                return try read(sha256, size: RenditionKind.smallSize, from: objects)
            }
            throw EngineError(.unavailable, "its thumbnail can't be read: \(error)", isRetryable: true, cause: error)
        }
    }

    private static func gone(_ cause: any Error) -> EngineError {
        EngineError(
            .notFound, "its thumbnail is gone", whatToDo: "import the photo again to make it anew", cause: cause)
    }
}
