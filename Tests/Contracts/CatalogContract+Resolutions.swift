import Core
import SystemPackage

/// Three photos of a cluster, and what of the catalogue a resolution touches.
struct ClusterOfThree {
    let catalog: any Catalog
    let photos: [PhotoID]
    var cluster: ClusterID { ClusterID(first: photos[0]) }

    /// The first is unmarked and the keeper in what follows; the second has everything.
    init(_ catalog: any Catalog) async throws {
        self.catalog = catalog
        let one = try await catalog.addCompared(1, 1) { $0.keywords = ["sea"] }
        let two = try await catalog.addCompared(2, 3, like: one) { metadata in
            metadata.rating = 4
            metadata.caption = "the beach"
            metadata.place = "Lisbon"
            metadata.position = GeoPosition(latitude: 38.7, longitude: -9.1, altitude: nil)
            metadata.keywords = ["sea", "sand"]
        }
        let three = try await catalog.addCompared(3, 1, like: one) { $0.rating = 2 }
        photos = [one, two, three]
        _ = try await catalog.setFavourite(true, photos: [three])
    }

    func request(keeping alsoKept: Set<PhotoID> = []) -> ResolutionRequest {
        ResolutionRequest(
            cluster: cluster, keeper: photos[0], alsoKept: alsoKept, members: Set(photos), actor: "anna",
            reason: "asked by mail")
    }

    struct State: Equatable {
        let photos: [Photo]
        let timeline: [TimelineEntry]
        let months: [MonthCount]
        let places: [String]
        let clusters: [DuplicateCluster]
        let members: [ClusterMember]
        let near: [NearPhoto]
        let waiting: [UncomparedPhoto]
    }

    /// All that a resolution may change.
    func state() async throws -> State {
        let clusters = try await catalog.clusters(ClusterQuery(limit: 9))
        return State(
            photos: try await catalog.photos(after: nil, limit: 9),
            timeline: try await catalog.timeline(TimelineQuery(limit: 9)),
            months: try await catalog.months(),
            places: try await catalog.places(in: Month(year: 2024, month: 7)!, limit: 9), clusters: clusters,
            members: try await catalog.members(of: cluster, after: nil, limit: 9),
            near: try await catalog.photos(near: PerceptualHash(bits: 1), within: 16, limit: 9),
            waiting: try await catalog.uncompared(after: nil, limit: 9))
    }
}

/// Fails the case unless `body` throws an error of this code.
private func requireThrown(
    _ code: EngineError.Code, _ what: String, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as EngineError {
        return try requireEqual(error.code, code, what)
    }
    throw ContractViolation("\(what): nothing was thrown")
}

