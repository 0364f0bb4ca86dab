internal import Core
internal import SystemPackage

/// Brings what another library knows of photos that are in this one now: sidecars, marks, tags, albums, stacks, decisions. What
/// is here goes before what is there, and what differs is told.
struct LibraryFilling: Sendable {
    let catalog: any Importer.ImportCatalog
    let source: LibrarySource
    let actor: String
    let isDry: Bool
    private static let mostConflicts = 10_000

    private var reason: String { "from the library \(source.name)" }
    private var editing: LibraryEditing { LibraryEditing(catalog: catalog) }

    /// A second time changes nothing, unless the other library did.
    func run() async throws -> (albums: FilledAlbums, report: LibraryReport) {
        var report = LibraryReport()
        var here: [PhotoID: PhotoID] = [:]
        var wanted = Wanted()
        var all = 0
        let removals = try await catalog.removals()
        // Tags before sidecars: a word that is a tag is no keyword as well.
        try await source.each { page in
            all += page.count
            try await compareTags(try await pairs(of: page), removals, &wanted, &report)
        }
        try await edit(wanted, &report)
        wanted = Wanted()
        try await source.each { page in
            let pairs = try await pairs(of: page)
            for pair in pairs { here[pair.there.id] = pair.here.id }
            try await takeSidecars(pairs)
            // What sidecars and files tell is there by now; what differs still is a person's.
            for (there, known) in pairs {
                guard let now = isDry ? known : try await catalog.photo(known.id) else { continue }
                try await compare(there, now, &wanted, &report)
            }
        }
        report.leftOut = try await source.catalog.statistics().photos - all
        try await edit(wanted, &report)
        let albums = try await fillAlbums(here, &report)
        try await stack(here, &report)
        try await decide(here, &report)
        return (albums, report)
    }

    /// Changes that are to be made, photos by what they are given.
    private struct Wanted {
        var ratings: [Int: [PhotoID]] = [:]
        var captions: [(text: String, photo: PhotoID)] = []
        var favourites: [PhotoID] = []
        var archived: [PhotoID] = []
        var tags: [String: [PhotoID]] = [:]
    }

    /// Photos that are in this library, too.
    private func pairs(of page: [Photo]) async throws -> [(there: Photo, here: Photo)] {
        var pairs: [(there: Photo, here: Photo)] = []
        for photo in page {
            guard let known = try await catalog.photo(sha256: photo.sha256), known.trashedAt == nil else { continue }
            pairs.append((photo, known))
        }
        return pairs
    }

    private func takeSidecars(_ pairs: [(there: Photo, here: Photo)]) async throws {
        if isDry { return }
        var found: [FilePath: (marks: WrittenMarks, photos: [PhotoID])] = [:]
        for (there, here) in pairs {
            for sidecar in try await source.catalog.traces(of: there.id).sidecars {
                found[sidecar.path, default: (sidecar.marks, [])].photos.append(here.id)
            }
        }
        let sidecars = found.sorted { $0.key.isBytewiseBefore($1.key) }.map {
            Sidecar(path: $0.key, marks: $0.value.marks, photos: $0.value.photos)
        }
        if !sidecars.isEmpty { _ = try await catalog.recordSidecars(sidecars) }
    }

    private func compare(
        _ there: Photo, _ here: Photo, _ wanted: inout Wanted, _ report: inout LibraryReport
    ) async throws {
        let (theirs, ours) = (there.metadata, here.metadata)
        let differs =
            theirs.rating != ours.rating || theirs.caption != ours.caption || there.isFavourite != here.isFavourite
            || there.isArchived != here.isArchived || theirs.position != ours.position
        guard differs else { return }
        // Who changed it here, and perhaps back, is not overruled.
        let edited = Set(try await catalog.traces(of: here.id).edits.map(\.kind))
        func note(_ what: String, _ ours: String?, _ theirs: String?) {
            guard report.conflicts.count < Self.mostConflicts else { return }
            report.conflicts.append(
                .init(subject: there.filename, what: what, here: ours ?? "none", there: theirs ?? "none"))
        }
        if let rating = theirs.rating, rating != ours.rating {
            if ours.rating == nil, !edited.contains(.rate) {
                wanted.ratings[rating, default: []].append(here.id)
            } else {
                note("rating", ours.rating.map { "\($0)" }, "\(rating)")
            }
        }
        if let caption = theirs.caption, caption != ours.caption {
            if ours.caption == nil, !edited.contains(.caption) {
                wanted.captions.append((caption, here.id))
            } else {
                note("caption", ours.caption, caption)
            }
        }
        if there.isFavourite, !here.isFavourite {
            if edited.isDisjoint(with: [.favourite, .unfavourite]) {
                wanted.favourites.append(here.id)
            } else {
                note("favourite", "no", "yes")
            }
        }
        if there.isArchived, !here.isArchived {
            if edited.isDisjoint(with: [.archive, .unarchive]) {
                wanted.archived.append(here.id)
            } else {
                note("archived", "no", "yes")
            }
        }
        // Of a photo that waits for its processing nothing is known yet.
        if here.status == .ready, let position = theirs.position, position != ours.position {
            func words(_ position: GeoPosition) -> String { "\(position.latitude), \(position.longitude)" }
            note("position", ours.position.map(words), words(position))
        }
    }

