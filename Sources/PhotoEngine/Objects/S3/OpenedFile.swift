internal import Core
internal import Digest
internal import Synchronization
internal import SystemPackage

/// A file that is open as long as this lives.
final class OpenedFile: Sendable {
    let descriptor: FileDescriptor

    init(
        _ path: FilePath, _ mode: FileDescriptor.AccessMode = .readOnly, options: FileDescriptor.OpenOptions = []
    ) throws {
        do {
            descriptor = try FileDescriptor.open(
                path, mode, options: options.union(.closeOnExec), permissions: .ownerReadWrite)
        } catch {
            throw (error as? Errno).map { EngineError($0, doing: "opening a file") } ?? error
        }
    }

    deinit { try? descriptor.close() }

    func empty() throws {
        try descriptor.resize(to: 0)
        _ = try descriptor.seek(offset: 0, from: .start)
    }
}

/// A digest of bytes that pass by.
final class StreamedDigest: Sendable {
    // SAFETY: the hasher is used under the lock alone.
    private final class Box: @unchecked Sendable {
        var hasher: SHA256Hasher? = SHA256Hasher()
    }
    private let box = Mutex(Box())

    func update(_ bytes: UnsafeRawBufferPointer) { box.withLock { $0.hasher?.update(bytes) } }
    func reset() { box.withLock { $0.hasher = SHA256Hasher() } }

    /// The digest of what has passed; nothing may follow.
    func finish() -> SHA256Digest {
        box.withLock { box in
            let hasher = box.hasher.take() ?? SHA256Hasher()
            return hasher.finish()
        }
    }
}
