public import Core
internal import Foundation
internal import Glibc
public import SystemPackage

/// Reads what a Takeout holds: archives as they were downloaded, or folders that they were unpacked into, all parts of an
/// export at once, as a photo and its note may lie in different ones. Changes nothing.
public struct TakeoutReading: Sendable {
    private let archives: any ArchiveReader
    private let takesTrash: Bool

    /// With `takesTrash`, photos in Google's trash are taken, too.
    public init(archives: any ArchiveReader, takesTrash: Bool) {
        (self.archives, self.takesTrash) = (archives, takesTrash)
    }

    /// `progress` gets the archive that is read and how many files were found in all so far.
    public func plan(
        of paths: [FilePath], progress: @Sendable (FilePath, Int) -> Void
    ) async throws -> TakeoutPlan {
        let roots = ScanRoots(paths)
        var gathered = Gathered()
        for skipped in roots.skipped { gathered.problems.append(.init(path: skipped.path, reason: skipped.reason)) }
        let scanning = BlockingQueue(label: "phototui.takeout", isSerial: true)
        for root in roots.paths {
            let scan = FolderScan(roots: [root], libraryFolder: nil)
            while let batch = try await scanning.run({ scan.next(limit: 256) }) {
                try Task.checkCancellation()
                for entry in batch.files {
                    if try await scanning.run({ Self.isArchive(entry.path) }) {
                        try await read(entry.path, into: &gathered, progress)
                    } else {
                        try await scanning.run { Self.contents(of: entry.path) }.map { note in
                            gathered.add(json: note, at: entry.path, Self.place(of: entry.path, below: root))
                        } ?? gathered.add(entry, Self.place(of: entry.path, below: root))
                    }
                    if gathered.count % 100 == 0 { progress(entry.path, gathered.count) }
                }
                gathered.problems += batch.skipped.filter { $0.kind == .unreadable }.map {
                    .init(path: $0.path, reason: $0.reason)
                }
            }
        }
        return gathered.plan(takesTrash: takesTrash)
    }

    private func read(
        _ archive: FilePath, into gathered: inout Gathered, _ progress: @Sendable (FilePath, Int) -> Void
    ) async throws {
        gathered.archives.append(archive)
        let session: any ArchiveSession
        do {
            session = try await archives.open(
                archive, selecting: ArchiveSelection(ending: ".json", largest: Int64(TakeoutNote.mostBytes)))
        } catch let error as EngineError where error.code != .unavailable {
            return gathered.problems.append(.init(path: archive, reason: error.description))
        }
        defer { session.close() }
        var last: ArchiveEntry?
        var content: [UInt8] = []
        do {
            while let part = try await session.next() {
                switch part {
                case .entry(let entry):
                    last = entry
                    content = []
                    if !Self.isNote(entry) { gathered.add(entry, in: archive) }
                    if gathered.count % 100 == 0 { progress(archive, gathered.count) }
                case .bytes(let bytes): content += bytes
                case .contentEnd(let problem):
                    guard let last, let names = last.names else { continue }
                    let path = archive.appending(names)
                    // Other products write larger ones, as of all places somebody was at.
                    if last.byteCount ?? 0 > TakeoutNote.mostBytes { continue }
                    if let problem {
                        gathered.problems.append(.init(path: path, reason: problem))
                    } else {
                        gathered.add(json: content, at: path, (names.dropLast().map { $0 }, names.last ?? ""))
                    }
                case .end(let problem):
                    if let problem {
                        gathered.problems.append(
                            .init(path: archive, reason: "it ends early: \(problem); download it again"))
                    }
                    return
                }
            }
        } catch let error as EngineError where error.code == .decoderCrashed || error.code == .timedOut {
            gathered.problems.append(.init(path: archive, reason: error.description))
        }
    }

    private static func isNote(_ entry: ArchiveEntry) -> Bool {
        entry.kind == .file && entry.path.lowercased().hasSuffix(".json") && entry.names != nil
    }

