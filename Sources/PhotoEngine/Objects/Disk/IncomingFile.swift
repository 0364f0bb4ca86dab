internal import Core
internal import Digest
internal import Glibc
internal import SystemPackage

/// A file that is being written and has no object's name yet. It is locked while its writer lives, so that a file whose
/// lock is free was abandoned.
final class IncomingFile: Sendable {
    static let folderName = "+incoming"
    private static let copyBufferSize = 1 << 20

    private let path: FilePath
    private let descriptor: FileDescriptor
    /// The store's folder, for messages.
    private let place: String

    init(in root: FilePath) throws {
        let folder = root.appending(Self.folderName)
        place = String(decoding: root)
        path = folder.appending("\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 16))")
        do {
            descriptor = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch let failure as Errno {
            throw EngineError(failure, doing: "storing an object in \(place)")
        }
        _ = flock(descriptor.rawValue, LOCK_EX | LOCK_NB)
    }

    func write(_ data: [UInt8]) throws {
        do {
            try data.withUnsafeBytes { _ = try descriptor.writeAll($0) }
        } catch let failure as Errno {
            throw EngineError(failure, doing: "storing an object in \(place)")
        }
    }

    /// Copies the content of `source`; returns its digest.
    func copy(_ source: FilePath) throws -> SHA256Digest {
        do {
            let input = try FileDescriptor.open(source, .readOnly, options: [.closeOnExec, .nonBlocking])
            defer { try? input.close() }
            // SAFETY: the buffer lives until the defer below, and no slice of it outlives an iteration.
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.copyBufferSize, alignment: 16)
            defer { buffer.deallocate() }
            var hasher = SHA256Hasher()
            while true {
                let count = try input.read(into: buffer)
                guard count > 0 else { return hasher.finish() }
                let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hasher.update(part)
                try descriptor.writeAll(part)
            }
        } catch let failure as Errno {
            throw EngineError(failure, doing: "copying \(String(decoding: source)) to \(place)")
        }
    }

    /// Makes the bytes durable and gives them their name, unless the object is there already. Throws `.conflict` when
    /// it is there with other bytes.
    func publish(as target: FilePath, below root: FilePath) throws {
        guard fsync(descriptor.rawValue) == 0 else {
            throw EngineError(Errno(rawValue: errno), doing: "storing an object in \(place)")
        }
        let folder = target.removingLastComponent()
        // A delete beside this may remove the folder just made: make it again, a few times.
        for _ in 0..<8 {
            try DiskFolder.create(folder, below: root)
            let isLinked = path.withPlatformString { from in target.withPlatformString { link(from, $0) } }
            if isLinked == 0 { return try DiskFolder.sync(folder) }
            switch Errno(rawValue: errno) {
            case .fileExists: return try compare(with: target)
            case .notPermitted, .notSupported: return try rename(to: target)
            case .noSuchFileOrDirectory: continue
            case .fileNameTooLong:
                throw EngineError(.invalidInput, "the object's key has a part too long for this file system")
            case .isDirectory:
                throw EngineError(.conflict, "the object's key is a folder of other objects")
            case let failure: throw EngineError(failure, doing: "storing an object in \(place)")
            }
        }
        throw EngineError(.unavailable, "the object's folder keeps vanishing", whatToDo: "try again", isRetryable: true)
    }

    /// For file systems without hard links, such as a camera card's: two writers of one key may both get here, and then
    /// the second replaces the first's bytes, which `compare` has not seen.
    private func rename(to target: FilePath) throws {
        guard try StoredFile.byteCount(of: target) == nil else { return try compare(with: target) }
        let isRenamed = path.withPlatformString { from in target.withPlatformString { Glibc.rename(from, $0) } }
        guard isRenamed == 0 else { throw EngineError(Errno(rawValue: errno), doing: "storing an object in \(place)") }
        try DiskFolder.sync(target.removingLastComponent())
    }

    private func compare(with target: FilePath) throws {
        let other = EngineError(.conflict, "the object exists with other bytes")
        let stored: FileDescriptor
        do {
            stored = try FileDescriptor.open(target, .readOnly, options: [.closeOnExec, .nonBlocking])
        } catch let failure as Errno {
            throw EngineError(failure, doing: "comparing with a stored object")
        }
        defer { try? stored.close() }
        do {
            guard try stored.seek(offset: 0, from: .end) == descriptor.seek(offset: 0, from: .end) else { throw other }
            // SAFETY: each buffer lives until this method returns, and is read only inside it.
            let mine = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.copyBufferSize, alignment: 16)
            let theirs = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.copyBufferSize, alignment: 16)
            defer {
                mine.deallocate()
                theirs.deallocate()
            }
            var offset: Int64 = 0
            while true {
                let count = try descriptor.read(fromAbsoluteOffset: offset, into: mine)
                let otherCount = try stored.read(fromAbsoluteOffset: offset, into: theirs)
                guard count == otherCount, memcmp(mine.baseAddress!, theirs.baseAddress!, count) == 0 else {
                    throw other
                }
                guard count > 0 else { return }
                offset += Int64(count)
            }
        } catch let failure as Errno {
            if failure == .isDirectory {
                throw EngineError(.conflict, "the object's key is a folder of other objects")
            }
            throw EngineError(failure, doing: "comparing with a stored object")
        }
    }

    /// Ends the use of the file; removes it unless it was published under another name.
    func discard() {
        _ = path.withPlatformString { unlink($0) }
        try? descriptor.close()
    }

    /// Removes the files whose writers are gone.
    static func removeAbandoned(in root: FilePath) {
        let folder = root.appending(folderName)
        for name in (try? DirectoryNames.read(folder)) ?? [] {
            let path = FilePath(folder.string + "/" + name.text)
            guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
                continue
            }
            if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 {
                _ = path.withPlatformString { unlink($0) }
            }
            try? file.close()
        }
    }
}
