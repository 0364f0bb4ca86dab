internal import Core
internal import Glibc
public import SystemPackage

/// The files of this machine that wait to go up, while the store can't be reached: their paths, on disk, each ended by a NUL.
///
/// Several processes may have one list. What they were when they were met is not kept: they are read again.
public struct WaitingFiles: Sendable {
    private let file: FilePath
    private let blocking = BlockingQueue(label: "phototui.waiting", isSerial: true)

    /// The list need not be there yet.
    public init(_ file: FilePath) { self.file = file }

    /// In the order in which they came.
    public func paths() async throws -> [FilePath] {
        try await blocking.run { [self] in try read() }
    }

    /// Durable when it returns.
    func change(adding added: [FilePath], removing removed: [FilePath]) async throws {
        // Mostly nothing waits.
        if added.isEmpty, file.withPlatformString({ access($0, F_OK) }) != 0 { return }
        try await blocking.run { [self] in
            try withLock {
                let old = try read()
                let gone = Set(removed)
                var seen: Set<FilePath> = []
                let new = (old + added).filter { !gone.contains($0) && seen.insert($0).inserted }
                if new != old { try write(new) }
            }
        }
    }

    private func read() throws -> [FilePath] {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
            return try descriptor.closeAfter {
                var bytes: [UInt8] = []
                // SAFETY: read fills the block before it is appended.
                let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
                defer { block.deallocate() }
                while true {
                    let count = try descriptor.read(into: block)
                    guard count > 0 else { break }
                    bytes += block[..<count]
                }
                return bytes.split(separator: 0).map(Self.path)
            }
        } catch Errno.noSuchFileOrDirectory {
            return []
        } catch let error as Errno {
            throw EngineError(error, doing: "reading the list of files that wait")
        }
    }

    private func write(_ paths: [FilePath]) throws {
        guard !paths.isEmpty else {
            _ = file.withPlatformString { unlink($0) }
            return
        }
        let next = sibling("next")
        do {
            let descriptor = try FileDescriptor.open(
                next, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            try descriptor.closeAfter {
                try descriptor.writeAll(paths.flatMap(Self.bytes))
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            let isMoved = next.withPlatformString { from in file.withPlatformString { rename(from, $0) } } == 0
            guard isMoved else { throw Errno(rawValue: errno) }
            let folder = try FileDescriptor.open(
                file.removingLastComponent(), .readOnly, options: [.directory, .closeOnExec])
            try folder.closeAfter { _ = fsync(folder.rawValue) }
        } catch let error as Errno {
            throw EngineError(error, doing: "keeping the list of files that wait")
        }
    }

    private func sibling(_ ending: String) -> FilePath {
        file.removingLastComponent().appending((file.lastComponent?.string ?? "waiting") + "." + ending)
    }

    private static func path(_ bytes: ArraySlice<UInt8>) -> FilePath {
        let text = bytes.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with a NUL, and lives until the initializer returns.
        return text.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
    }

    /// With the NUL.
    private static func bytes(_ path: FilePath) -> [UInt8] {
        // SAFETY: read up to its NUL, inside the closure.
        path.withPlatformString { text in
            UnsafeRawBufferPointer(start: text, count: strlen(text) + 1).map { $0 }
        }
    }

    /// One process at a time.
    private func withLock(_ body: () throws -> Void) throws {
        do {
            let lock = try FileDescriptor.open(
                sibling("lock"), .writeOnly, options: [.create, .closeOnExec],
                permissions: .ownerReadWrite)
            try lock.closeAfter {
                while flock(lock.rawValue, LOCK_EX) != 0 {
                    guard errno == EINTR else { throw Errno(rawValue: errno) }
                }
                try body()
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "locking the list of files that wait")
        }
    }
}
