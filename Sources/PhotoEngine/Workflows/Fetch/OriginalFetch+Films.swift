public import Core
internal import Digest
internal import Glibc
public import SystemPackage

/// What there is of the film of a live photo: the file that was imported, or the library's copy of it.
enum FilmSource: Sendable {
    case file(LibraryFile)
    case copy(StoredFilm)

    /// `modified` is that of the file which was imported.
    var fingerprint: FileFingerprint {
        switch self {
        case .file(let file): file.fingerprint
        case .copy(let film): film.fingerprint
        }
    }

    var fileExtension: String {
        switch self {
        case .file(let file): file.path.extension ?? "mov"
        case .copy(let film): film.key.description.split(separator: ".").last.map(String.init) ?? "mov"
        }
    }
}

extension OriginalFetch {
    /// Writes the film of a live photo beside `target`, where its photo is, under that name. nil where it has none that is known.
    /// Throws as `fetch` does.
    public func fetchFilm(of photo: Photo, beside target: FilePath, replaces: Bool) async throws -> FilePath? {
        guard let source = try await film(of: photo) else { return nil }
        let path = target.withExtension(source.fileExtension)
        return try await withFilm(source, in: target.removingLastComponent()) { part in
            try await blocking.run {
                try Self.setModified(part, source.fingerprint.modified)
                try Self.settleFilm(part, path, replaces: replaces)
            }
            return path
        }
    }

    /// Where the film of a photo can be had: the file that was imported, as long as that is there. nil where none is known. Throws
    /// `.notFound` for one that is gone.
    func film(of photo: Photo) async throws -> FilmSource? {
        guard let identifier = photo.filmIdentifier else { return nil }
        let files = try await catalog.films(of: identifier)
        if let file = try await blocking.run({ files.first(where: Self.isAsRecorded) }) { return .file(file) }
        if let copy = try await catalog.storedFilms(of: identifier).first { return .copy(copy) }
        guard let gone = files.first else { return nil }
        throw EngineError(
            Self.exists(gone.path) ? .conflict : .notFound,
            "its film \(displayEscaped(gone.path)) "
                + (Self.exists(gone.path) ? "changed since it was imported" : "is not there"),
            whatToDo: "import its folder again")
    }

    /// Has the film in a new file of this folder while `body` runs; what `body` gives no name is gone behind it.
    func withFilm<Value: Sendable>(
        _ source: FilmSource, in folder: FilePath, _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        try await withPart(in: folder, progress: { _ in }) { part in
            switch source {
            case .file(let file): try await blocking.run { try Self.copy(file, to: part) }
            case .copy(let film): try await transfer(film.key, film.sha256, to: part)
            }
        } _: {
            try await body($0)
        }
    }

    private static func isAsRecorded(_ file: LibraryFile) -> Bool {
        var status = stat()
        return file.path.withPlatformString { lstat($0, &status) } == 0 && FileFingerprint(status) == file.fingerprint
    }

    private static func copy(_ film: LibraryFile, to part: FilePath) throws {
        do {
            let source = try FileDescriptor.open(film.path, .readOnly, options: [.closeOnExec, .noFollow])
            try source.closeAfter {
                var status = stat()
                guard fstat(source.rawValue, &status) == 0, FileFingerprint(status) == film.fingerprint else {
                    throw EngineError(
                        .conflict, "it changed since it was imported", whatToDo: "import its folder again")
                }
                let target = try FileDescriptor.open(
                    part, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
                try target.closeAfter {
                    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
                    defer { buffer.deallocate() }
                    // SAFETY: what was read lies in the buffer, which outlives the loop.
                    while case let count = try source.read(into: buffer), count > 0 {
                        try target.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    }
                }
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "copying \(String(decoding: film.path))")
        }
    }

    static func setModified(_ part: FilePath, _ modified: Int64) throws {
        do {
            let file = try FileDescriptor.open(part, .readWrite, options: .closeOnExec)
            try file.closeAfter {
                let time = timespec(tv_sec: Int(modified / 1_000_000_000), tv_nsec: Int(modified % 1_000_000_000))
                _ = futimens(file.rawValue, [time, time])
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: part.removingLastComponent()))")
        }
    }

    /// Another file of that name stays, unless it is to be replaced, and is the film where it has its bytes.
    static func settleFilm(_ part: FilePath, _ target: FilePath, replaces: Bool) throws {
        if !replaces, exists(target) {
            if try SHA256Hasher.digest(path: target).sha256 == SHA256Hasher.digest(path: part).sha256 { return }
            throw EngineError(.conflict, "another file is at \(String(decoding: target))")
        }
        try settle(part, target, replaces: replaces)
    }
}

extension FilePath {
    /// The same with another ending.
    func withExtension(_ ending: String) -> FilePath {
        var path = self
        path.extension = ending
        return path
    }
}
