import Core

/// Puts a photo where the duplicates are that go to the trash for it: into their albums, under their tags, in their places as
/// covers.
struct CollectionMerge {
    let connection: any SQLConnection
    let owner: SQLValue
    /// The names of what the keeper is in.
    private(set) var before = PhotoCollections()
    private(set) var after = PhotoCollections()
    private(set) var steps: [EditStep] = []

    init(connection: any SQLConnection, owner: SQLValue) {
        self.connection = connection
        self.owner = owner
    }

    mutating func carryOut(_ leaving: [PhotoID], into keeper: PhotoID) throws {
        before = try names(of: keeper)
        let members = MemberRows(connection: connection, owner: owner)
        let albums = AlbumRows(connection: connection, owner: owner)
        // Where several are in an album, the keeper takes the place of the first.
        var places: [AlbumID: Int64] = [:]
        for (album, position) in try self.places(of: leaving) {
            places[album] = min(places[album] ?? position, position)
        }
        for (album, _) in try self.places(of: [keeper]) { places[album] = nil }
        for (album, position) in places.sorted(by: { $0.key < $1.key }) {
            let name = try albums.known(album).name
            if try !members.restore([keeper], at: [position], into: album).isEmpty {
                steps.append(.joined(album, name: name, photos: PackedIDs([keeper])))
            }
        }
        let tags = Set(try self.tags(of: leaving)).subtracting(try self.tags(of: [keeper]))
        for tag in tags.sorted() {
            let row = try TagRows(connection: connection, owner: owner).known(tag)
            if try !members.insert([keeper], into: .tag(tag)).isEmpty {
                steps.append(.tagged(row, photos: PackedIDs([keeper])))
            }
        }
        try takeCovers(of: Set(leaving), for: keeper, albums)
        after = steps.isEmpty ? before : try names(of: keeper)
    }

    private mutating func takeCovers(of leaving: Set<PhotoID>, for keeper: PhotoID, _ albums: AlbumRows) throws {
        let covered = try connection.rows(
            "SELECT \(AlbumRow.columns) FROM albums WHERE owner = ? AND cover IS NOT NULL ORDER BY id", [owner])
        for var row in covered {
            let album = try AlbumRow(&row)
            guard let cover = album.cover, leaving.contains(cover) else { continue }
            var changed = album
            changed.cover = keeper
            try albums.update(changed)
            steps.append(.changedAlbum(before: album, after: changed))
        }
    }

    private func names(of photo: PhotoID) throws -> PhotoCollections {
        try SQLRow.present(try SQLCatalog.collections(of: [photo], owner: owner, connection).first)
    }

    private func places(of photos: [PhotoID]) throws -> [(AlbumID, Int64)] {
        try connection.rows(
            "SELECT album, position FROM album_photos WHERE photo = ? AND owner = ?",
            each: photos.map { [.id($0), owner] }
        ).joined().map { row in
            var row = row
            return (try row.id(), try row.int64())
        }
    }

    private func tags(of photos: [PhotoID]) throws -> [TagID] {
        try connection.rows(
            "SELECT tag FROM photo_tags WHERE photo = ? AND owner = ?", each: photos.map { [.id($0), owner] }
        ).joined().map { row in
            var row = row
            return try row.id()
        }
    }
}
