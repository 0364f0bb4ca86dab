import Core
import SystemPackage

extension Catalog {
    /// All that an edit may change.
    fileprivate func state(_ photos: [PhotoID]) async throws -> LibraryState {
        let albums = try await albums(CollectionQuery(limit: 99))
        var orders: [[PhotoID]] = []
        for album in albums { orders.append(try await ids(in: .album(album.id))) }
        return LibraryState(
            photos: try await self.photos(after: nil, limit: 99), timeline: try await ids(TimelineQuery(limit: 99)),
            months: try await months(), albums: albums, orders: orders,
            tags: try await tags(CollectionQuery(limit: 99)), collections: try await collections(of: photos),
            faces: try await faces(of: photos))
    }
}

private struct LibraryState: Equatable {
    let photos: [Photo]
    let timeline: [PhotoID]
    let months: [MonthCount]
    let albums: [Album]
    let orders: [[PhotoID]]
    let tags: [Tag]
    let collections: [PhotoCollections]
    let faces: [[Face]]
}

extension CatalogContract {
    static let editCases: [ContractCase<CatalogSubject>] = [
        ContractCase("Every edit is undone exactly, and only once") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(5)
            let album = try await catalog.addAlbum("Trips", Array(photos.prefix(3)))
            _ = try await catalog.addAlbum("Trips/Lisbon")
            let hand = try await catalog.addAlbum("By hand", photos)
            try await catalog.edit(.orderAlbum(hand, .hand))
            try await catalog.edit(.addTags([.tag("sea"), .tag("sand")]), Array(photos.prefix(2)))
            try await catalog.edit(.addTags([.tag("sun")]), Array(photos.suffix(4)))
            try await catalog.edit(.rating(2), [photos[0]])
            try await catalog.edit(.caption("the beach"), [photos[1]])
            try await catalog.edit(.favourite(true), [photos[2]])
            try await catalog.edit(.archived(true), [photos[3]])
            let (sea, sand, sun) = try await (catalog.tagID("sea"), catalog.tagID("sand"), catalog.tagID("sun"))
            let changes: [(EditChange, [PhotoID], Int)] = [
                (.favourite(true), photos, 4), (.favourite(false), photos, 1), (.rating(4), photos, 5),
                (.rating(nil), photos, 1), (.rating(0), photos, 5), (.caption("sea"), photos, 5),
                (.caption(nil), photos, 1), (.archived(true), photos, 4), (.archived(false), photos, 1),
                (.trash, photos, 5),
                (.addTags([try .tag("SEA"), try .tag("new")]), photos, 5), (.removeTags([sea, sun]), photos, 5),
                (.addToAlbum(album), photos, 2), (.removeFromAlbum(album), photos, 3),
                (.removeFromAlbum(hand), [photos[2], photos[0]], 2),
                (.moveInAlbum(hand, before: photos[0]), [photos[4], photos[1]], 2),
                (.createAlbum(try .album("New"), description: "d"), [], 0),
                (
                    .gatherAlbums(
                        [
                            GatheredAlbum(name: try .album("Gathered"), description: "d", photos: photos),
                            GatheredAlbum(name: try .album("by HAND"), photos: [photos[0]]),
                            GatheredAlbum(name: try .album("Trips"), photos: photos),
                        ], source: "a folder"), [], 5
                ),
                (.renameAlbum(album, try .album("Travels")), [], 0), (.describeAlbum(album, "all of them"), [], 0),
                (.setCover(album, photos[0]), [], 0), (.orderAlbum(album, .hand), [], 0), (.deleteAlbum(hand), [], 5),
                (.renameTag(sun, try .tag("Sunshine")), [], 0), (.mergeTags([sea, sand], into: sun), [], 2),
            ]
            let before = try await catalog.state(photos)
            for (change, photos, count) in changes {
                let made = try await catalog.edit(EditRequest(change, photos: photos, actor: "anna", reason: "mail"))
                let edit = try requirePresent(made, "the edit \(change)")
                try requireEqual(edit.photoCount, count, "photos changed by \(change)")
                try require(try await catalog.state(photos) != before, "\(change) changed something")
                try await catalog.requireSound()
                try requireEqual(try await subject.second.edits(after: nil, limit: 1), [edit], "the last edit")
                // The moment stands still here, and entries of one moment are in the order of their ids, whoever made them.
                let told = try requirePresent(
                    try await catalog.journal(limit: 999).first { $0.subject == edit.id.description },
                    "the journal's entry")
                try require(told.actor == "anna" && told.outcome.contains("mail"), "who and why")
                // Nothing, or refused where what it names is gone, or there already.
                let again = try? await catalog.edit(EditRequest(change, photos: photos, actor: "anna"))
                try requireEqual(again?.id, nil, "\(change) once more")
                let undone = try await subject.second.undo(edit)
                try requireEqual(undone.conflicts, [], "what changed since \(change)")
                try requireEqual(undone.restored, count, "photos changed back from \(change)")
                try requireEqual(undone.edit.undone?.actor, "u", "who took it back")
                try requireEqual(undone.edit.undone?.reason, "why not", "why")
                try requireEqual(try await catalog.state(before.photos.map(\.id)), before, "all of it, after \(change)")
                try await catalog.requireSound()
                try await requireRefused(.conflict, "a second undo") { _ = try await catalog.undo(edit) }
            }
        },
        ContractCase("An undo leaves alone what was changed since, and tells of it") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(3)
            func conflicts(_ edit: Edit) async throws -> [UndoneEdit.Conflict] {
                let undone: UndoneEdit = try await catalog.undo(edit)
                try await catalog.requireSound()
                return undone.conflicts
            }
            for (first, second) in [
                (EditChange.rating(2), EditChange.rating(5)), (.caption("a"), .caption("b")),
                (.favourite(true), .favourite(false)), (.archived(true), .archived(false)),
            ] {
                try await catalog.edit(first, photos)
                let edit = try await catalog.lastEdit()
                try await catalog.edit(second, [photos[1]])
                try requireEqual(try await conflicts(edit), [.changedPhoto(photos[1])], "what changed since \(first)")
            }
            let kept = try requirePresent(try await catalog.photo(photos[1]), "the photo that was changed since")
            try requireEqual(kept.metadata.rating, 5, "its rating")
            try requireEqual(kept.metadata.caption, "b", "its caption")
            try requireEqual(try await catalog.photo(photos[0])?.metadata.rating, nil, "another's rating")

