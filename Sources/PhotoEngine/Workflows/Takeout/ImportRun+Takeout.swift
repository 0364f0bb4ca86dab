internal import Core
internal import Foundation
internal import Glibc
internal import SystemPackage

extension ImportRun {
    /// Takes the pictures that aren't known yet out of the archives of a Takeout, each into the library.
    func unpack() async throws {
        guard let plan = request.takeout, !plan.archives.isEmpty, let archives = importer.archives else { return }
        var missing: [(archive: FilePath, files: [TakeoutPlan.File])] = []
        for archive in plan.archives {
            var files: [TakeoutPlan.File] = []
            for file in archive.wanted {
                try Task.checkCancellation()
                if let there = try await importer.catalog.file(at: file.path), there.fingerprint == file.fingerprint {
                    tally.found(1, skipped: [])
                    try await known(there)
                } else {
                    files.append(file)
                }
            }
            if !files.isEmpty { missing.append((archive.path, files)) }
        }
        tally.counted(plan.files.count + plan.films.count)
        if missing.isEmpty { return }
        let place = try Unpacking(in: importer.libraryFolder ?? "/tmp")
        defer { place.remove() }
        try place.requireSpace(for: missing.flatMap(\.files), keepsThem: importer.uploader == nil)
        for (archive, files) in missing { try await unpack(files, of: archive, with: archives, into: place) }
    }

    private func unpack(
        _ files: [TakeoutPlan.File], of archive: FilePath, with archives: any ArchiveReader, into place: Unpacking
    ) async throws {
        let byOrdinal = Dictionary(files.map { ($0.ordinal ?? -1, $0) }, uniquingKeysWith: { first, _ in first })
        var left = Set(byOrdinal.keys)
        let session = try await archives.open(
            archive, selecting: ArchiveSelection(ordinals: left, largest: Unpacking.largestFile))
        defer { session.close() }
        var file: TakeoutPlan.File?
        var isKeptOut = false
        var unpacked: Unpacking.Incoming?
        var problem: String?
        do {
            while let part = try await session.next() {
                try Task.checkCancellation()
                switch part {
                case .entry(let entry):
                    (file, unpacked) = (byOrdinal[entry.ordinal], nil)
                    if let file { isKeptOut = try await keepsOut(file) }
                case .bytes(let bytes):
                    guard let file, !isKeptOut else { continue }
                    if unpacked == nil { unpacked = try place.begin(file) }
                    try unpacked?.append(bytes)
                case .contentEnd(let fault):
                    guard let taken = file else { continue }
                    left.remove(taken.ordinal ?? -1)
                    tally.found(1, skipped: [])
                    if isKeptOut {
                        // It was counted.
                    } else if let fault {
                        unpacked?.discard()
                        tally.add(taken.path, .rejected, reason: "it can't be unpacked: \(fault)")
                    } else {
                        try await take(taken, try unpacked ?? place.begin(taken))
                    }
                    (file, unpacked) = (nil, nil)
                    if place.isFull { try await settle(place) }
                case .end(let fault):
                    problem = fault ?? (left.isEmpty ? nil : "it is not what it was a moment ago")
                }
                if case .end = part { break }
            }
        } catch let error as EngineError where error.code == .decoderCrashed || error.code == .timedOut {
            problem = error.description
        }
        try await settle(place)
        // Each file that was found has an outcome, also of an archive that ends early.
        for ordinal in left.sorted() {
            guard let file = byOrdinal[ordinal] else { continue }
            tally.found(1, skipped: [])
            tally.add(file.path, .rejected, reason: "its archive ends before it: \(problem ?? "it is cut off")")
        }
    }

    /// Whether a limit keeps a file in its archive, as it is counted then.
    private func keepsOut(_ file: TakeoutPlan.File) async throws -> Bool {
        if let reason = room.limits.refusal(of: ByteCount(file.fingerprint.byteCount)) {
            tally.add(file.path, .rejected, reason: reason)
            return true
        }
        guard try await !makesRoom() else { return false }
        tally.add(file.path, .left, reason: room.reason)
        return true
    }