    private func compareTags(
        _ pairs: [(there: Photo, here: Photo)], _ removals: Removals, _ wanted: inout Wanted,
        _ report: inout LibraryReport
    ) async throws {
        let theirs = try await source.catalog.collections(of: pairs.map(\.there.id))
        let ours = try await catalog.collections(of: pairs.map(\.here.id))
        for (pair, (theirs, ours)) in zip(pairs, zip(theirs, ours)) {
            let known = Set(ours.tags.map(CollectionName.key))
            for tag in theirs.tags where !known.contains(CollectionName.key(of: tag)) {
                let name = removals.renamed[CollectionName.key(of: tag)] ?? tag
                if known.contains(CollectionName.key(of: name)) { continue }
                let names = [tag, name].map(CollectionName.key)
                if names.contains(where: { removals.untagged[$0]?.contains(pair.here.id) == true }) {
                    guard report.conflicts.count < Self.mostConflicts else { continue }
                    report.conflicts.append(
                        .init(subject: pair.there.filename, what: "tag", here: "taken away", there: tag))
                } else {
                    wanted.tags[name, default: []].append(pair.here.id)
                }
            }
        }
    }

    private func edit(_ wanted: Wanted, _ report: inout LibraryReport) async throws {
        var changes: [(what: String, change: EditChange, photos: [PhotoID])] = []
        for (rating, photos) in wanted.ratings.sorted(by: { $0.key < $1.key }) {
            changes.append(("rating", .rating(rating), photos))
        }
        changes += wanted.captions.map { ("caption", .caption($0.text), [$0.photo]) }
        if !wanted.favourites.isEmpty { changes.append(("favourite", .favourite(true), wanted.favourites)) }
        if !wanted.archived.isEmpty { changes.append(("archived", .archived(true), wanted.archived)) }
        for (tag, photos) in wanted.tags.sorted(by: { $0.key < $1.key }) {
            changes.append(("tags", .addTags([try .tag(tag)]), photos))
        }
        // All of one kind are one edit.
        var edits: [String: EditID] = [:]
        for (what, change, photos) in changes {
            try Task.checkCancellation()
            report.marks[what, default: 0] += photos.count
            if isDry { continue }
            for first in stride(from: 0, to: photos.count, by: EditRequest.mostPhotos) {
                let part = Array(photos[first..<min(first + EditRequest.mostPhotos, photos.count)])
                let request = EditRequest(change, photos: part, actor: actor, reason: reason, continuing: edits[what])
                edits[what] = try await catalog.edit(request)?.id ?? edits[what]
            }
        }
    }