            let album = try await catalog.addAlbum("Trips", photos)
            let joined = try await catalog.lastEdit()
            try await catalog.edit(.removeFromAlbum(album), [photos[0]])
            let left = try await catalog.lastEdit()
            let created = try requirePresent(
                try await catalog.edits(after: nil, limit: 9).first { $0.kind == .createAlbum }, "the creation")
            try requireEqual(try await conflicts(created), [.changedAlbum("Trips")], "an album that is used")
            try await catalog.edit(.describeAlbum(album, "a"))
            let described = try await catalog.lastEdit()
            try await catalog.edit(.describeAlbum(album, "b"))
            try requireEqual(try await conflicts(described), [.changedAlbum("Trips")], "a description changed since")
            try await catalog.edit(.renameAlbum(album, .album("A")))
            let renamed = try await catalog.lastEdit()
            try await catalog.edit(.renameAlbum(album, .album("B")))
            try requireEqual(try await conflicts(renamed), [.changedAlbum("B")], "a name changed since")
            try await catalog.edit(.deleteAlbum(album))
            let deleted = try await catalog.lastEdit()
            try requireEqual(try await conflicts(left), [.goneAlbum("Trips")], "an album deleted since")
            try requireEqual(try await conflicts(joined), [], "what it had put in is out of it")
            _ = try await catalog.addAlbum("b")
            try await requireRefused(.conflict, "an album of the same name") { _ = try await catalog.undo(deleted) }
            try await catalog.requireSound()

