import Dispatch
import Foundation
import Glibc

/// Tells when the settings or a theme changed: their folders are watched (inotify(7)), not the files, which editors replace.
final class SettingsWatch: Sendable {
    // SAFETY: made in init; its cancel may come from any thread.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// Calls `changed`, on a thread of its own, once for changes that follow one another closely. nil where nothing can be watched,
    /// which costs no more than having to start the app again.
    init?(folders: [String], changed: @escaping @Sendable () -> Void) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { return nil }
        let mask = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
        let watches = folders.map { inotify_add_watch(descriptor, $0, mask) }
        guard watches.contains(where: { $0 >= 0 }) else {
            close(descriptor)
            return nil
        }
        let queue = DispatchQueue(label: "phototui.settings", qos: .utility)
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler {
            // An editor writes, renames and removes: what it leaves is read once.
            usleep(100_000)
            var buffer = [UInt8](repeating: 0, count: 1 << 14)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            changed()
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    func stop() { source.cancel() }
}
