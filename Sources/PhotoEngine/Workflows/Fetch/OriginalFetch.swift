public import Core
internal import Digest
internal import Foundation
internal import Glibc
internal import Synchronization
public import SystemPackage

/// Brings originals back out of a library: from the store behind a network, the library's own folder, or where they lie.
public final class OriginalFetch: Sendable {
    public typealias FetchCatalog = FileCatalog & PhotoCatalog & FilmCatalog

    let catalog: any FetchCatalog
    private let objects: any LocalObjectStore
    private let remote: (any RemoteObjectStore)?
    let blocking = BlockingQueue(label: "phototui.fetch")
    /// What is written now, under names that do not last.
    private let parts = Mutex<Set<FilePath>>([])

    public enum Outcome: String, Sendable {
        case fetched
        /// The file is there with these very bytes.
        case present
    }

    /// `uploader` is the networked library's; nil for an embedded one.
    public init(catalog: any FetchCatalog, objects: any LocalObjectStore, uploader: Uploader?) {
        self.catalog = catalog
        self.objects = objects
        remote = uploader?.store
    }

    /// Writes the photo's original to `target`, which is there whole, its SHA-256 checked on the way, or not at all. Throws
    /// `.conflict` when another file is there, unless `replaces`; `.corrupt` when the bytes that are kept are no longer those
    /// that were imported; `.notFound` when nothing keeps them. `progress` is told the bytes that are there, a few times a
    /// second. Cancelling leaves nothing behind.
    public func fetch(
        _ photo: Photo, to target: FilePath, replaces: Bool, progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> Outcome {
        if try await isPresent(photo, at: target) { return .present }
        guard replaces || !Self.exists(target) else { throw Self.taken }
        try await withPart(of: photo, in: target.removingLastComponent(), progress: progress) { part in
            try await blocking.run { try Self.settle(part, target, replaces: replaces) }
        }
        return .fetched
    }

    /// Has the original in a new file of this folder, its SHA-256 checked, while `body` runs; what `body` gives no name is gone
    /// behind it.
    func withPart<Value: Sendable>(
        of photo: Photo, in folder: FilePath, progress: @escaping @Sendable (Int64) -> Void,
        _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        try await withPart(in: folder, progress: progress, fill: { try await transfer(photo, to: $0) }, body)
    }

    func withPart<Value: Sendable>(
        in folder: FilePath, progress: @escaping @Sendable (Int64) -> Void, fill: (FilePath) async throws -> Void,
        _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        let part = folder.appending("\(Self.partPrefix)\(getpid())-\(Self.processes)-\(UUID().uuidString)")
        parts.withLock { _ = $0.insert(part) }
        defer {
            _ = part.withPlatformString { unlink($0) }
            parts.withLock { _ = $0.remove(part) }
        }
        let watching = Task {
            while (try? await Task.sleep(for: .milliseconds(200))) != nil { progress(Self.byteCount(part)) }
        }
        defer { watching.cancel() }
        try await fill(part)
        try Task.checkCancellation()
        return try await body(part)
    }

    static let partPrefix = ".phototui-part-"

    /// Among which a process's number is its own: this run of the machine, and the container.
    private static let processes: String = {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "-"
        let space = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "-"
        var hasher = SHA256Hasher()
        Array("\(boot)\(space)".utf8).withUnsafeBytes { hasher.update($0) }
        return String(hasher.finish().description.prefix(16))
    }()

    /// Takes away what processes that were killed had begun to write into a folder: originals that may still tell where they were
    /// taken. Of a process on another machine it is left alone while it grows.
    static func sweep(_ folder: FilePath) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [] {
            guard name.hasPrefix(partPrefix) else { continue }
            let writer = name.dropFirst(partPrefix.utf8.count).split(separator: "-")
            guard let process = writer.first.flatMap({ pid_t($0) }), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            let part = folder.appending(name)
            var status = stat()
            let isOfHere = writer.dropFirst().first.map { $0 == processes } ?? false
            guard part.withPlatformString({ lstat($0, &status) }) == 0,
                isOfHere || time(nil) - status.st_mtim.tv_sec >= 10
            else { continue }
            _ = part.withPlatformString { unlink($0) }
        }
    }

    /// Takes away what is being written: for a process that ends at once.
    public func abandon() {
        for part in parts.withLock({ $0 }) { _ = part.withPlatformString { unlink($0) } }
    }

    private func isPresent(_ photo: Photo, at target: FilePath) async throws -> Bool {
        guard Self.byteCount(target) == photo.byteCount.bytes else { return false }
        return try await blocking.run { (try? SHA256Hasher.digest(path: target).sha256) == photo.sha256 }
    }

