import Core

/// Takes a part of an edit back, as far as nobody changed what it had made.
struct EditUndoing {
    let connection: any SQLConnection
    let ownerID: OwnerID
    private(set) var restored: Set<PhotoID> = []
    private(set) var conflicts: [UndoneEdit.Conflict] = []

    init(connection: any SQLConnection, owner: OwnerID) {
        self.connection = connection
        ownerID = owner
    }

    private var owner: SQLValue { .id(ownerID) }

    private var albums: AlbumRows { AlbumRows(connection: connection, owner: owner) }
    private var tags: TagRows { TagRows(connection: connection, owner: owner) }
    private var members: MemberRows { MemberRows(connection: connection, owner: owner) }

    mutating func undo(_ step: EditStep, counters: inout CounterChanges) throws {
        switch step {
        case .marked(let marked):
            let back = try PhotoMarking(connection: connection, owner: ownerID).setBack(marked, counters: &counters)
            restored.formUnion(back)
            try tell(of: Set(marked.photos.photos).subtracting(back), areChanged: true)
        case .trashed(let photos, let archived, let moment):
            try takeBack(photos.photos, archived: Set(archived.photos), trashedAt: moment, counters: &counters)
        case .tagged(let tag, let photos):
            restored.formUnion(
                try members.remove(photos.photos, from: .tag(tag.id), withHidden: true).map(\.photo))
            try tags.deleteUnused([tag.id])
        case .untagged(let tag, let photos):
            let there = try tags.restored(tag)
            let back = try members.insert(photos.photos, into: .tag(there.id), restored: true).map(\.photo)
            restored.formUnion(back)
            try RemovedKeywords(connection: connection, owner: ownerID).delete(tag.name, photos.photos)
            try tags.deleteUnused([there.id])
            try tell(of: Set(photos.photos).subtracting(back), areChanged: false)
        case .joined(let album, _, let photos):
            restored.formUnion(
                try members.remove(photos.photos, from: .album(album), withHidden: true).map(\.photo))
        case .left(let album, let name, let photos, let positions):
            guard try albums.album(album) != nil else { return conflicts.append(.goneAlbum(name)) }
            let back = try members.restore(photos.photos, at: positions, into: album).map(\.photo)
            restored.formUnion(back)
            try tell(of: Set(photos.photos).subtracting(back), areChanged: false)
        case .moved(let album, let name, let photos, let before, let after):
            try moveBack(album, name, zip(photos.photos, zip(before, after)).map { ($0, $1.0, $1.1) })
        case .createdAlbum(let album): try uncreate(album)
        case .deletedAlbum(let album):
            if try albums.isTaken(album.name) {
                throw EngineError(
                    .conflict, "there is an album \(album.name) again", whatToDo: "rename that one first")
            }
            try albums.insert(try withKnownCover(album))
        case .changedAlbum(let before, let after): try changeBack(before, after)
        case .renamedAlbums(let before, let after): try renameBack(before, after)
        case .refusedEvent(let first, let last):
            try RefusedEventRows(connection: connection, owner: owner).delete(first...max(first, last))
        case .renamedTag(let before, let after):
            guard try tags.tag(after.id)?.name == after.name else { return conflicts.append(.changedTag(after.name)) }
            try tags.rename(before.id, before.name)
        }
    }

    private mutating func takeBack(
        _ photos: [PhotoID], archived: Set<PhotoID>, trashedAt moment: Int64, counters: inout CounterChanges
    ) throws {
        let trash = TrashedPhotos(connection: connection, owner: ownerID)
        let likeness = Likeness(connection: connection, owner: owner)
        let rows = try connection.rows(
            "SELECT trashed_at FROM photos WHERE id = ? AND owner = ?", each: photos.map { [.id($0), owner] })
        Likeness.count(&counters)
        for (photo, found) in zip(photos, rows) {
            guard var row = found.first else {
                conflicts.append(.gone(photo))
                continue
            }
            switch try row.optionalInt64() {
            case moment:
                try trash.restore(photo, isArchived: archived.contains(photo), counters: &counters)
                try likeness.waitIfComparable(photo)
                restored.insert(photo)
            case nil: break
            default: conflicts.append(.inTrash(photo))
            }
        }
    }

    /// Of photos that were not changed back: why. Those that are as they should be already need no word.
    private mutating func tell(of photos: Set<PhotoID>, areChanged: Bool) throws {
        let photos = photos.sorted()
        let rows = try connection.rows(
            "SELECT trashed_at FROM photos WHERE id = ? AND owner = ?", each: photos.map { [.id($0), owner] })
        for (photo, found) in zip(photos, rows) {
            guard var row = found.first else {
                conflicts.append(.gone(photo))
                continue
            }
            if areChanged { conflicts.append(try row.optionalInt64() == nil ? .changedPhoto(photo) : .inTrash(photo)) }
        }
    }

    private mutating func moveBack(
        _ album: AlbumID, _ name: String, _ moved: [(photo: PhotoID, before: Int64, after: Int64)]
    ) throws {
        guard try albums.album(album) != nil else { return conflicts.append(.goneAlbum(name)) }
        let rows = try connection.rows(
            "UPDATE album_photos SET position = ? WHERE album = ? AND photo = ? AND owner = ? AND position = ? RETURNING 1",
            each: moved.map { [.int($0.before), .id(album), .id($0.photo), owner, .int($0.after)] })
        restored.formUnion(zip(moved, rows).filter { !$0.1.isEmpty }.map(\.0.photo))
        if rows.contains(where: \.isEmpty) { conflicts.append(.changedAlbum(name)) }
    }

    private mutating func uncreate(_ album: AlbumRow) throws {
        guard let now = try albums.album(album.id) else { return }
        let isUsed =
            try connection.row("SELECT 1 FROM album_photos WHERE album = ? LIMIT 1", [.id(album.id)]) != nil
        if now != album || isUsed { return conflicts.append(.changedAlbum(now.name)) }
        try albums.delete(album.id)
    }

    private mutating func withKnownCover(_ album: AlbumRow) throws -> AlbumRow {
        guard let cover = album.cover,
            try connection.row("SELECT 1 FROM photos WHERE id = ? AND owner = ?", [.id(cover), owner]) == nil
        else { return album }
        conflicts.append(.gone(cover))
        var album = album
        album.cover = nil
        return album
    }

    private mutating func changeBack(_ before: AlbumRow, _ after: AlbumRow) throws {
        guard var album = try albums.album(after.id) else { return conflicts.append(.goneAlbum(after.name)) }
        var isChanged = false
        func back<Value: Equatable>(_ field: WritableKeyPath<AlbumRow, Value>) {
            guard before[keyPath: field] != after[keyPath: field] else { return }
            if album[keyPath: field] == after[keyPath: field] {
                album[keyPath: field] = before[keyPath: field]
            } else {
                isChanged = true
            }
        }
        back(\.description)
        back(\.order)
        back(\.cover)
        if isChanged { conflicts.append(.changedAlbum(album.name)) }
        try albums.update(try withKnownCover(album))
    }

    private mutating func renameBack(_ before: [AlbumRow], _ after: [AlbumRow]) throws {
        var names: [(id: AlbumID, name: String)] = []
        for (before, after) in zip(before, after) {
            guard let now = try albums.album(after.id) else {
                conflicts.append(.goneAlbum(after.name))
                continue
            }
            if now.name == after.name {
                names.append((before.id, before.name))
            } else {
                conflicts.append(.changedAlbum(now.name))
            }
        }
        try albums.rename(names)
    }
}
