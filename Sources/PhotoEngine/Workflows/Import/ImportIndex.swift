internal import Core
internal import Foundation
internal import SystemPackage

/// The part of an import, and of a preview of one, that finds files, leaves unchanged ones unopened, and reads the rest
/// a few at a time.
struct ImportIndex: Sendable {
    let catalog: any FileCatalog
    let tally: ImportTally
    let libraryFolder: FilePath?
    let readers: Int
    let reader: FileReader
    let gate: MalwareGate?
    /// Files that are read also where they are as the catalogue remembers them, unless they are photos.
    let named: Set<FilePath>
    /// Files that are passed over.
    let leftOut: Set<FilePath>
    /// Where films are stored, too: those without a copy are read again.
    let films: (any FilmCatalog)?
    private let scanning = BlockingQueue(label: "phototui.scan", isSerial: true)
    private let counting = BlockingQueue(label: "phototui.count", isSerial: true, qos: .utility)
    private let reading = BlockingQueue(label: "phototui.read")

    init(
        catalog: any FileCatalog, tally: ImportTally, libraryFolder: FilePath?, readers: Int,
        reader: FileReader = FileReader(), gate: MalwareGate? = nil, named: Set<FilePath> = [],
        leftOut: Set<FilePath> = [], films: (any FilmCatalog)? = nil
    ) {
        (self.gate, self.leftOut, self.films) = (gate, leftOut, films)
        self.named = named
        self.catalog = catalog
        self.tally = tally
        self.libraryFolder = libraryFolder
        self.readers = readers
        self.reader = reader
    }

    /// Calls `known` for each file that is as the catalogue remembers it, and `read` for each other once it was read, both
    /// one at a time, and `pause` between scans. A picture that there was no room for is read again where `makesRoom` finds
    /// some. Stops early when the task is cancelled.
    func run(
        _ roots: [FilePath], known: (LibraryFile) async throws -> Void,
        read: (FilePath, FileReader.Reading) async throws -> Void, makesRoom: () async throws -> Bool,
        pause: () async throws -> Void
    ) async throws {
        let flag = CancellationFlag()
        let ahead = Task { await count(roots, flag) }
        defer { ahead.cancel() }
        let scan = FolderScan(roots: roots, libraryFolder: libraryFolder)
        try await withTaskCancellationHandler {
            while !Task.isCancelled, let batch = try await scanning.run({ scan.next(limit: 256) }) {
                let files = leftOut.isEmpty ? batch.files : batch.files.filter { !leftOut.contains($0.path) }
                tally.found(files.count, skipped: batch.skipped)
                var changed: [FolderScan.Entry] = []
                for entry in files {
                    if let file = try await catalog.file(at: entry.path), file.fingerprint == entry.fingerprint,
                        try await !isToBeRead(file)
                    {
                        try await known(file)
                    } else {
                        changed.append(entry)
                    }
                }
                try await readAll(changed, flag, read, makesRoom)
                try await pause()
            }
        } onCancel: {
            flag.set()
        }
        tally.scanned()
    }

    private func isToBeRead(_ file: LibraryFile) async throws -> Bool {
        guard case .unsupported(let reason) = file.outcome else { return false }
        if let films, let identifier = Film.identifier(reason: reason) {
            return try await films.storedFilms(of: identifier).isEmpty
        }
        // An older phototui left sidecars and films alone.
        return named.contains(file.path) || Sidecar.isName(file.path) && reason != Sidecar.reason
            || Film.isName(file.path) && reason == FileReader.otherReason
    }

    private func readAll(
        _ entries: [FolderScan.Entry], _ flag: CancellationFlag,
        _ read: (FilePath, FileReader.Reading) async throws -> Void, _ makesRoom: () async throws -> Bool
    ) async throws {
        let (reader, reading, gate) = (reader, reading, gate)
        @Sendable func look(at path: FilePath) async throws -> FileReader.Reading {
            let result = try await reading.run { reader.read(path) { flag.isSet } }
            return try await gate?.inspect(path, result) ?? result
        }
        try await withThrowingTaskGroup(of: (FilePath, FileReader.Reading).self) { group in
            var rest = entries.makeIterator()
            func add() {
                guard !flag.isSet, let entry = rest.next() else { return }
                group.addTask { (entry.path, try await look(at: entry.path)) }
            }
            for _ in 0..<readers { add() }
            while let (path, first) = try await group.next() {
                var result = first
                if case .left(reader.room.reason) = first.content, try await makesRoom() {
                    result = try await look(at: path)
                }
                add()
                tally.read(result.bytesRead)
                if case .gone = result.content {
                    tally.vanished()
                } else {
                    try await read(path, result)
                }
            }
        }
    }

    /// Walks ahead to learn how many files there are, for the time left: names and kinds only.
    private func count(_ roots: [FilePath], _ flag: CancellationFlag) async {
        let scan = FolderScan(roots: roots, libraryFolder: libraryFolder)
        var files = 0
        while !Task.isCancelled, !flag.isSet, let batch = try? await counting.run({ scan.next(limit: 1024) }) {
            files += batch.files.count
            tally.counted(files)
        }
    }
}