    private func transfer(_ photo: Photo, to part: FilePath) async throws {
        switch photo.original {
        case .object(let key): try await transfer(key, photo.sha256, to: part)
        case .file(let path):
            let others = try await catalog.files(of: photo.id).map(\.path)
            try await copy([path] + others.filter { $0 != path }, photo.sha256, to: part)
        }
    }

    /// Writes what is stored under a key to `part`, its SHA-256 checked on the way.
    func transfer(_ key: ObjectKey, _ sha256: SHA256Digest, to part: FilePath) async throws {
        if let remote { return try await remote.fetch(key, to: part, sha256: sha256) }
        try await copy([objects.localPath(of: key)], sha256, to: part)
    }

    /// From the first of these files that holds these bytes.
    private func copy(_ sources: [FilePath], _ sha256: SHA256Digest, to part: FilePath) async throws {
        let flag = CancellationFlag()
        try await withTaskCancellationHandler {
            try await blocking.run {
                var fault = EngineError(
                    .notFound, "no file holds the photo any more",
                    whatToDo: "bring its disk back, or import it from where it is now")
                for source in sources {
                    do {
                        return try Self.copy(source, to: part, sha256: sha256, flag)
                    } catch let error as EngineError where [.notFound, .corrupt].contains(error.code) {
                        _ = part.withPlatformString { unlink($0) }
                        if error.code == .corrupt { fault = error }
                    }
                }
                throw fault
            }
        } onCancel: {
            flag.set()
        }
    }

    private static func copy(
        _ source: FilePath, to part: FilePath, sha256: SHA256Digest, _ flag: CancellationFlag
    ) throws {
        do {
            let from = try FileDescriptor.open(source, .readOnly, options: [.closeOnExec, .nonBlocking])
            defer { try? from.close() }
            let to = try FileDescriptor.open(
                part, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
            defer { try? to.close() }
            // SAFETY: owned by this call, and seen by nothing that outlives it.
            let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
            defer { block.deallocate() }
            var hasher = SHA256Hasher()
            while true {
                if flag.isSet { throw CancellationError() }
                let count = try from.read(into: block)
                guard count > 0 else { break }
                let bytes = UnsafeRawBufferPointer(rebasing: block[..<count])
                hasher.update(bytes)
                try to.writeAll(bytes)
            }
            guard hasher.finish() == sha256 else {
                throw EngineError(
                    .corrupt, "the photo's file is no longer what was imported", whatToDo: "import it again")
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "copying an original to \(String(decoding: part.removingLastComponent()))")
        }
    }

    /// Makes the finished part durable, and gives it its name.
    static func settle(_ part: FilePath, _ target: FilePath, replaces: Bool) throws {
        do {
            let file = try FileDescriptor.open(part, .readOnly, options: .closeOnExec)
            try file.closeAfter {
                // As any other program would have made it.
                guard fchmod(file.rawValue, 0o666 & ~creationMask) == 0, fsync(file.rawValue) == 0 else {
                    throw Errno(rawValue: errno)
                }
            }
            if replaces {
                guard rename(part, target) else { throw Errno(rawValue: errno) }
            } else if !link(part, target) {
                let number = errno
                if number == EEXIST { throw taken }
                // A file system without links; another file that came this moment would be replaced.
                guard !exists(target), rename(part, target) else { throw Errno(rawValue: number) }
            }
            let folder = try FileDescriptor.open(
                target.removingLastComponent(), .readOnly, options: [.directory, .closeOnExec])
            try folder.closeAfter { _ = fsync(folder.rawValue) }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: target))")
        }
    }

    /// umask(2) tells it only by changing it, for all threads; proc(5) by being read.
    private static var creationMask: mode_t {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Umask:") }
        return line.flatMap { mode_t($0.dropFirst(6).trimmingCharacters(in: .whitespaces), radix: 8) } ?? 0o077
    }

    private static let taken = EngineError(
        .conflict, "another file is there", whatToDo: "choose another name with --output, or replace it with --force")

    private static func rename(_ from: FilePath, _ to: FilePath) -> Bool {
        from.withPlatformString { from in to.withPlatformString { Glibc.rename(from, $0) == 0 } }
    }

    private static func link(_ from: FilePath, _ to: FilePath) -> Bool {
        from.withPlatformString { from in to.withPlatformString { Glibc.link(from, $0) == 0 } }
    }

    static func exists(_ path: FilePath) -> Bool {
        var status = stat()
        return path.withPlatformString { lstat($0, &status) } == 0
    }

    static func byteCount(_ path: FilePath) -> Int64 {
        var status = stat()
        return path.withPlatformString { lstat($0, &status) } == 0 ? Int64(status.st_size) : 0
    }
}
