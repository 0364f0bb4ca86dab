internal import Core

/// Fills albums in bounded transactions, all of one edit.
struct AlbumGathering: Sendable {
    let catalog: any CollectionCatalog & EditCatalog

    /// Returns the albums that have more photos than before, in order of name, and what takes that back.
    func gather(
        _ albums: [GatheredAlbum], source: String, actor: String
    ) async throws -> (filled: [FilledAlbums.Album], edit: EditID?) {
        var edit: EditID?
        var before: [String: Int] = [:]
        for album in albums { before[album.name.key] = try await catalog.album(named: album.name)?.photoCount }
        for part in Self.parts(albums) {
            try Task.checkCancellation()
            let request = EditRequest(.gatherAlbums(part, source: source), actor: actor, continuing: edit)
            edit = try await catalog.edit(request)?.id ?? edit
        }
        var filled: [FilledAlbums.Album] = []
        for album in albums.sorted(by: { $0.name.key < $1.name.key }) {
            guard let now = try await catalog.album(named: album.name) else { continue }
            let added = now.photoCount - (before[album.name.key] ?? 0)
            if added > 0 { filled.append(.init(name: now.name, isNew: before[album.name.key] == nil, added: added)) }
        }
        return (filled, edit)
    }

    func preview(_ albums: [GatheredAlbum]) async throws -> [FilledAlbums.Album] {
        var filled: [FilledAlbums.Album] = []
        for album in albums.sorted(by: { $0.name.key < $1.name.key }) {
            let known = try await catalog.album(named: album.name)
            let photos = Array(Set(album.photos))
            var added = 0
            for first in stride(from: 0, to: photos.count, by: 1000) {
                let part = Array(photos[first..<min(first + 1000, photos.count)])
                let names = known == nil ? [] : try await catalog.collections(of: part).map(\.albums)
                added += part.count - names.count { $0.contains(known?.name ?? "") }
            }
            if added > 0 {
                filled.append(.init(name: known?.name ?? album.name.text, isNew: known == nil, added: added))
            }
        }
        return filled
    }

    /// Each with at most as many photos as one transaction takes; a large album is in several.
    static func parts(_ albums: [GatheredAlbum]) -> [[GatheredAlbum]] {
        var parts: [[GatheredAlbum]] = []
        var room = 0
        for album in albums {
            var rest = album.photos[...]
            while !rest.isEmpty {
                if room == 0 {
                    parts.append([])
                    room = EditRequest.mostPhotos
                }
                let taken = rest.prefix(room)
                rest = rest.dropFirst(taken.count)
                room -= taken.count
                parts[parts.count - 1].append(
                    GatheredAlbum(name: album.name, description: album.description, photos: Array(taken)))
            }
        }
        return parts
    }
}