    private func take(_ file: TakeoutPlan.File, _ unpacked: Unpacking.Incoming) async throws {
        try unpacked.end()
        let path = unpacked.path
        var reading = try await read(path, on: Unpacking.queue)
        // Whether it is known is asked of the archive, the next time.
        reading.fingerprint = file.fingerprint
        switch reading.content {
        case .gone, .cancelled: throw EngineError(.unavailable, "what was unpacked has gone")
        default: try await read(file.path, reading, unpacked: path)
        }
    }

    /// Records what was unpacked, which is needed no longer then.
    private func settle(_ place: Unpacking) async throws {
        try await flush(isForced: true)
        place.empty()
    }
}

/// Where files of archives lie until the library has them: never under a name of the archive's.
private final class Unpacking {
    /// As the decoder's limit for a picture.
    static let largestFile: Int64 = 1 << 29
    private static let most: Int64 = 256 << 20
    static let queue = BlockingQueue(label: "phototui.unpack")

    private let folder: FilePath
    private var count = 0
    private var byteCount: Int64 = 0

    init(in library: FilePath) throws {
        let all = library.appending("unpacking")
        // What a run that was killed left behind.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: all.string)) ?? []
        for name in names where Int32(name).map({ kill($0, 0) != 0 && errno == ESRCH }) ?? true {
            try? FileManager.default.removeItem(atPath: all.appending(name).string)
        }
        folder = all.appending("\(getpid())")
        do {
            try FileManager.default.createDirectory(
                atPath: folder.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw EngineError(
                .unavailable, "no folder to unpack into can be made in \(displayEscaped(library))",
                whatToDo: "check that folder's permissions")
        }
    }

    /// Throws `.noSpace` where they don't fit on the disk.
    func requireSpace(for files: [TakeoutPlan.File], keepsThem: Bool) throws {
        var status = statvfs()
        guard folder.withPlatformString({ statvfs($0, &status) }) == 0 else { return }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        let sizes = files.map(\.fingerprint.byteCount).filter { $0 <= Self.largestFile }
        let total = sizes.reduce(0, +)
        // What is being unpacked is there twice for a moment; renditions take about a twentieth of their photos.
        let needed = min(total, Self.most + (sizes.max() ?? 0)) + (keepsThem ? total + total / 20 : 0)
        guard needed > free else { return }
        throw EngineError(
            .noSpace,
            "\(files.count) photos of the archives need \(ByteCount(needed)), and \(ByteCount(free)) are free",
            whatToDo:
                "make room, name a library on a larger disk with --library, or import the archives one after the other"
        )
    }

    /// Whether enough lies here to be recorded first.
    var isFull: Bool { byteCount >= Self.most || count >= 64 }

    final class Incoming {
        let path: FilePath
        private let descriptor: Int32
        private var isOpen = true
        fileprivate var written: Int64 = 0

        fileprivate init(_ path: FilePath) throws {
            self.path = path
            descriptor = path.withPlatformString {
                open($0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            }
            guard descriptor >= 0 else { throw EngineError(Errno(rawValue: errno), doing: "unpacking a photo") }
        }

        deinit { if isOpen { close(descriptor) } }

        func append(_ bytes: [UInt8]) throws {
            var start = 0
            while start < bytes.count {
                // SAFETY: `start` is less than the buffer's count.
                let step = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + start, bytes.count - start) }
                if step < 0, errno == EINTR { continue }
                guard step > 0 else { throw EngineError(Errno(rawValue: errno), doing: "unpacking a photo") }
                start += step
            }
            written += Int64(bytes.count)
        }

        func end() throws {
            isOpen = false
            guard close(descriptor) == 0 else { throw EngineError(Errno(rawValue: errno), doing: "unpacking a photo") }
        }

        func discard() { _ = path.withPlatformString { unlink($0) } }
    }

    func begin(_ file: TakeoutPlan.File) throws -> Incoming {
        count += 1
        byteCount += max(0, file.fingerprint.byteCount)
        return try Incoming(folder.appending("\(count)"))
    }

    func empty() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [] {
            try? FileManager.default.removeItem(atPath: folder.appending(name).string)
        }
        (count, byteCount) = (0, 0)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder.string)
        // Only where no other import unpacks.
        _ = folder.removingLastComponent().withPlatformString { rmdir($0) }
    }
}
