import Core
import SystemPackage

extension Catalog {
    /// Photos taken on the days of July 2024, in their order.
    func addPhotos(_ count: Int) async throws -> [PhotoID] {
        var photos: [PhotoID] = []
        for number in 1...count {
            photos.append(try await add(scanned(number, at: time(2024, 7, number))))
        }
        return photos
    }

    func addAlbum(_ name: String, _ photos: [PhotoID] = []) async throws -> AlbumID {
        try await edit(.createAlbum(.album(name), description: ""))
        let album = try requirePresent(try await album(named: .album(name)), "the album \(name)")
        try await edit(.addToAlbum(album.id), photos)
        return album.id
    }

    func tagID(_ name: String) async throws -> TagID {
        try requirePresent(try await tag(named: .tag(name)), "the tag \(name)").id
    }

    func ids(in collection: PhotoCollection) async throws -> [PhotoID] {
        try await photos(in: collection, after: nil, limit: 999).map(\.photo.id)
    }

    func names(matching text: String = "", byCount: Bool = false) async throws -> [String] {
        try await tags(CollectionQuery(text: text, isByPhotoCount: byCount, limit: 99)).map(\.name)
    }
}

/// Fails the case unless `body` throws an error of this code.
func requireRefused(_ code: EngineError.Code, _ what: String, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let error as EngineError {
        return try requireEqual(error.code, code, what)
    }
    throw ContractViolation("\(what): nothing was thrown")
}

