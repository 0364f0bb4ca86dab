import Core
import Search

/// Carries out one request inside a transaction, and notes what it changed.
struct Editing {
    let connection: any SQLConnection
    let owner: SQLValue
    let catalog: SQLCatalog
    /// Of the edit, in Unix microseconds.
    let madeAt: Int64
    private(set) var steps: [EditStep] = []
    /// As `Edit.subject`.
    private(set) var subject = ""

    init(connection: any SQLConnection, catalog: SQLCatalog, madeAt: Int64) {
        self.connection = connection
        self.catalog = catalog
        self.madeAt = madeAt
        owner = catalog.ownerValue
    }

    private var albums: AlbumRows { AlbumRows(connection: connection, owner: owner) }
    private var tags: TagRows { TagRows(connection: connection, owner: owner) }
    private var members: MemberRows { MemberRows(connection: connection, owner: owner) }

    mutating func carryOut(_ change: EditChange, _ photos: [PhotoID], counters: inout CounterChanges) throws {
        switch change {
        case .favourite(let isFavourite):
            try mark(.favourite, .number(isFavourite ? 1 : 0), photos, "", &counters)
        case .rating(let rating):
            try mark(
                .rating, rating.map { .number(Int64($0)) } ?? .none, photos, rating.map { "\($0)" } ?? "none", &counters
            )
        case .caption(let caption):
            try mark(
                .caption, caption.map { .text($0) } ?? .none, photos, String((caption ?? "none").prefix(80)), &counters)
        case .archived(let isArchived):
            try mark(.archived, .number(isArchived ? 1 : 0), photos, "", &counters)
        case .trash: try trash(photos, &counters)
        case .addTags(let names): try addTags(names, photos)
        case .removeTags(let ids): try removeTags(ids, photos)
        case .addToAlbum(let id):
            let album = try albums.filled(id)
            subject = album.name
            let joined = try members.insert(photos, into: .album(id)).map(\.photo)
            if !joined.isEmpty { steps.append(.joined(id, name: album.name, photos: PackedIDs(joined))) }
        case .removeFromAlbum(let id):
            let album = try albums.filled(id)
            subject = album.name
            try leave(album, try members.remove(photos, from: .album(id), withHidden: false))
        case .moveInAlbum(let id, let anchor): try move(photos, in: try albums.filled(id), before: anchor)
        case .createAlbum(let name, let description, let query): try createAlbum(name.text, description, query)
        case .renameAlbum(let id, let name):
            let album = try albums.known(id)
            try rename(album.name, [album] + albums.nested(in: album.name), to: name.text)
        case .renameNested(let old, let name):
            let nested = try albums.nested(in: old.text)
            if nested.isEmpty { throw EngineError(.notFound, "there is no album \(old.text)") }
            try rename(old.text, nested, to: name.text)
        case .describeAlbum(let id, let text): try changeAlbum(id) { $0.description = text }
        case .setCover(let id, let photo): try setCover(id, photo)
        case .orderAlbum(let id, let order):
            _ = try albums.filled(id)
            try changeAlbum(id) { $0.order = order.rawValue }
        case .deleteAlbum(let id):
            let album = try albums.known(id)
            subject = album.name
            try leave(album, try members.remove(nil, from: .album(id), withHidden: true))
            try albums.delete(id)
            steps.append(.deletedAlbum(album))
        case .renameTag(let id, let name):
            let tag = try tags.known(id)
            subject = "\(tag.name) to \(name.text)"
            if tag.name == name.text { return }
            try tags.rename(id, name.text)
            steps.append(.renamedTag(before: tag, after: TagRow(id: id, name: name.text)))
        case .refuseEvent(let span, let name):
            subject = String(name.prefix(80))
            if try RefusedEventRows(connection: connection, owner: owner).insert(span) {
                steps.append(.refusedEvent(first: span.lowerBound, last: span.upperBound))
            }
        case .mergeTags(let ids, let into): try merge(ids, into: try tags.known(into))
        case .gatherAlbums(let gathered, let source):
            subject = "from \(source)"
            for album in gathered { try gather(album) }
        }
    }

