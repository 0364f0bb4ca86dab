internal import Core
internal import Digest
internal import Foundation
internal import Glibc
internal import SystemPackage

extension PhotoExport {
    /// Copies the film of a live photo to where its photo went, under that name. The photo is exported whether or not it can be.
    func writeFilm(
        of photo: Photo, beside path: FilePath, _ request: ExportRequest, _ item: inout ExportItem
    ) async throws {
        guard let identifier = photo.filmIdentifier else { return }
        let films = try await catalog.films(of: identifier)
        guard let film = films.first(where: { OriginalFetch.exists($0.path) }) else {
            if let gone = films.first { item.reason = "without its film: \(gone.path.byteText) is not there" }
            return
        }
        let folder = path.removingLastComponent()
        let part = folder.appending("\(OriginalFetch.partPrefix)\(getpid())-\(UUID().uuidString)")
        do {
            try await blocking.run { try Self.copy(film, to: part) }
            let patches = request.keepsPosition ? [] : try await eraser.positionErasure(part)
            item.film = try await blocking.run {
                try Self.settleFilm(part, beside: path, patches, like: film)
            }
        } catch let error as EngineError {
            item.reason = "without its film: \(error.description)"
        } catch {
            _ = part.withPlatformString { unlink($0) }
            throw error
        }
        _ = part.withPlatformString { unlink($0) }
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

    /// Under the photo's name, with the film's ending; another file of that name stays, and is the film where it has its bytes.
    private static func settleFilm(
        _ part: FilePath, beside photo: FilePath, _ patches: [BytePatch], like film: LibraryFile
    ) throws -> FilePath {
        do {
            let file = try FileDescriptor.open(part, .readWrite, options: .closeOnExec)
            try file.closeAfter {
                for patch in patches {
                    try patch.bytes.withUnsafeBytes { _ = try file.writeAll(toAbsoluteOffset: Int64(patch.offset), $0) }
                }
                let modified = film.fingerprint.modified
                let time = timespec(tv_sec: Int(modified / 1_000_000_000), tv_nsec: Int(modified % 1_000_000_000))
                _ = futimens(file.rawValue, [time, time])
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: part.removingLastComponent()))")
        }
        var target = photo
        target.extension = film.path.extension ?? "mov"
        if OriginalFetch.exists(target) {
            if try SHA256Hasher.digest(path: target).sha256 == SHA256Hasher.digest(path: part).sha256 { return target }
            throw EngineError(.conflict, "another file is at \(String(decoding: target))")
        }
        try OriginalFetch.settle(part, target, replaces: false)
        return target
    }
}
