internal import Core
internal import SystemPackage

/// Puts photos into albums that are called as the folders they lie in.
///
/// A name begins below the outermost watched folder, so that a part of it imported by itself fills the same albums: with
/// `~/Pictures` watched, `~/Pictures/Trips/Lisbon` is `Trips/Lisbon`. Photos that lie in that folder itself are in an album of
/// its name.
struct FolderAlbums: Sendable {
    let catalog: any Importer.ImportCatalog

    /// Of all photos below `roots`, also those that were imported before. One edit takes it all back.
    func fill(from roots: [FilePath], _ report: ImportReport, _ request: ImportRequest) async throws -> FilledAlbums {
        let bases = try await bases(of: roots)
        let folders = request.isDryRun ? try await foreseen(report) : try await recorded(below: roots)
        var filled = FilledAlbums()
        var albums: [GatheredAlbum] = []
        var indexes: [String: Int] = [:]
        for (folder, photos) in folders.sorted(by: { $0.key.isBytewiseBefore($1.key) }) {
            guard let base = bases.first(where: { folder.starts(with: $0) }) else { continue }
            do {
                let name = try CollectionName.album(Self.name(of: folder, below: base))
                if let query = try await catalog.album(named: name)?.query {
                    throw EngineError(.conflict, "the album of its name is a saved search: \(displayEscaped(query))")
                }
                // Two folders whose names differ in letters' case alone are one album.
                if let index = indexes[name.key] {
                    albums[index].photos += photos
                } else {
                    indexes[name.key] = albums.count
                    albums.append(GatheredAlbum(name: name, photos: photos))
                }
            } catch let error as EngineError where error.code == .invalidInput || error.code == .conflict {
                filled.refused.append(.init(path: folder, reason: error.whatHappened))
            }
        }
        let gathering = AlbumGathering(catalog: catalog)
        if request.isDryRun {
            (filled.filled, filled.leftOut) = try await gathering.preview(albums)
        } else {
            let source = roots.map { displayEscaped($0) }.joined(separator: ", ")
            (filled.filled, filled.edit, filled.leftOut) = try await gathering.gather(
                albums, source: String(source.prefix(200)), actor: request.actor)
        }
        return filled
    }

    /// The folders below which names begin, the outermost first.
    private func bases(of roots: [FilePath]) async throws -> [FilePath] {
        let watched = try await catalog.folders().map(\.path)
        let named = roots.map { $0.isFolder ? $0 : $0.removingLastComponent() }
        return (watched + named).sorted { $0.components.count < $1.components.count }
    }

    private static func name(of folder: FilePath, below base: FilePath) -> String {
        var below = Array(folder.components.dropFirst(base.components.count))
        if below.isEmpty, let last = base.lastComponent { below = [last] }
        // Any bytes may be in a folder's name; in an album's only what can be shown.
        return below.map { displayEscaped(FilePath(root: nil, [$0])) }.joined(separator: "/")
    }

    private func recorded(below roots: [FilePath]) async throws -> [FilePath: [PhotoID]] {
        var folders: [FilePath: [PhotoID]] = [:]
        for root in roots {
            var after: FilePath?
            while true {
                try Task.checkCancellation()
                let page = try await catalog.files(under: root, after: after, limit: 1000)
                for file in page {
                    guard case .photo = file.outcome, !file.isMissing, let photo = file.photo else { continue }
                    folders[file.path.removingLastComponent(), default: []].append(photo)
                }
                guard page.count == 1000, let last = page.last else { break }
                after = last.path
            }
        }
        return folders
    }

    /// What a dry run found; a photo that is not in the library has no id yet, and gets one for the counting.
    private func foreseen(_ report: ImportReport) async throws -> [FilePath: [PhotoID]] {
        var folders: [FilePath: [PhotoID]] = [:]
        var made: UInt64 = 0
        for item in report.items where [.imported, .known, .waiting].contains(item.outcome) {
            made += 1
            let bytes = [UInt8](repeating: 0xFF, count: 8) + (0..<8).map { UInt8(truncatingIfNeeded: made >> (8 * $0)) }
            guard let photo = try await catalog.file(at: item.path)?.photo ?? PhotoID(bytes: bytes) else { continue }
            folders[item.path.removingLastComponent(), default: []].append(photo)
        }
        return folders
    }
}