extension CatalogContract {
    static let resolutionCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A resolution merges the marks into the keeper, and moves the others to the trash") { subject in
            let three = try await ClusterOfThree(subject.catalog)
            let catalog = subject.catalog
            let resolution = try await catalog.resolve(three.request())
            try requireEqual(resolution.trashed, [three.photos[1], three.photos[2]].sorted(), "the trashed")
            try requireEqual(resolution.byteCount, ByteCount(2005), "their bytes")
            let keeper = try requirePresent(try await catalog.photo(three.photos[0]), "the keeper")
            let marks = PhotoMarks(
                isFavourite: true, rating: 4, caption: "the beach",
                position: GeoPosition(latitude: 38.7, longitude: -9.1, altitude: nil), keywords: ["sea", "sand"])
            try requireEqual(PhotoMarks(of: keeper), marks, "the keeper's marks")
            try requireEqual(resolution.before, PhotoMarks(keywords: ["sea"]), "its marks before")
            try requireEqual(resolution.after, marks, "its marks after")
            for photo in resolution.trashed {
                let trashed = try requirePresent(try await catalog.photo(photo), "a trashed photo")
                try requireEqual(trashed.trashedAt, resolution.resolvedAt, "when it was trashed")
            }
            try requireEqual(try await catalog.ids(TimelineQuery(limit: 9)), [three.photos[0]], "the timeline")
            try requireEqual(try await catalog.clusterSums().clusters, 0, "the clusters")
            try requireEqual(
                try await catalog.photos(near: PerceptualHash(bits: 1), within: 16, limit: 9).map(\.photo),
                [three.photos[0]], "what new photos are compared with")
            let entry = try requirePresent(try await catalog.journal(limit: 1).first, "the journal's entry")
            try requireEqual(entry.subject, resolution.id.description, "its subject")
            try requireEqual(entry.actor, "anna", "who")
            try require(entry.outcome.contains("asked by mail"), "the reason is told")
            try requireEqual(try await catalog.resolutions(after: nil, limit: 9), [resolution], "the resolutions")
            try requireEqual(try await catalog.resolution(resolution.id), resolution, "the resolution")
            let prefix = String(resolution.id.description.prefix(35))
            try requireEqual(
                try await catalog.resolutions(idPrefix: prefix, limit: 9), [resolution], "those named so")
            try requireEqual(try await catalog.resolutions(idPrefix: "", limit: 9), [], "those of no name")
            try requireEqual(
                try await catalog.resolutions(clusterPrefix: "", limit: 9), [], "those of no cluster's name")
            try requireEqual(try await subject.stranger.resolutions(after: nil, limit: 9), [], "a stranger's")
            try await catalog.requireSound()
        },
        ContractCase("An undone resolution leaves everything as it was") { subject in
            let three = try await ClusterOfThree(subject.catalog)
            let before = try await three.state()
            for kept in [[], [three.photos[2]], [three.photos[1], three.photos[2]]] as [Set<PhotoID>] {
                let resolution = try await subject.catalog.resolve(three.request(keeping: kept))
                try require(try await three.state() != before, "the resolution changed something")
                try await subject.catalog.requireSound()
                let prefix = String(three.cluster.description.prefix(30))
                try requireEqual(
                    try await subject.second.resolutions(clusterPrefix: prefix, limit: 9), [resolution],
                    "the resolution of the cluster")
                let undone = try await subject.second.undo(resolution.id, actor: "bert", reason: "a mistake")
                try requireEqual(
                    try await subject.second.resolutions(clusterPrefix: prefix, limit: 9), [], "once it is undone")
                try requireEqual(undone.conflicts, [], "what changed since")
                try requireEqual(undone.restored, resolution.trashed, "who came back")
                try requireEqual(try await three.state(), before, "all of it")
                try requireEqual(
                    try await subject.catalog.areKeptApart(.photo(three.photos[0]), .photo(three.photos[2])), false,
                    "nothing stays decided")
                try await subject.catalog.requireSound()
                let told = try await subject.catalog.resolution(resolution.id)
                try requireEqual(told?.undone?.actor, "bert", "who took it back")
                try requireEqual(told?.undone?.reason, "a mistake", "why")
                try await requireThrown(.conflict, "a second undo") {
                    _ = try await subject.catalog.undo(resolution.id, actor: "bert")
                }
            }
            let unknown = ResolutionID(clock: subject.clock, random: SystemRandom())
            try await requireThrown(.notFound, "an undo of nothing") {
                _ = try await subject.catalog.undo(unknown, actor: "bert")
            }
        },
        ContractCase("Of two people who resolve one cluster, the second is told") { subject in
            let three = try await ClusterOfThree(subject.catalog)
            var other = three.request()
            other.members.remove(three.photos[2])
            try await requireThrown(.conflict, "a cluster that has grown") {
                _ = try await subject.second.resolve(other)
            }
            var foreign = three.request()
            foreign.keeper = ResolutionRequest.nobody
            try await requireThrown(.invalidInput, "a keeper that is not in it") {
                _ = try await subject.second.resolve(foreign)
            }
            try await requireThrown(.notFound, "a stranger") { _ = try await subject.stranger.resolve(three.request()) }
            let first = try await subject.catalog.resolve(three.request())
            do {
                _ = try await subject.second.resolve(three.request())
                throw ContractViolation("it was resolved twice")
            } catch let error as EngineError {
                try requireEqual(error.code, .conflict, "what the second is told")
                try require(error.whatHappened.contains("anna"), "it is told who was first")
                try require(error.whatToDo.contains(first.id.description), "and how to take that back")
            }
            try await requireThrown(.notFound, "a stranger's undo") {
                _ = try await subject.stranger.undo(first.id, actor: "s")
            }
            try requireEqual(try await subject.catalog.resolutions(after: nil, limit: 9).count, 1, "the resolutions")
            try await subject.catalog.requireSound()
        },
        ContractCase("An undo leaves alone what was changed since, and tells of it") { subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            let resolution = try await catalog.resolve(three.request())
            _ = try await catalog.setFavourite(false, photos: [three.photos[0]])
            // Somebody finds another copy meanwhile: the keeper begins a cluster again.
            _ = try await catalog.addCompared(9, 1, like: three.photos[0])
            let undone = try await catalog.undo(resolution.id, actor: "bert")
            try requireEqual(undone.conflicts, [.changedMark(.favourite), .changedCluster], "what changed since")
            try requireEqual(undone.restored, resolution.trashed, "who came back")
            let keeper = try requirePresent(try await catalog.photo(three.photos[0]), "the keeper")
            try requireEqual(PhotoMarks(of: keeper), PhotoMarks(keywords: ["sea"]), "its marks")
            try requireEqual(
                Set(try await catalog.uncompared(after: nil, limit: 9).map(\.photo)), Set(resolution.trashed),
                "those that came back wait to be compared")
            try requireEqual(try await catalog.ids(TimelineQuery(limit: 9)).count, 4, "the timeline")
            try await catalog.requireSound()
        },
        ContractCase("Two resolutions of one keeper, the older undone first, leave its marks as they were") { subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            let keeper = three.photos[0]
            func marks() async throws -> PhotoMarks {
                PhotoMarks(of: try requirePresent(try await catalog.photo(keeper), "the keeper"))
            }
            let before = try await marks()
            let older = try await catalog.resolve(three.request())
            let copy = try await catalog.addCompared(9, 1, like: keeper) {
                $0.rating = 5
                $0.keywords = ["shells"]
            }
            let newer = try await catalog.resolve(
                ResolutionRequest(
                    cluster: three.cluster, keeper: keeper, members: [keeper, copy], actor: "anna"))
            try requireEqual(try await marks().rating, 5, "the highest rating")
            let undone = try await catalog.undo(older.id, actor: "bert")
            try requireEqual(undone.conflicts, [], "what somebody else changed")
            try requireEqual(try await marks().rating, 5, "the rating that the newer gives")
            try requireEqual(try await marks().caption, nil, "a caption that it doesn't give")
            try requireEqual(Set(try await marks().keywords), ["sea", "shells"], "the keywords")
            _ = try await catalog.undo(newer.id, actor: "bert")
            try requireEqual(try await marks(), before, "the keeper's marks")
            try await catalog.requireSound()
        },
        ContractCase("A resolution taken back leaves the keeper what a later one gives it, too") { subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            let keeper = three.photos[0]
            _ = try await catalog.edit(.createAlbum(try .album("Trips"), description: ""))
            let album = try requirePresent(try await catalog.album(named: try .album("Trips")), "the album")
            _ = try await catalog.edit(.addToAlbum(album.id), [three.photos[1]])
            _ = try await catalog.edit(.addTags([try .tag("shore")]), [three.photos[2]])
            func marks() async throws -> PhotoMarks {
                let photo = try requirePresent(try await catalog.photo(keeper), "the keeper")
                return PhotoMarks(of: photo, in: try await catalog.collections(of: [keeper])[0])
            }
            let before = try await marks()
            let older = try await catalog.resolve(three.request())
            // Less of everything, so that the newer resolution changes nothing.
            let copy = try await catalog.addCompared(9, 1, like: keeper) { $0.rating = 3 }
            _ = try await catalog.setFavourite(true, photos: [copy])
            _ = try await catalog.edit(.addToAlbum(album.id), [copy])
            let newer = try await catalog.resolve(
                ResolutionRequest(cluster: three.cluster, keeper: keeper, members: [keeper, copy], actor: "anna"))
            try requireEqual(newer.after.differences(from: newer.before), [], "what the newer changes")
            try requireEqual(
                try await catalog.undo(older.id, actor: "bert").conflicts.count { $0 != .changedCluster }, 0,
                "conflicts")
            var expected = before
            (expected.rating, expected.isFavourite, expected.albums) = (3, true, ["Trips"])
            try requireEqual(try await marks(), expected, "the marks that the newer gives")
            _ = try await catalog.undo(newer.id, actor: "bert")
            try requireEqual(try await marks(), before, "the keeper's marks, with both undone")
            try await catalog.requireSound()
        },
        ContractCase("An edit undone after a resolution before it gives nothing back of that") { subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            let keeper = three.photos[0]
            let bystander = try await catalog.addCompared(8, 0xff00)
            _ = try await catalog.edit(.rating(4), [bystander])
            let trips = try await catalog.addAlbum("Trips", [three.photos[1], bystander])
            let shared = try await catalog.addAlbum("Shared", [three.photos[1], bystander])
            _ = try await catalog.edit(.addTags([try .tag("shore")]), [three.photos[2], bystander])
            func marks(_ photo: PhotoID) async throws -> PhotoMarks {
                let known = try requirePresent(try await catalog.photo(photo), "the photo")
                return PhotoMarks(of: known, in: try await catalog.collections(of: [photo])[0])
            }
            let (before, others) = (try await marks(keeper), try await marks(bystander))
            let resolution = try await catalog.resolve(three.request())
            try requireEqual(try await marks(keeper).rating, 4, "the rating that was given")
            let tag = try await catalog.tagID("shore")
            var edits: [Edit] = []
            for change in [
                .favourite(false), .rating(2), .rating(5), .caption("mine"), .removeTags([tag]),
                .removeFromAlbum(trips), .deleteAlbum(shared),
            ] as [EditChange] {
                if case .deleteAlbum = change {
                    _ = try await catalog.edit(change)
                } else {
                    _ = try await catalog.edit(change, [keeper, bystander])
                }
                edits.append(try await catalog.lastEdit())
            }
            let undone = try await subject.second.undo(resolution.id, actor: "bert")
            try require(undone.conflicts.contains(.changedMark(.rating)), "what somebody changed is told")
            try require(undone.conflicts.contains(.goneAlbum("Shared")), "an album that was deleted is told")
            try requireEqual(try await marks(keeper).rating, 5, "and stays")
            for edit in edits.reversed() {
                let back = try await subject.second.undo(edit)
                try requireEqual(back.conflicts, [], "what \(edit.kind) finds changed")
                if edit.kind == .rate, edit.id == edits[2].id {
                    try requireEqual(try await marks(keeper).rating, 2, "what the person had chosen before")
                }
            }
            try requireEqual(try await marks(keeper), before, "the keeper's marks")
            try requireEqual(try await marks(bystander), others, "the marks of the photo beside it")
            try await catalog.requireSound()
        },
        ContractCase("Marks that a keeper took over outlast its processing, until they are taken back") { subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            let resolution = try await catalog.resolve(three.request())
            func process(_ index: Int) async throws {
                _ = try await catalog.enqueueProcessing([three.photos[index]])
                try await catalog.finishJob(of: three.photos[index], index + 1, [1, 3, 1][index])
            }
            try await process(0)
            let keeper = try requirePresent(try await catalog.photo(three.photos[0]), "the keeper")
            try requireEqual(PhotoMarks(of: keeper), resolution.after, "its marks")
            try await process(1)
            try requireEqual(
                try await catalog.uncompared(after: nil, limit: 9).map(\.photo), [three.photos[0]],
                "a photo in the trash is not compared")
            try requireEqual(try await catalog.prepareComparison(all: false), 1, "nor asked to be")
            try requireEqual(try await catalog.ids(TimelineQuery(limit: 9)), [three.photos[0]], "the timeline")
            try requireEqual(try await catalog.undo(resolution.id, actor: "b").conflicts, [], "what changed since")
            try await process(0)
            let after = try requirePresent(try await catalog.photo(three.photos[0]), "the keeper")
            try requireEqual(PhotoMarks(of: after), PhotoMarks(), "the marks of its file")
            try await catalog.requireSound()
        },
        ContractCase("A photo whose file is missing is not kept in place of one that is there") { subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            try await catalog.markMissing(["/photos/1.jpg"])
            try await requireThrown(.conflict, "a keeper without a file") {
                _ = try await catalog.resolve(three.request())
            }
            try requireEqual(try await catalog.clusterSums().clusters, 1, "the clusters")
            try await catalog.markMissing(["/photos/2.jpg", "/photos/3.jpg"])
            _ = try await catalog.resolve(three.request())
            try await catalog.requireSound()
        },
    ]
}

extension ResolutionRequest {
    fileprivate static let nobody = PhotoID("00000000-0000-7000-8000-000000000000")!
}
