public import Core
internal import Foundation
internal import Glibc
public import SystemPackage

/// Writes what the library knows of photos into sidecars, on request: originals stay as they are.
public struct SidecarWriting: Sendable {
    public typealias SidecarsCatalog = PhotoCatalog & CollectionCatalog & SidecarCatalog

    public enum Outcome: String, Sendable {
        case written
        /// It says all that already.
        case unchanged
    }

    private let catalog: any SidecarsCatalog
    private let coder: any SidecarCoder
    private let blocking = BlockingQueue(label: "phototui.sidecars")

    public init(catalog: any SidecarsCatalog, coder: any SidecarCoder) {
        (self.catalog, self.coder) = (catalog, coder)
    }

    /// Writes one photo's: rating, caption, tags and keywords, favourite mark, position and faces; what else a sidecar says
    /// there already stays. Beside the original in the sidecar that is there, else in `NAME.EXT.xmp`; or into a folder. What was
    /// written beside the original since the last import is taken up first. It is there whole, or as it was. Throws `.conflict` for a file that is `taken`, `.notFound`
    /// where no file of the photo is in a folder that this machine sees, `.corrupt` where another's sidecar can't be read.
    public func write(
        _ photo: Photo, to folder: FilePath?, except taken: Set<FilePath> = []
    ) async throws -> (path: FilePath, outcome: Outcome) {
        let place = try await place(of: photo, in: folder)
        guard !taken.contains(place) else {
            throw EngineError(
                .conflict, "another photo of the same name has its sidecar there",
                whatToDo: "write it beside its original, or to another folder")
        }
        let old = place.isThere ? place : nil
        if folder == nil, let old {
            _ = try await catalog.recordSidecars([Sidecar(path: old, marks: try await coder.read(sidecar: old))])
        }
        let text = try await coder.text(
            of: try await marks(of: photo.id), edited: try await catalog.editedMarks(of: photo.id), in: old,
            keepsPosition: true)
        if let old, try await bytes(of: old) == text { return (place, .unchanged) }
        try await blocking.run { try Self.store(text, at: place) }
        return (place, .written)
    }

    /// Where `write` would write a photo's beside its original, and whether one is there. Throws as that.
    public func target(of photo: Photo) async throws -> (path: FilePath, isThere: Bool) {
        let place = try await place(of: photo, in: nil)
        return (place, place.isThere)
    }

    /// Writes what is known of a photo beside a copy of its file: over the sidecar that is there, else over a copy of the one
    /// beside its original, and without its position unless that is kept.
    func write(_ photo: Photo, beside file: FilePath, keepsPosition: Bool) async throws -> FilePath {
        let candidates = Sidecar.paths(beside: file)
        let there = candidates.first(where: \.isThere)
        let place = try there ?? Self.first(candidates)
        var old = there
        if old == nil { old = (try? await self.place(of: photo, in: nil)).flatMap { $0.isThere ? $0 : nil } }
        var marks = try await marks(of: photo.id)
        if !keepsPosition { marks.position = nil }
        let text = try await coder.text(
            of: marks, edited: try await catalog.editedMarks(of: photo.id), in: old, keepsPosition: keepsPosition)
        if let there, try await bytes(of: there) == text { return there }
        try await blocking.run { try Self.store(text, at: place) }
        return place
    }

    /// As the photo is now.
    private func marks(of id: PhotoID) async throws -> WrittenMarks {
        guard let photo = try await catalog.photo(id) else {
            throw EngineError(.notFound, "the photo is no longer in the library")
        }
        let metadata = photo.metadata
        var marks = WrittenMarks()
        marks.isFavourite = photo.isFavourite
        (marks.rating, marks.caption, marks.position) = (metadata.rating, metadata.caption, metadata.position)
        let tags = try await catalog.collections(of: [id]).first?.tags ?? []
        let keys = Set(tags.map(CollectionName.key))
        marks.keywords = tags + metadata.keywords.filter { !keys.contains(CollectionName.key(of: $0)) }
        let back = metadata.orientation.inverse
        marks.faces = (try await catalog.faces(of: [id]).first ?? []).map { face in
            FaceRegion(
                box: face.turned(back).box, name: face.name, source: .mwg, dimensions: photo.pixelSize)
        }
        return marks
    }

    private func place(of photo: Photo, in folder: FilePath?) async throws -> FilePath {
        if let folder {
            let name = ByteText.bytes(photo.filename)
            guard !name.contains(UInt8(ascii: "/")), !name.contains(0),
                let sidecar = Sidecar.paths(beside: folder.appending(rawName: name)).first
            else { throw EngineError(.invalidInput, "no sidecar can be called after the photo's name") }
            return sidecar
        }
        var paths = try await catalog.files(of: photo.id).filter { !$0.isMissing }.map(\.path)
        if case .file(let path) = photo.original { paths = [path] + paths.filter { $0 != path } }
        guard let original = paths.first(where: \.isThere) else {
            throw EngineError(
                .notFound, "no file of the photo is in a folder here",
                whatToDo: "name a folder for its sidecar with --to")
        }
        let candidates = Sidecar.paths(beside: original)
        return try candidates.first(where: \.isThere) ?? Self.first(candidates)
    }

    private static func first(_ candidates: [FilePath]) throws -> FilePath {
        guard let first = candidates.first else {
            throw EngineError(.invalidInput, "no sidecar can be called after the photo's name: it is too long")
        }
        return first
    }

    private func bytes(of path: FilePath) async throws -> [UInt8]? {
        try await blocking.run {
            let file = path.withPlatformString { fopen($0, "re") }
            guard let file else { return nil }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = fread(&block, 1, block.count, file)
                if count == 0 { return ferror(file) == 0 ? bytes : nil }
                bytes += block.prefix(count)
            }
        }
    }

    /// Where a link points, so that it stays one.
    private static func store(_ bytes: [UInt8], at path: FilePath) throws {
        // SAFETY: realpath's answer is its own, ends with a NUL, and is freed here.
        let resolved = path.withPlatformString { realpath($0, nil) }
        defer { free(resolved) }
        let target = resolved.map { FilePath(platformString: $0) } ?? path
        let part = target.removingLastComponent().appending(".phototui-\(UUID().uuidString)")
        defer { _ = part.withPlatformString { unlink($0) } }
        do {
            var known = stat()
            let mode = target.withPlatformString { stat($0, &known) } == 0 ? known.st_mode & 0o777 : nil
            let file = try FileDescriptor.open(
                part, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.closeAfter {
                try file.writeAll(bytes)
                if let mode { _ = fchmod(file.rawValue, mode) }
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            let isMoved = part.withPlatformString { from in target.withPlatformString { rename(from, $0) } } == 0
            guard isMoved else { throw Errno(rawValue: errno) }
            let folder = try FileDescriptor.open(
                target.removingLastComponent(), .readOnly, options: [.directory, .closeOnExec])
            try folder.closeAfter { _ = fsync(folder.rawValue) }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing a sidecar")
        }
    }
}
