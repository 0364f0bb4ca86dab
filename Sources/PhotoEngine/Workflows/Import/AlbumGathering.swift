internal import Core

/// Fills albums in bounded transactions, all of one edit.
struct AlbumGathering: Sendable {
    let catalog: any CollectionCatalog & EditCatalog

    /// Returns the albums that have more photos than before, in order of name, and what takes that back; and how many photos stay
    /// where a person had put them: out of an album, or of one that was deleted.
    func gather(
        _ albums: [GatheredAlbum], source: String, actor: String
    ) async throws -> (filled: [FilledAlbums.Album], edit: EditID?, leftOut: Int) {
        let (albums, leftOut) = try await asEdited(albums)
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
        return (filled, edit, leftOut)
    }

    /// Under the names that albums have by now, without what was taken out of them here.
    private func asEdited(_ albums: [GatheredAlbum]) async throws -> (albums: [GatheredAlbum], leftOut: Int) {
        let removals = try await catalog.removals()
        var wanted: [GatheredAlbum] = []
        var places: [String: Int] = [:]
        var leftOut = 0
        for album in albums {
            var album = album
            var known = try await catalog.album(named: album.name)
            if known == nil, let id = removals.gathered[album.name.key] {
                known = try await catalog.album(id)
                guard let known, known.query == nil else {
                    leftOut += album.photos.count
                    continue
                }
                album.name = try .album(known.name)
            }
            if let known, let left = removals.left[known.id] {
                let there = album.photos.count
                album.photos.removeAll(where: left.contains)
                // Who was put back in is in it.
                leftOut += there - album.photos.count
            }
            if let place = places[album.name.key] {
                wanted[place].photos += album.photos
            } else {
                places[album.name.key] = wanted.count
                wanted.append(album)
            }
        }
        return (wanted, leftOut)
    }

    func preview(_ albums: [GatheredAlbum]) async throws -> (filled: [FilledAlbums.Album], leftOut: Int) {
        let (albums, leftOut) = try await asEdited(albums)
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
        return (filled, leftOut)
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