            try await catalog.edit(.addTags([.tag("sea")]), photos)
            try await catalog.edit(.removeTags([catalog.tagID("sea")]), photos)
            let untagged = try await catalog.lastEdit()
            try await catalog.edit(.addTags([.tag("SEA")]), [photos[0]])
            try requireEqual(try await conflicts(untagged), [], "a tag that is there again")
            try requireEqual(try await catalog.tags(CollectionQuery(limit: 9)).map(\.photoCount), [3], "its photos")
        },
        ContractCase("An edit of photos that are in the trash or gone says so when undone") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 3, like: one)
            try await catalog.edit(.archived(true), [two])
            let archived = try await catalog.lastEdit()
            try await catalog.edit(.addTags([.tag("sea")]), [two])
            try await catalog.edit(.removeTags([catalog.tagID("sea")]), [two])
            let untagged = try await catalog.lastEdit()
            let resolution = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "a"))
            try requireEqual(try await catalog.undo(archived).conflicts, [.inTrash(two)], "one in the trash")
            try await catalog.requireSound()
            let removed = try await catalog.remove(
                two, trashedAt: resolution.resolvedAt, forgetting: [], actor: "a", reason: "")
            try require(removed != nil, "it was removed")
            try requireEqual(try await catalog.undo(untagged).conflicts, [.gone(two)], "one that is gone")
            try await catalog.requireSound()
        },
        ContractCase("What a person said of a photo outlasts its processing, and only that") { subject in
            let catalog = subject.catalog
            let photo = try await catalog.add(scanned(1))
            try await catalog.edit(.rating(5), [photo])
            func process() async throws -> PhotoMetadata {
                _ = try await catalog.enqueueProcessing([photo])
                for job in try await catalog.claimAll() {
                    let found = processed(1) {
                        ($0.rating, $0.caption, $0.keywords) = (2, "from the file", ["sea"])
                        $0.position = GeoPosition(latitude: 1, longitude: 2, altitude: nil)
                    }
                    try require(try await catalog.finish(job.id, worker: "w", processed: found), "the end")
                }
                return try requirePresent(try await catalog.photo(photo), "the photo").metadata
            }
            let metadata = try await process()
            try requireEqual(metadata.rating, 5, "the person's rating")
            try requireEqual(metadata.caption, "from the file", "the file's caption")
            try requireEqual(metadata.keywords, ["sea"], "the file's keywords")
            try require(metadata.position != nil, "the file's position")
            try await catalog.edit(.caption(nil), [photo])
            try requireEqual(try await process().caption, nil, "a caption taken away")
            let edits = try await catalog.edits(after: nil, limit: 9)
            for edit in edits { try requireEqual(try await catalog.undo(edit).conflicts, [], "what changed since") }
            let back = try await process()
            try requireEqual(back.rating, 2, "the file's rating")
            try requireEqual(back.caption, "from the file", "the file's caption")
        },
        ContractCase("An edit goes on over several transactions, and is undone in as many") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(9)
            var edit: Edit?
            for part in [photos[0..<4], photos[4..<8], photos[8..<9]] {
                edit = try await catalog.edit(
                    EditRequest(.rating(3), photos: Array(part), actor: "a", continuing: edit?.id))
            }
            let made = try requirePresent(edit, "the edit")
            try requireEqual(made.photoCount, 9, "photos of all parts")
            try requireEqual(try await catalog.edits(after: nil, limit: 9), [made], "one edit")
            var restored: [Int] = []
            while true {
                let part = try await subject.second.undoPart(of: made.id, actor: "u", reason: "")
                restored.append(part.restored)
                try await catalog.requireSound()
                if part.isComplete { break }
            }
            try requireEqual(restored, [1, 4, 4], "the last part first")
            try await requireRefused(.conflict, "a part of one that was taken back") {
                _ = try await catalog.edit(EditRequest(.rating(3), photos: photos, actor: "a", continuing: made.id))
            }
            try await requireRefused(.notFound, "a part of none") {
                let none = EditID(clock: subject.clock, random: SystemRandom())
                _ = try await catalog.edit(EditRequest(.rating(3), photos: photos, actor: "a", continuing: none))
            }
            try requireEqual(try await catalog.photo(photos[0])?.metadata.rating, nil, "nothing changed")
            let many = (0...EditRequest.mostPhotos).map { _ in PhotoID(clock: subject.clock, random: SystemRandom()) }
            try await requireRefused(.limitExceeded, "too many at once") {
                try await catalog.edit(.rating(3), many)
            }
        },
    ]

    static let mergeCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A resolution puts the keeper where the others were, and its undo takes it out again") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let ana = FaceRegion(
                box: PictureRegion(x: 0.5, y: 0, width: 0.25, height: 0.5), name: "Ana", source: .mwg, dimensions: nil)
            let two = try await catalog.addCompared(2, 3, like: one, faces: [ana])
            let three = try await catalog.addCompared(3, 1, like: one)
            let other = try await catalog.addCompared(4, 0xffff_0000)
            let trips = try await catalog.addAlbum("Trips", [three, other, two])
            try await catalog.edit(.orderAlbum(trips, .hand))
            try await catalog.edit(.setCover(trips, two))
            let best = try await catalog.addAlbum("Best", [one, two])
            try await catalog.edit(.addTags([.tag("sea"), .tag("Beach")]), [two])
            try await catalog.edit(.addTags([.tag("sea")]), [one])
            try await catalog.edit(.rating(4), [three])
            let before = try await catalog.state([one, two, three, other])
            let resolution = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two, three], actor: "a"))
            try requireEqual(resolution.before.albums, ["Best"], "the keeper's albums before")
            try requireEqual(resolution.after.albums, ["Best", "Trips"], "and after")
            try requireEqual(resolution.before.tags, ["sea"], "its tags before")
            try requireEqual(resolution.after.tags, ["Beach", "sea"], "and after")
            try requireEqual(resolution.after.rating, 4, "the highest rating")
            try requireEqual(try await catalog.faces(of: [one])[0].map(\.name), ["Ana"], "the face")
            try requireEqual(try await catalog.ids(in: .album(trips)), [one, other], "in the first's place")
            try requireEqual(try await catalog.ids(in: .album(best)), [one], "the other album")
            let albums = try await catalog.albums(CollectionQuery(limit: 9))
            try requireEqual(albums.map(\.photoCount), [1, 2], "their counts")
            try requireEqual(albums[1].cover, one, "the cover")
            try await catalog.requireSound()
            try requireEqual(try await subject.second.undo(resolution.id, actor: "b").conflicts, [], "what changed")
            try requireEqual(try await catalog.state([one, two, three, other]), before, "all of it")
            try await catalog.requireSound()

            let again = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two, three], actor: "a"))
            try await catalog.edit(.setCover(trips, other))
            try await catalog.edit(.removeTags([catalog.tagID("Beach")]), [one])
            try requireEqual(
                try await catalog.undo(again.id, actor: "b").conflicts, [.changedAlbum("Trips")], "what changed since")
            try requireEqual(try await catalog.albums(CollectionQuery(limit: 9))[1].cover, other, "the cover stays")
            try await catalog.requireSound()

            try await catalog.edit(.setCover(trips, two))
            let last = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two, three], actor: "a"))
            try await catalog.edit(.deleteAlbum(trips))
            try requireEqual(
                try await catalog.undo(last.id, actor: "b").conflicts, [.goneAlbum("Trips")], "what is gone since")
            try await catalog.requireSound()
        }
    ]
}
