internal import Glibc
public import SystemPackage

/// A short list of byte strings without NUL in a file, durable with each change, of which several processes may have one.
public struct StoredList: Sendable {
    private let file: FilePath
    private let blocking = BlockingQueue(label: "phototui.list", isSerial: true)

    /// The file need not be there; its folder must.
    public init(_ file: FilePath) { self.file = file }

    /// In the order in which they came.
    public func entries() async throws -> [[UInt8]] {
        try await blocking.run { [self] in try read() }
    }

    /// Durable when it returns; an entry that is there already stays where it is.
    public func change(adding added: [[UInt8]], removing removed: [[UInt8]]) async throws {
        // Mostly the list is empty.
        if added.isEmpty, file.withPlatformString({ access($0, F_OK) }) != 0 { return }
        try await blocking.run { [self] in
            try withLock {
                let old = try read()
                let gone = Set(removed)
                var seen: Set<[UInt8]> = []
                let new = (old + added).filter { !gone.contains($0) && seen.insert($0).inserted }
                if new != old { try write(new) }
            }
        }
    }

    private func read() throws -> [[UInt8]] {
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
                return bytes.split(separator: 0).map { Array($0) }
            }
        } catch Errno.noSuchFileOrDirectory {
            return []
        } catch let error as Errno {
            throw EngineError(error, doing: "reading \(String(decoding: file))")
        }
    }

    private func write(_ entries: [[UInt8]]) throws {
        guard !entries.isEmpty else {
            _ = file.withPlatformString { unlink($0) }
            return
        }
        let next = sibling("next")
        do {
            let descriptor = try FileDescriptor.open(
                next, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            try descriptor.closeAfter {
                try descriptor.writeAll(entries.flatMap { $0 + [0] })
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            let isMoved = next.withPlatformString { from in file.withPlatformString { rename(from, $0) } } == 0
            guard isMoved else { throw Errno(rawValue: errno) }
            let folder = try FileDescriptor.open(
                file.removingLastComponent(), .readOnly, options: [.directory, .closeOnExec])
            try folder.closeAfter { _ = fsync(folder.rawValue) }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: file))")
        }
    }

    private func sibling(_ ending: String) -> FilePath {
        file.removingLastComponent().appending((file.lastComponent?.string ?? "list") + "." + ending)
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
            throw EngineError(error, doing: "locking \(String(decoding: file))")
        }
    }
}