    private mutating func mark(
        _ mark: EditStep.Mark, _ value: EditStep.Value, _ photos: [PhotoID], _ subject: String,
        _ counters: inout CounterChanges
    ) throws {
        self.subject = subject
        steps += try PhotoMarking(connection: connection, owner: catalog.owner).set(
            mark, to: value, photos, counters: &counters)
    }

    private mutating func trash(_ photos: [PhotoID], _ counters: inout CounterChanges) throws {
        let rows = try connection.rows(
            """
            \(NamedRows.table)
            SELECT photos.id, is_archived FROM named CROSS JOIN photos
            WHERE photos.id = named.id AND photos.owner = ? AND photos.trashed_at IS NULL
            """, NamedRows.values(photos) + [owner])
        var archived: [PhotoID] = []
        let found: [PhotoID] = try rows.map { row in
            var row = row
            let photo: PhotoID = try row.id()
            if try row.bool() { archived.append(photo) }
            return photo
        }
        if found.isEmpty { return }
        Likeness.count(&counters)
        try Likeness(connection: connection, owner: owner).forget(found)
        try TrashedPhotos(connection: connection, owner: catalog.owner).insert(found, at: madeAt, counters: &counters)
        steps.append(.trashed(PackedIDs(found), archived: PackedIDs(archived), at: madeAt))
    }

    private mutating func addTags(_ names: [CollectionName], _ photos: [PhotoID]) throws {
        subject = names.map(\.text).joined(separator: ", ")
        for name in names {
            var tag = try tags.tag(named: name.text)
            let isNew = tag == nil
            if isNew {
                let made = TagRow(id: catalog.newIdentifier(), name: name.text)
                try tags.insert(made)
                tag = made
            }
            let found = try SQLRow.present(tag)
            let tagged = try members.insert(photos, into: .tag(found.id)).map(\.photo)
            if tagged.isEmpty {
                if isNew { try tags.deleteUnused([found.id]) }
            } else {
                steps.append(.tagged(found, photos: PackedIDs(tagged)))
            }
        }
    }

    private mutating func removeTags(_ ids: [TagID], _ photos: [PhotoID]) throws {
        let found = try ids.map { try tags.known($0) }
        subject = found.map(\.name).joined(separator: ", ")
        for tag in found {
            let removed = try members.remove(photos, from: .tag(tag.id), withHidden: false).map(\.photo)
            if removed.isEmpty { continue }
            steps.append(.untagged(tag, photos: PackedIDs(removed)))
            try RemovedKeywords(connection: connection, owner: catalog.owner).insert(tag.name, removed)
        }
        try tags.deleteUnused(ids)
    }

    private mutating func merge(_ ids: [TagID], into target: TagRow) throws {
        let merged = try ids.filter { $0 != target.id }.map { try tags.known($0) }
        subject = "\(merged.map(\.name).joined(separator: ", ")) into \(target.name)"
        for tag in merged {
            let (inserted, removed) = try members.move(tag.id, into: target.id)
            steps.append(.tagged(target, photos: PackedIDs(inserted.map(\.photo))))
            steps.append(.untagged(tag, photos: PackedIDs(removed.map(\.photo))))
        }
        try tags.deleteUnused(merged.map(\.id))
    }

    private mutating func leave(_ album: AlbumRow, _ left: [MemberRows.Member]) throws {
        if left.isEmpty { return }
        steps.append(
            .left(
                album.id, name: album.name, photos: PackedIDs(left.map(\.photo)), positions: left.map(\.position)))
    }

    private mutating func createAlbum(_ name: String, _ description: String, _ query: String?) throws {
        subject = name
        if try albums.isTaken(name) { throw EngineError(.conflict, "there is an album \(name) already") }
        let album = AlbumRow(id: catalog.newIdentifier(), name: name, description: description, query: query)
        if let query {
            do {
                _ = try SearchText.query(query)
            } catch {
                throw EngineError(.invalidInput, error.description)
            }
        }
        try albums.insert(album)
        if query != nil { try SavedSearches.requireSound(album, owner: catalog.owner, connection) }
        steps.append(.createdAlbum(album))
    }

