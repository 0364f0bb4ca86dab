import Core

extension Holding {
    /// The first photo, which waits to be compared from the start, and the third, once its job has ended.
    fileprivate var hashed: [UncomparedPhoto] {
        [(0, 1), (2, 3)].map { catalog.uncompared(photos[$0], $1, processed($1).perceptualHash.bits) }
    }

    fileprivate var cluster: ClusterID { ClusterID(first: photos[0]) }

    fileprivate func request(_ cluster: ClusterID, _ photos: [UncomparedPhoto]) -> ResolutionRequest {
        ResolutionRequest(cluster: cluster, keeper: photos[0].photo, members: Set(photos.map(\.photo)), actor: "a")
    }

    fileprivate func requireAbsent(_ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as EngineError {
            return try requireEqual(error.code, .notFound, what)
        }
        throw ContractViolation("\(what) was taken")
    }
}

extension OwnerTrial {
    static let duplicates: [OwnerTrial] = [
        OwnerTrial("uncompared(after:limit:)") { own, other in
            let page = try await own.catalog.uncompared(after: nil, limit: 9)
            try requireOwn(page, of: own.hashed, "those that wait")
        } use: { own in
            try require(
                try await own.catalog.finish(own.jobs[2], worker: own.worker, processed: processed(3)), "the end")
            try requireEqual(try await own.catalog.uncompared(after: nil, limit: 9), own.hashed, "those that wait")
        },
        OwnerTrial("uncomparedCount()") { own in
            try requireEqual(try await own.catalog.uncomparedCount(), 2, "how many wait")
        },
        OwnerTrial("comparisonMark()") { own in
            try requireEqual(try await own.catalog.comparisonMark(), 0, "the mark before anything was compared")
        },
        OwnerTrial("record(_:since:)") { own, other in
            try require(!(try await own.catalog.record([], of: other.hashed[0])), "the other's photo was recorded")
        } use: { own in
            try require(try await own.catalog.record([], of: own.hashed[0]), "the first")
            let changes = [ClusterChange.founded(own.cluster, own.photos[2])]
            try require(try await own.catalog.record(changes, of: own.hashed[1]), "the second")
            try requireEqual(try await own.catalog.comparisonMark(), 2, "the mark then")
        },
        OwnerTrial("photos(near:within:limit:)") { own, other in
            let near = try await own.catalog.photos(near: other.hashed[0].hash, within: 16, limit: 9)
            try requireOwn(near.map(\.photo), of: own.photos, "what is near a hash of the other's")
        } use: { own in
            let near = try await own.catalog.photos(near: own.hashed[0].hash, within: 16, limit: 9)
            try requireEqual(near.map(\.photo), own.hashed.map(\.photo), "what is near")
        },
        OwnerTrial("clusters(_:)") { own in
            try requireEqual(
                try await own.catalog.clusters(ClusterQuery(limit: 9)).map(\.id), [own.cluster], "the clusters")
        },
        OwnerTrial("cluster(_:)") { own, other in
            try requireEqual(try await own.catalog.cluster(other.cluster), nil, "the other's cluster")
        } use: { own in
            try requireEqual(try await own.catalog.cluster(own.cluster)?.photos, 2, "its photos")
        },
        OwnerTrial("clusters(idPrefix:limit:)") { own, other in
            let found = try await own.catalog.clusters(idPrefix: other.cluster.description, limit: 9)
            try requireEqual(found, [], "the other's cluster")
        } use: { own in
            try requireEqual(
                try await own.catalog.clusters(idPrefix: own.cluster.description, limit: 9).map(\.id), [own.cluster],
                "the clusters")
            try requireEqual(try await own.catalog.clusters(idPrefix: "", limit: 9), [], "the clusters of no name")
        },
        OwnerTrial("clusterSums()") { own in
            try requireEqual(try await own.catalog.clusterSums().clusters, 1, "how many there are")
        },
        OwnerTrial("members(of:after:limit:)") { own, other in
            try requireEqual(
                try await own.catalog.members(of: other.cluster, after: nil, limit: 9), [], "the other's members")
        } use: { own in
            try requireEqual(
                try await own.catalog.members(of: own.cluster, after: nil, limit: 9).map(\.photo),
                own.hashed.map(\.photo), "the members")
        },
        OwnerTrial("photos(of:after:limit:tags:)") { own, other in
            try requireEqual(
                try await own.catalog.photos(of: [other.cluster], after: nil, limit: 9) { _ in true }, [[]],
                "the other's photos")
        } use: { own in
            try requireEqual(
                try await own.catalog.photos(of: [own.cluster], after: nil, limit: 9) { _ in true }[0].map(\.photo.id),
                own.hashed.map(\.photo), "the photos")
        },
        OwnerTrial("cluster(of:)") { own, other in
            try requireEqual(try await own.catalog.cluster(of: other.photos[0]), nil, "the other's photo's cluster")
        } use: { own in
            try requireEqual(try await own.catalog.cluster(of: own.photos[2]), own.cluster, "the cluster")
        },
        OwnerTrial("clustersToCalibrate(limit:)") { own in
            try requireEqual(
                try await own.catalog.clustersToCalibrate(limit: 9), [own.cluster], "whom to ask about")
        },
        OwnerTrial("keep(_:)") { own, other in
            try await own.requireAbsent("an answer on the other's photo") {
                try await own.catalog.keep([
                    CalibrationAnswer(own.photos[0], other.photos[0], distance: 1, isSame: true)
                ])
            }
        } use: { own in
            try await own.catalog.keep([
                CalibrationAnswer(own.photos[0], own.photos[2], distance: own.number, isSame: true)
            ])
        },
        OwnerTrial("denials(in:)") { own, other in
            try requireEqual(try await own.catalog.denials(in: [other.cluster]), [nil], "the other's denial")
        } use: { own in
            try requireEqual(try await own.catalog.denials(in: [own.cluster]), [nil], "what nobody denied")
        },
        OwnerTrial("calibrationCounts()") { own in
            try requireEqual(
                try await own.catalog.calibrationCounts(),
                [CalibrationCount(distance: own.number, answers: 1, same: 1)], "the answers")
        },
        OwnerTrial("calibrate(precision:distance:actor:reason:)") { own in
            let made = try await own.catalog.calibrate(
                precision: 0.9, distance: own.number, actor: "a", reason: "r")
            try requireEqual(made.answers, 1, "the answers it rests on")
        },
        OwnerTrial("calibration()") { own in
            try requireEqual(try await own.catalog.calibration()?.distance, own.number, "the distance")
        },
        OwnerTrial("resolve(_:)") { own, other in
            try await own.requireAbsent("a decision on the other's cluster") {
                _ = try await own.catalog.resolve(own.request(other.cluster, other.hashed))
            }
        } use: { own in
            let resolution = try await own.catalog.resolve(own.request(own.cluster, own.hashed))
            try requireEqual(resolution.trashed, [own.photos[2]], "the trashed")
        },
        OwnerTrial("resolutions(after:limit:)") { own, other in
            let found = try await own.catalog.resolutions(after: nil, limit: 9)
            try requireOwn(found.map(\.cluster), of: [own.cluster], "the resolutions")
        } use: { own in
            try requireEqual(
                try await own.catalog.resolutions(after: nil, limit: 9).map(\.cluster), [own.cluster],
                "the resolutions")
        },
        OwnerTrial("resolutions(idPrefix:limit:)") { own in
            let all = try await own.catalog.resolutions(after: nil, limit: 9)
            try requireEqual(
                try await own.catalog.resolutions(idPrefix: all[0].id.description, limit: 9), [all[0]], "the resolution"
            )
            try requireEqual(try await own.catalog.resolutions(idPrefix: "", limit: 9), [], "those of no name")
        },
        OwnerTrial("resolutions(clusterPrefix:limit:)") { own, other in
            let found = try await own.catalog.resolutions(clusterPrefix: other.cluster.description, limit: 9)
            try requireEqual(found, [], "the other's resolutions")
        } use: { own in
            let found = try await own.catalog.resolutions(clusterPrefix: own.cluster.description, limit: 9)
            try requireEqual(found.map(\.cluster), [own.cluster], "the resolutions")
        },
        OwnerTrial("resolution(_:)") { own, other in
            for theirs in try await other.catalog.resolutions(after: nil, limit: 9) {
                try requireEqual(try await own.catalog.resolution(theirs.id), nil, "the other's resolution")
            }
        } use: { own in
            for resolution in try await own.catalog.resolutions(after: nil, limit: 9) {
                try requireEqual(try await own.catalog.resolution(resolution.id), resolution, "the resolution")
            }
        },
        OwnerTrial("trash(after:limit:)") { own in
            try requireEqual(
                try await own.catalog.trash(after: nil, limit: 9).map(\.photo.id), [own.photos[2]], "the trash")
        },
        OwnerTrial("trashSums()") { own in
            try requireEqual(try await own.catalog.trashSums().photos, 1, "the trash")
        },
        OwnerTrial("kept(insteadOf:trashedAt:)") { own, other in
            for theirs in try await other.catalog.trash(after: nil, limit: 9) {
                try requireEqual(
                    try await own.catalog.kept(insteadOf: [theirs.photo.id], trashedAt: theirs.trashedAt), [:],
                    "what the other kept")
            }
        } use: { own in
            let trashed = try requirePresent(try await own.catalog.trash(after: nil, limit: 1).first, "the trashed")
            let kept = try await own.catalog.kept(insteadOf: [trashed.photo.id], trashedAt: trashed.trashedAt)
            let instead = try requirePresent(kept[trashed.photo.id], "what was kept")
            try require(!instead.isEmpty && !instead.contains(trashed.photo.id), "what was kept")
        },
        OwnerTrial("remove(_:trashedAt:keeping:forgetting:actor:reason:)") { own, other in
            for theirs in try await other.catalog.trash(after: nil, limit: 9) {
                let removed = try await own.catalog.remove(
                    theirs.photo.id, trashedAt: theirs.trashedAt, forgetting: theirs.files.map(\.path), actor: "a",
                    reason: "")
                try requireEqual(removed, nil, "the other's photo removed")
            }
        } use: { own in
            let trashed = try requirePresent(try await own.catalog.trash(after: nil, limit: 1).first, "the trashed")
            try requireEqual(
                try await own.catalog.remove(
                    trashed.photo.id, trashedAt: trashed.trashedAt - 1, forgetting: [], actor: "a", reason: ""),
                nil, "one trashed at another moment")
        },
        OwnerTrial("removedOriginals(after:limit:)") { own in
            try requireEqual(try await own.catalog.removedOriginals(after: nil, limit: 9), [], "what is to be deleted")
        },
        OwnerTrial("markDeleted(_:)") { own in
            try await own.catalog.markDeleted([RemovedOriginalID(clock: SystemClock(), random: SystemRandom())])
        },
        OwnerTrial("restore(_:actor:reason:)") { own, other in
            try await own.requireAbsent("the other's photo in the trash") {
                _ = try await own.catalog.restore([other.photos[2]], actor: "a", reason: "")
            }
        } use: { own in
            try requireEqual(
                try await own.catalog.restore([own.photos[1]], actor: "a", reason: ""), [], "one that is not there")
        },
        OwnerTrial("undo(_:actor:reason:)") { own, other in
            for theirs in try await other.catalog.resolutions(after: nil, limit: 9) {
                try await own.requireAbsent("the other's resolution") {
                    _ = try await own.catalog.undo(theirs.id, actor: "a")
                }
            }
        } use: { own in
            for resolution in try await own.catalog.resolutions(after: nil, limit: 9) {
                let undone = try await own.catalog.undo(resolution.id, actor: "a")
                try requireEqual(undone.restored, [own.photos[2]], "who came back")
                try requireEqual(undone.conflicts, [], "what changed since")
            }
        },
        OwnerTrial("stack(_:)") { own, other in
            try await own.requireAbsent("a stack with the other's photo") {
                _ = try await own.catalog.stack(own.stack([own.photos[1], other.photos[1]]))
            }
        } use: { own in
            let made = try await own.catalog.stack(own.stack([own.photos[3], own.photos[1]]))
            try requireEqual([made.keeper] + made.alsoKept, [own.photos[3], own.photos[1]], "the stack")
        },
        OwnerTrial("stacks(after:limit:)") { own in
            try requireEqual(
                try await own.catalog.stacks(after: nil, limit: 9).map(\.photos), [[own.photos[3], own.photos[1]]],
                "the stacks")
        },
        OwnerTrial("stack(of:)") { own, other in
            try requireEqual(try await own.catalog.stack(of: other.photos[1]), nil, "the other's stack")
        } use: { own in
            let stack = try requirePresent(try await own.catalog.stack(of: own.photos[1]), "the stack")
            try requireEqual(stack.photos, [own.photos[3], own.photos[1]], "its photos")
            _ = try await own.catalog.undo(stack.id, actor: "a", reason: "")
        },
        OwnerTrial("decideDistinct(_:actor:reason:)") { own, other in
            try await own.requireAbsent("a decision on the other's photo") {
                _ = try await own.catalog.decideDistinct([own.photos[0], other.photos[0]], actor: "a")
            }
        } use: { own in
            let pair = [own.photos[0], own.photos[2]]
            try requireEqual(try await own.catalog.decideDistinct(pair, actor: "a"), 1, "the pairs")
            try requireEqual(try await own.catalog.clusters(ClusterQuery(limit: 9)), [], "the clusters then")
        },
        OwnerTrial("areKeptApart(_:_:)") { own, other in
            let pair = [other.photos[0], other.photos[2]].map(ClusterSide.photo)
            try requireEqual(try await own.catalog.areKeptApart(pair[0], pair[1]), false, "the other's decisions")
        } use: { own in
            let pair = [own.photos[0], own.photos[2]].map(ClusterSide.photo)
            try requireEqual(try await own.catalog.areKeptApart(pair[1], pair[0]), true, "the decision")
        },
        OwnerTrial("prepareComparison(all:)") { own, other in
            _ = try await own.catalog.prepareComparison(all: false)
            try requireOwn(try await own.catalog.uncompared(after: nil, limit: 9), of: own.hashed, "those that wait")
        } use: { own in
            try requireEqual(try await own.catalog.prepareComparison(all: true), 2, "those that wait anew")
        },
    ]
}

extension Holding {
    fileprivate func stack(_ photos: [PhotoID]) -> StackRequest {
        StackRequest(photos: photos, kind: .burst, actor: "a")
    }
}