    /// By its first bytes: zip, or gzip in which tar may be. Blocks.
    private static func isArchive(_ file: FilePath) -> Bool {
        guard ["zip", "tgz", "gz"].contains(file.extension?.lowercased() ?? "") else { return false }
        let start = head(of: file, 4) ?? []
        return start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x50, 0x4B])
    }

    /// Of a file that is called as a note is; nil for others, and for what can't be read. Blocks.
    private static func contents(of file: FilePath) -> [UInt8]? {
        file.extension?.lowercased() == "json" ? head(of: file, TakeoutNote.mostBytes + 1) : nil
    }

    private static func head(of file: FilePath, _ limit: Int) -> [UInt8]? {
        let descriptor = file.withPlatformString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit)
        var filled = 0
        while filled < limit {
            let room = limit - filled
            // SAFETY: `filled` is less than the buffer's count, and the call writes at most the rest of it.
            let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + filled, room) }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    /// Its folder in the export and its name: what is below the last folder called Takeout, else below the path named.
    private static func place(of file: FilePath, below root: FilePath) -> ([String], String) {
        let all = file.components.map(\.string)
        let names = all.lastIndex { $0.lowercased() == "takeout" }.map { Array(all[$0...]) }
        let folder = names?.dropLast().map { $0 } ?? all.dropFirst(root.components.count).dropLast().map { $0 }
        return (folder, all.last ?? "")
    }
}

extension FilePath {
    /// With names below it; what a name has in it of a path is none.
    func appending(_ names: [String]) -> FilePath {
        names.reduce(self) { $0.appending(rawName: ByteText.bytes($1)) }
    }
}

/// What the parts of an export hold, before it is put together.
private struct Gathered {
    var archives: [FilePath] = []
    var files: [TakeoutPlan.File] = []
    var notes: [TakeoutPlan.Note] = []
    var problems: [TakeoutReport.Item] = []

    var count: Int { files.count + notes.count }

    mutating func add(_ entry: FolderScan.Entry, _ place: (folder: [String], name: String)) {
        files.append(
            TakeoutPlan.File(
                path: entry.path, fingerprint: entry.fingerprint, ordinal: nil, folder: place.folder, name: place.name))
    }

    mutating func add(_ entry: ArchiveEntry, in archive: FilePath) {
        if entry.kind == .folder { return }
        guard let names = entry.names, let name = names.last else {
            let shown = displayEscaped(entry.path)
            return problems.append(.init(path: archive, reason: "the name of an entry leads out of it: \(shown)"))
        }
        let path = archive.appending(names)
        let reason: String? =
            switch entry.kind {
            case .link: "a link: what it leads to is imported by its own name"
            case .other: "neither a file nor a folder"
            case .file where entry.isEncrypted:
                "it is encrypted: unpack the archive with its password, then import the folder"
            case .file, .folder: nil
            }
        if let reason { return problems.append(.init(path: path, reason: reason)) }
        files.append(
            TakeoutPlan.File(
                path: path,
                fingerprint: FileFingerprint(byteCount: entry.byteCount ?? 0, modified: entry.modified),
                ordinal: entry.ordinal, folder: Array(names.dropLast()), name: name))
    }

    mutating func add(json: [UInt8], at path: FilePath, _ place: (folder: [String], name: String)) {
        // Takeout writes other JSON, too: shared_album_comments.json and the like.
        guard let note = TakeoutNote(json: json) else {
            let isOfPicture = FileReader.isPictureName(String(place.name.dropLast(".json".count)))
            let isWhole = (try? JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed)) != nil
            if isOfPicture || !isWhole && json.count <= TakeoutNote.mostBytes {
                problems.append(
                    .init(
                        path: path,
                        reason: isWhole
                            ? "a note that can't be read: it is none of Google's"
                            : "a note that can't be read: it is cut off, or no JSON"))
            }
            return
        }
        if !note.isAlbum, note.takenAt == nil {
            problems.append(.init(path: path, reason: "its time can't be one: what else it says is taken"))
        }
        notes.append(.init(path: path, folder: place.folder, name: place.name, note: note))
    }

    func plan(takesTrash: Bool) -> TakeoutPlan {
        TakeoutSorting(files: files, notes: notes).plan(archives: archives, problems: problems, takesTrash: takesTrash)
    }
}