    private mutating func gather(_ gathered: GatheredAlbum) throws {
        let name = gathered.name.text
        let known = try albums.album(named: name)
        let album =
            try known.map { try albums.filled($0.id) }
            ?? AlbumRow(id: catalog.newIdentifier(), name: name, description: gathered.description)
        if known == nil { try albums.insert(album) }
        let joined = try members.insert(gathered.photos, into: .album(album.id)).map(\.photo)
        // None is begun for photos that are all in the trash.
        if joined.isEmpty { return known == nil ? try albums.delete(album.id) : () }
        if known == nil { steps.append(.createdAlbum(album)) }
        steps.append(.joined(album.id, name: album.name, photos: PackedIDs(joined)))
    }

    /// Albums of a name, or nested in it.
    private mutating func rename(_ old: String, _ before: [AlbumRow], to name: String) throws {
        subject = "\(old) to \(name)"
        if old == name { return }
        let levels = old.split(separator: "/", omittingEmptySubsequences: false).count
        let after = try before.map { row in
            var row = row
            // By levels: the parent may stand there in other letters.
            let rest = row.name.split(separator: "/", omittingEmptySubsequences: false)
                .dropFirst(levels)
            row.name = try CollectionName.album(([name] + rest.map(String.init)).joined(separator: "/")).text
            return row
        }
        try albums.rename(after.map { ($0.id, $0.name) })
        // Another name may be one that it asks for itself.
        for row in after where row.query != nil {
            try SavedSearches.requireSound(row, owner: catalog.owner, connection)
        }
        steps.append(.renamedAlbums(before: before, after: after))
    }

    private mutating func changeAlbum(_ id: AlbumID, _ body: (inout AlbumRow) -> Void) throws {
        let before = try albums.known(id)
        subject = before.name
        var after = before
        body(&after)
        if after == before { return }
        try albums.update(after)
        steps.append(.changedAlbum(before: before, after: after))
    }

    private mutating func setCover(_ id: AlbumID, _ photo: PhotoID?) throws {
        if let photo,
            try connection.row(
                "SELECT 1 FROM album_photos WHERE album = ? AND photo = ? AND owner = ? AND is_shown = 1",
                [.id(id), .id(photo), owner]) == nil
        {
            _ = try albums.known(id)
            throw EngineError(.conflict, "the photo \(photo) is not in the album", whatToDo: "add it first")
        }
        try changeAlbum(id) { $0.cover = photo }
    }

    private mutating func move(_ photos: [PhotoID], in album: AlbumRow, before anchor: PhotoID?) throws {
        subject = album.name
        guard album.order == Album.Order.hand.rawValue else {
            throw EngineError(
                .conflict, "the album \(album.name) is in order of date", whatToDo: "have it in order by hand first")
        }
        let places = try members.positions(in: album.id)
        let here = Dictionary(uniqueKeysWithValues: places.map { ($0.photo, $0.position) })
        let moved = photos.filter { here[$0] != nil && $0 != anchor }
        let isMoved = Set(moved)
        let rest = places.filter { !isMoved.contains($0.photo) }
        guard let index = anchor.map({ anchor in rest.firstIndex { $0.photo == anchor } }) ?? rest.endIndex else {
            throw EngineError(.conflict, "the photo to put them before is not in the album")
        }
        if moved.isEmpty { return }
        let low = index > 0 ? rest[index - 1].position : nil
        let high = index < rest.count ? rest[index].position : nil
        var after: [(photo: PhotoID, position: Int64)]
        if let low, let high, high - low <= Int64(moved.count) {
            // No room between the two: all are put anew.
            let order = rest[..<index].map(\.photo) + moved + rest[index...].map(\.photo)
            after = order.enumerated().map { ($1, Int64($0 + 1) * MemberRows.step) }
        } else {
            let count = Int64(moved.count)
            let first = low ?? (high ?? 0) - (count + 1) * MemberRows.step
            let gap = high.map { ($0 - first) / (count + 1) } ?? MemberRows.step
            after = moved.enumerated().map { ($1, first + Int64($0 + 1) * gap) }
        }
        after.removeAll { here[$0.photo] == $0.position }
        if after.isEmpty { return }
        try members.setPositions(after, in: album.id)
        steps.append(
            .moved(
                album.id, name: album.name, photos: PackedIDs(after.map(\.photo)),
                before: after.map { here[$0.photo] ?? 0 }, after: after.map(\.position)))
    }
}