extension CatalogContract {
    static let collectionCases: [ContractCase<CatalogSubject>] = [
        OwnerTrial.apart,
        ContractCase("An album is paged in the order of date, newest first, or by hand") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(7)
            let added = [3, 0, 6, 1, 5, 2, 4].map { photos[$0] }
            let album = try await catalog.addAlbum("Trips", added)
            func paged() async throws -> [PhotoID] {
                var found: [CollectedPhoto] = []
                while true {
                    let after = found.last?.position
                    let page = try await subject.second.photos(in: .album(album), after: after, limit: 3)
                    let entries = try await subject.second.entries(in: .album(album), after: after, limit: 3)
                    try requireEqual(
                        entries, page.map { CollectedEntry(entry: TimelineEntry($0.photo), position: $0.position) },
                        "what a wall shows")
                    if page.isEmpty { return found.map(\.photo.id) }
                    found += page
                }
            }
            try requireEqual(try await paged(), photos.reversed(), "by date")
            try await catalog.edit(.orderAlbum(album, .hand))
            try requireEqual(try await paged(), added, "as they were added")
            try await catalog.edit(.moveInAlbum(album, before: photos[6]), [photos[4], photos[3]])
            try requireEqual(try await paged(), [0, 4, 3, 6, 1, 5, 2].map { photos[$0] }, "two before another")
            try await catalog.edit(.moveInAlbum(album, before: nil), [photos[0]])
            try requireEqual(try await paged(), [4, 3, 6, 1, 5, 2, 0].map { photos[$0] }, "one to the end")
            try await catalog.edit(.moveInAlbum(album, before: photos[4]), [photos[2], photos[5]])
            try requireEqual(try await paged(), [2, 5, 4, 3, 6, 1, 0].map { photos[$0] }, "two to the front")
            // Again and again between the same two, until there is no room: everything is put anew.
            for step in 0..<30 {
                try await catalog.edit(.moveInAlbum(album, before: photos[4]), [photos[step.isMultiple(of: 2) ? 2 : 5]])
            }
            try requireEqual(try await paged(), [2, 5, 4, 3, 6, 1, 0].map { photos[$0] }, "after thirty moves")
            try await requireRefused(.conflict, "before one that is not in it") {
                try await catalog.edit(
                    .moveInAlbum(album, before: PhotoID(clock: subject.clock, random: SystemRandom())), [photos[0]])
            }
            try await catalog.requireSound()
        },
        ContractCase("An album follows what is learnt of when its photos were taken") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(3)
            let album = try await catalog.addAlbum("Trips", photos)
            try await catalog.edit(.addTags([.tag("sea")]), photos)
            for job in try await catalog.claimAll() where job.photo == photos[0] {
                let found = processed(1) { $0.captureTime = time(2024, 9, source: .exif) }
                try require(try await catalog.finish(job.id, worker: "w", processed: found), "the end")
            }
            try requireEqual(
                try await catalog.ids(in: .album(album)), [photos[0], photos[2], photos[1]], "the album")
            try requireEqual(
                try await catalog.ids(in: .tag(catalog.tagID("sea"))), [photos[0], photos[2], photos[1]], "the tag")
            try await catalog.requireSound()
        },
        ContractCase("Names are found whatever their case and normalisation, and kept as they were written") {
            subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(3)
            // é composed, then as e and an accent.
            try await catalog.edit(.addTags([.tag("Caf\u{e9}")]), [photos[0]])
            try requireEqual(
                try await catalog.edit(.addTags([.tag("  CAFE\u{301} ")]), [photos[0], photos[1]]), 1, "the same tag")
            try requireEqual(try await catalog.names().map { Array($0.utf8) }, [Array("Caf\u{e9}".utf8)], "the tags")
            try await catalog.edit(.createAlbum(.album("Trips/Lisbon"), description: "a"))
            try await requireRefused(.conflict, "the same album") {
                try await catalog.edit(.createAlbum(.album("trips / LISBON"), description: "b"))
            }
            let found = try await catalog.album(named: .album("TRIPS/lisbon"))
            try requireEqual(found?.name, "Trips/Lisbon", "the album")
            try requireEqual(
                try await catalog.albums(CollectionQuery(text: "LISB", limit: 9)).map(\.name), ["Trips/Lisbon"],
                "by part of the name")
            // Written otherwise, and still the same.
            try await catalog.edit(.renameTag(catalog.tagID("café"), .tag("CAFÉ")))
            try requireEqual(try await catalog.names(), ["CAFÉ"], "the tag")
            try await catalog.requireSound()
        },
        ContractCase("Hostile text is kept to the byte, or refused") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(1)
            let texts = [
                "\u{1b}[31mred\u{7}", "\u{202e}gpj.exe", "a\nb\tc\r\n", "%_'\"\\;--", "\u{200d}\u{feff}", "👩‍👩‍👧",
                "e\u{301}",
                String(repeating: "ä", count: 5000), " ",
            ]
            for text in texts {
                try await catalog.edit(.caption(text), photos)
                let kept = try await subject.second.photo(photos[0])?.metadata.caption
                try requireEqual(Array((kept ?? "").utf8), Array(text.utf8), "a caption")
            }
            for text in ["", "a\0b", String(repeating: "a", count: 16_385)] {
                try await requireRefused(.invalidInput, "a caption") { try await catalog.edit(.caption(text), photos) }
            }
            for text in ["\u{202e}gpj", "%_'\"\\;--", "👩‍👩‍👧", "a/b", String(repeating: "ä", count: 250)] {
                try await catalog.edit(.addTags([.tag(text)]), photos)
                let kept = try requirePresent(try await subject.second.tag(named: .tag(text)), "the tag")
                try requireEqual(Array(kept.name.utf8), Array(text.utf8), "a tag")
                let album = try await catalog.addAlbum(text, photos)
                try requireEqual(try await catalog.ids(in: .album(album)), photos, "an album's photos")
            }
            for text in ["", "  ", "a\0", "\u{1b}[31m", "a\nb", "\u{9b}2J", String(repeating: "a", count: 501)] {
                try await requireRefused(.invalidInput, "a tag") { _ = try CollectionName.tag(text) }
                try await requireRefused(.invalidInput, "an album") { _ = try CollectionName.album(text) }
            }
            for text in ["/a", "a/", "a//b", "a/ /b"] {
                try await requireRefused(.invalidInput, "an album") { _ = try CollectionName.album(text) }
            }
            try await requireRefused(.invalidInput, "a rating") { try await catalog.edit(.rating(6), photos) }
            try await requireRefused(.invalidInput, "a rating") { try await catalog.edit(.rating(-1), photos) }
            try await catalog.requireSound()
        },
        ContractCase("An album is renamed with those nested in it, and with no other") { subject in
            let catalog = subject.catalog
            for name in ["Trips", "Trips/Lisbon", "trips/Lisbon/2024", "Trips 2", "Tripsy"] {
                _ = try await catalog.addAlbum(name)
            }
            func names() async throws -> [String] {
                try await catalog.albums(CollectionQuery(limit: 99)).map(\.name)
            }
            let before = try await names()
            let trips = try requirePresent(try await catalog.album(named: .album("Trips")), "the album")
            try await catalog.edit(.renameAlbum(trips.id, .album("Trips/Lisbon")))
            try requireEqual(
                try await names(),
                ["Trips 2", "Trips/Lisbon", "Trips/Lisbon/Lisbon", "Trips/Lisbon/Lisbon/2024", "Tripsy"], "deeper")
            try requireEqual(try await catalog.undo(catalog.lastEdit()).conflicts, [], "what changed since")
            try requireEqual(try await names(), before, "after the undo")
            try await requireRefused(.conflict, "another's name") {
                try await catalog.edit(.renameAlbum(trips.id, .album("Tripsy")))
            }
            try requireEqual(try await names(), before, "after the refusal")
            try await catalog.edit(.renameAlbum(trips.id, .album("TRIPS")))
            try requireEqual(
                try await names(), ["TRIPS", "Trips 2", "TRIPS/Lisbon", "TRIPS/Lisbon/2024", "Tripsy"], "other letters")
            let page = try await catalog.albums(CollectionQuery(after: .album("trips 2"), limit: 2)).map(\.name)
            try requireEqual(page, ["TRIPS/Lisbon", "TRIPS/Lisbon/2024"], "a page")
            try await catalog.requireSound()
        },
        ContractCase("A cover is one of the album's photos, else the first in its order") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(3)
            let album = try await catalog.addAlbum("Trips", Array(photos.prefix(2)))
            func firstCover() async throws -> PhotoID? {
                let first: [Album] = try await catalog.albums(CollectionQuery(limit: 1))
                return first.first?.cover
            }
            try requireEqual(try await firstCover(), photos[1], "the first by date")
            try await catalog.edit(.orderAlbum(album, .hand))
            try requireEqual(try await firstCover(), photos[0], "the first by hand")
            try await catalog.edit(.setCover(album, photos[1]))
            try requireEqual(try await firstCover(), photos[1], "the chosen one")
            try await requireRefused(.conflict, "one that is not in it") {
                try await catalog.edit(.setCover(album, photos[2]))
            }
            try await catalog.edit(.removeFromAlbum(album), [photos[1]])
            try requireEqual(try await firstCover(), photos[0], "once the chosen one has left")
            _ = try await catalog.undo(catalog.lastEdit())
            try requireEqual(try await firstCover(), photos[1], "once it is back")
            try requireEqual(try await catalog.ids(in: .album(album)), Array(photos.prefix(2)), "in its place")
            let empty = try await catalog.addAlbum("Empty")
            try requireEqual(try await catalog.ids(in: .album(empty)), [], "an empty one's photos")
            try requireEqual(try await firstCover(), nil, "an empty one's cover")
            try await catalog.requireSound()
        },
        ContractCase("Tags are there as long as a photo has them, and are listed by name or use") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addPhotos(3)
            try await catalog.edit(.addTags([.tag("sea"), .tag("Beach"), .tag("seagull")]), [photos[0]])
            try await catalog.edit(.addTags([.tag("sea")]), photos)
            try requireEqual(try await catalog.names(), ["Beach", "sea", "seagull"], "by name")
            try requireEqual(try await catalog.names(byCount: true), ["sea", "Beach", "seagull"], "by use")
            try requireEqual(try await catalog.names(matching: "SEA"), ["sea", "seagull"], "those that match")
            try requireEqual(
                try await catalog.collections(of: [photos[0], photos[1]]),
                [PhotoCollections(tags: ["Beach", "sea", "seagull"]), PhotoCollections(tags: ["sea"])], "of photos")
            try await catalog.edit(.removeTags([catalog.tagID("beach")]), photos)
            try requireEqual(try await catalog.names(), ["sea", "seagull"], "without the one that nothing has")
            try await catalog.requireSound()
        },
        ContractCase("Archived photos leave the timeline and stay in albums; those in the trash leave both") {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1) { $0.place = "Lisbon" }
            let two = try await catalog.addCompared(2, 3, like: one)
            let album = try await catalog.addAlbum("Trips", [one, two])
            try await catalog.edit(.addTags([.tag("sea")]), [two])
            try await catalog.edit(.archived(true), [one])
            try requireEqual(try await catalog.ids(TimelineQuery(limit: 9)), [two], "the timeline")
            try requireEqual(Set(try await catalog.ids(in: .album(album))), [one, two], "the album")
            try await catalog.requireSound()
            try requireEqual(try await catalog.undo(catalog.lastEdit()).restored, 1, "those taken out of the archive")
            let resolution = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "a"))
            try requireEqual(try await catalog.ids(in: .album(album)), [one], "the album")
            try requireEqual(try await catalog.albums(CollectionQuery(limit: 9)).map(\.photoCount), [1], "its count")
            try requireEqual(try await catalog.ids(in: .tag(catalog.tagID("sea"))), [one], "what the keeper took over")
            try requireEqual(try await catalog.edit(.rating(3), [two]), 0, "one in the trash is not rated")
            try requireEqual(try await catalog.edit(.addTags([.tag("sand")]), [two]), 0, "nor tagged")
            try await catalog.requireSound()
            _ = try await catalog.restore([two], actor: "a", reason: "")
            try requireEqual(Set(try await catalog.ids(in: .album(album))), [one, two], "the album, once it is back")
            try requireEqual(Set(try await catalog.ids(in: .tag(catalog.tagID("sea")))), [one, two], "the tag, too")
            try await catalog.requireSound()
            _ = try await catalog.undo(resolution.id, actor: "a")
            try requireEqual(try await catalog.ids(in: .tag(catalog.tagID("sea"))), [two], "the tag, once undone")
            try await catalog.requireSound()
        },
    ]
}
