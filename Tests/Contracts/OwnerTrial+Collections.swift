import Core

extension Holding {
    fileprivate func album() async throws -> Album {
        try requirePresent(try await catalog.album(named: .album("Trips")), "the album")
    }

    fileprivate func tag() async throws -> Tag {
        try requirePresent(try await catalog.tag(named: .tag("sea")), "the tag")
    }

    /// The other's is found by nobody: the same answer as for what is not there at all.
    fileprivate func requireUnknown(_ what: String, _ change: EditChange, _ photos: [PhotoID] = []) async throws {
        do {
            try await catalog.edit(change, photos)
        } catch let error as EngineError {
            return try requireEqual(error.code, .notFound, what)
        }
        throw ContractViolation("\(what) was taken")
    }
}

extension OwnerTrial {
    static let collections: [OwnerTrial] = [
        OwnerTrial("edit(_:)") { own, other in
            for change in [
                EditChange.favourite(true), .rating(3), .caption("a"), .archived(true), .addTags([try .tag("a")]),
            ] {
                try requireEqual(try await own.catalog.edit(change, other.photos), 0, "the other's photos changed")
            }
        } use: { own in
            try await own.catalog.edit(.createAlbum(.album("Trips"), description: "\(own.number)"))
            try requireEqual(
                try await own.catalog.edit(.addToAlbum(own.album().id), own.photos), 5, "those put into the album")
            try requireEqual(
                try await own.catalog.edit(.addTags([.tag("sea")]), Array(own.photos.prefix(2))), 2, "those tagged")
        },
        OwnerTrial("albums(_:)") { own in
            let found = try await own.catalog.albums(CollectionQuery(limit: 9))
            try requireEqual(found.map(\.description), ["\(own.number)"], "the albums")
        },
        OwnerTrial("album(named:)") { own in
            try requireEqual(try await own.album().description, "\(own.number)", "the album")
        },
        OwnerTrial("album(_:)") { own in
            try requireEqual(try await own.catalog.album(own.album().id)?.description, "\(own.number)", "the album")
        },
        OwnerTrial("tags(_:)") { own in
            let found = try await own.catalog.tags(CollectionQuery(limit: 9))
            try requireEqual(found.map(\.photoCount), [2], "the tags")
        },
        OwnerTrial("tag(named:)") { own in try requireEqual(try await own.tag().photoCount, 2, "the tag") },
        OwnerTrial("keywords(containing:after:limit:)") { own in
            let found = try await own.catalog.keywords(containing: "", after: nil, limit: 9)
            try requireEqual(found, [Keyword(name: Holding.keyword(own.number), photoCount: 1)], "the keywords")
        },
        OwnerTrial("photos(in:after:limit:)") { own in
            let found = try await own.catalog.photos(in: .album(own.album().id), after: nil, limit: 99)
            try requireEqual(Set(found.map(\.photo.id)), Set(own.photos), "the album's photos")
            let tagged = try await own.catalog.photos(in: .tag(own.tag().id), after: nil, limit: 99)
            try requireEqual(Set(tagged.map(\.photo.id)), Set(own.photos.prefix(2)), "the tag's photos")
        },
        OwnerTrial("entries(in:after:limit:)") { own in
            let found = try await own.catalog.entries(in: .album(own.album().id), after: nil, limit: 99)
            try requireEqual(Set(found.map(\.entry.id)), Set(own.photos), "the album's photos")
        },
        OwnerTrial("collections(of:)") { own in
            try requireEqual(
                try await own.catalog.collections(of: [own.photos[0], own.photos[4]]),
                [PhotoCollections(albums: ["Trips"], tags: ["sea"]), PhotoCollections(albums: ["Trips"])],
                "what they are in")
        },
        OwnerTrial("edits(after:limit:)") { own in
            try requireEqual(
                try await own.catalog.edits(after: nil, limit: 9).map(\.kind), [.tag, .addToAlbum, .createAlbum],
                "the edits")
        },
        OwnerTrial("edits(idPrefix:limit:)") { own in
            let all = try await own.catalog.edits(after: nil, limit: 9)
            try requireEqual(
                try await own.catalog.edits(idPrefix: all[0].id.description, limit: 9), [all[0]], "the edit")
            try requireEqual(try await own.catalog.edits(idPrefix: "", limit: 9), [], "the edits of no name")
        },
        OwnerTrial("removals()") { own in
            try await own.catalog.edit(.removeFromAlbum(own.album().id), [own.photos[0]])
            let last = try await own.catalog.lastEdit()
            let removals = try await own.catalog.removals()
            try requireEqual(removals.left, [try await own.album().id: [own.photos[0]]], "what was taken out")
            _ = try await own.catalog.undo(last)
            try requireEqual(try await own.catalog.removals().left, [:], "what was taken back")
            try await own.catalog.edit(.addTags([.tag("sand")]), [own.photos[1], own.photos[2]])
        },
        OwnerTrial("undoPart(of:actor:reason:)") { own in
            let undone = try await own.catalog.undoPart(of: own.catalog.lastEdit().id, actor: "u", reason: "")
            try requireEqual(undone.restored, 2, "those that were tagged")
        },
    ]

    static let apart = ContractCase<CatalogSubject>("Another owner's albums, tags and edits are found by nobody") {
        subject in
        let first = try await Holding(subject.catalog, number: 10, clock: subject.clock)
        let second = try await Holding(subject.stranger, number: 20, clock: subject.clock)
        for own in [first, second] {
            for trial in collections.dropLast() { try await trial.use(own) }
        }
        try await requireApart(first, second)
        try await requireApart(second, first)
        try await first.catalog.requireSound()
    }

    private static func requireApart(_ own: Holding, _ other: Holding) async throws {
        let (album, tag) = (try await other.album(), try await other.tag())
        try requireEqual(try await own.catalog.album(album.id), nil, "the other's album")
        for collection in [PhotoCollection.album(album.id), .tag(tag.id)] {
            let found = try await own.catalog.photos(in: collection, after: nil, limit: 9)
            try requireEqual(found.count, 0, "the photos of what is the other's")
            let entries = try await own.catalog.entries(in: collection, after: nil, limit: 9)
            try requireEqual(entries, [], "the photos of what is the other's")
        }
        try requireEqual(
            try await own.catalog.collections(of: other.photos), other.photos.map { _ in PhotoCollections() },
            "what the other's photos are in")
        try await own.requireUnknown("the other's album", .addToAlbum(album.id), own.photos)
        try await own.requireUnknown("the other's album", .deleteAlbum(album.id))
        try await own.requireUnknown("the other's album", .renameAlbum(album.id, .album("b")))
        try await own.requireUnknown("the other's album", .setCover(album.id, own.photos[0]))
        try await own.requireUnknown("the other's tag", .renameTag(tag.id, .tag("b")))
        try await own.requireUnknown("the other's tag", .removeTags([tag.id]), other.photos)
        try await own.requireUnknown("the other's tag", .mergeTags([own.tag().id], into: tag.id))
        for edit in try await other.catalog.edits(after: nil, limit: 9) {
            try requireEqual(
                try await own.catalog.edits(idPrefix: edit.id.description, limit: 9), [], "the other's edits")
            do {
                _ = try await own.catalog.undoPart(of: edit.id, actor: "u", reason: "")
                throw ContractViolation("the other's edit was taken back")
            } catch let error as EngineError {
                try requireEqual(error.code, .notFound, "the other's edit")
            }
        }
    }
}
