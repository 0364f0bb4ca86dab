internal import Core
internal import Glibc
internal import SystemPackage

/// Who of several processes writes: the kernel takes it from one that ends, however it does.
final class WatchLock: Sendable {
    private let descriptor: FileDescriptor

    /// Nil while another holds it. Blocks for no longer than opening a file takes.
    init?(_ path: FilePath) throws {
        do {
            descriptor = try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        } catch let error as Errno {
            throw EngineError(error, doing: "opening \(path.string)")
        }
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? descriptor.close()
            return nil
        }
    }

    deinit { try? descriptor.close() }
}