    private func fillAlbums(
        _ here: [PhotoID: PhotoID], _ report: inout LibraryReport
    ) async throws -> FilledAlbums {
        let removals = try await catalog.removals()
        var gathered: [GatheredAlbum] = []
        var begun: [(theirs: Album, name: CollectionName)] = []
        var after: CollectionName?
        while true {
            let page = try await source.catalog.albums(CollectionQuery(after: after, limit: 200))
            guard let last = page.last else { break }
            after = try .album(last.name)
            for album in page {
                try Task.checkCancellation()
                let name = try CollectionName.album(album.name)
                let ours = try await catalog.album(named: name)
                if album.query != nil || ours?.query != nil {
                    if ours == nil, album.query != nil, removals.gathered[name.key] != nil {
                        report.conflicts.append(
                            .init(
                                subject: album.name, what: "album", here: "deleted or renamed",
                                there: album.query ?? ""))
                    } else if ours == nil, let query = album.query {
                        report.savedSearches += 1
                        let change = EditChange.createAlbum(name, description: album.description, query: query)
                        if !isDry { _ = try await editing.edit(change, actor: actor, reason: reason) }
                    } else if ours?.query != album.query {
                        report.conflicts.append(
                            .init(
                                subject: album.name, what: "album", here: ours?.query ?? "an album",
                                there: album.query ?? "an album"))
                    }
                    continue
                }
                if ours == nil { begun.append((album, name)) }
                gathered.append(
                    GatheredAlbum(
                        name: name, description: album.description,
                        photos: try await photos(of: album).compactMap { here[$0] }))
            }
        }
        var filled = FilledAlbums()
        let gathering = AlbumGathering(catalog: catalog)
        if isDry {
            (filled.filled, filled.leftOut) = try await gathering.preview(gathered)
            return filled
        }
        (filled.filled, filled.edit, filled.leftOut) = try await gathering.gather(
            gathered, source: "the library \(source.name)", actor: actor)
        for (theirs, name) in begun {
            guard let ours = try await catalog.album(named: name) else { continue }
            if theirs.order != ours.order {
                _ = try await editing.edit(.orderAlbum(ours.id, theirs.order), actor: actor, reason: reason)
            }
            if let cover = theirs.cover.flatMap({ here[$0] }), cover != ours.cover {
                _ = try await editing.edit(.setCover(ours.id, cover), actor: actor, reason: reason)
            }
        }
        return filled
    }

    /// In the album's order.
    private func photos(of album: Album) async throws -> [PhotoID] {
        var photos: [PhotoID] = []
        var after: CollectionPosition?
        while true {
            let page = try await source.catalog.photos(in: .album(album.id), after: after, limit: 500)
            guard let last = page.last else { return photos }
            photos += page.map(\.photo.id)
            after = last.position
        }
    }

    private func stack(_ here: [PhotoID: PhotoID], _ report: inout LibraryReport) async throws {
        var after: ResolutionID?
        while true {
            let page = try await source.catalog.stacks(after: after, limit: 100)
            guard let last = page.last else { return }
            after = last.id
            for stack in page {
                try Task.checkCancellation()
                let photos = stack.photos.compactMap { here[$0] }
                guard photos.count > 1 else { continue }
                var known: [PhotoStack?] = []
                for photo in photos { known.append(try await catalog.stack(of: photo)) }
                if let first = known[0], known.allSatisfy({ $0?.id == first.id }) { continue }
                let traces = try await catalog.traces(of: photos[0]).resolutions
                let isTakenApart = traces.contains { decision in
                    if case .stack = decision.verdict { decision.undone != nil } else { false }
                }
                guard known.allSatisfy({ $0 == nil }), !isTakenApart else {
                    report.conflicts.append(
                        .init(
                            subject: "\(photos.count) photos", what: "stack",
                            here: isTakenApart ? "taken apart" : "another stack", there: stack.reason.words))
                    continue
                }
                report.stacks += 1
                if isDry { continue }
                _ = try await catalog.stack(
                    StackRequest(photos: photos, kind: stack.reason, actor: actor, reason: reason))
            }
        }
    }

    private func decide(_ here: [PhotoID: PhotoID], _ report: inout LibraryReport) async throws {
        var after: ResolutionID?
        while true {
            let page = try await source.catalog.resolutions(after: after, limit: 100)
            guard let last = page.last else { return }
            after = last.id
            for decision in page where decision.verdict == .distinct && decision.undone == nil {
                try Task.checkCancellation()
                var photos: [PhotoID] = []
                for photo in ([decision.keeper] + decision.alsoKept).compactMap({ here[$0] }) where !isDry {
                    // Nothing is decided of what is in the trash here.
                    if try await catalog.photo(photo)?.trashedAt == nil { photos.append(photo) }
                }
                guard Set(photos).count > 1 else { continue }
                report.decisions += try await catalog.decideDistinct(photos, actor: actor, reason: reason).newPairs
            }
        }
    }
}
