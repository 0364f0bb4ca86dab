import Core
import SystemPackage

extension Catalog {
    /// Three photos of one cluster, of which the first is kept and the others are in the trash.
    func addTrashed(
        deciding: (_ trashed: PhotoID) async throws -> Void = { _ in }
    ) async throws -> (photos: [PhotoID], resolution: Resolution) {
        let one = try await addCompared(1, 1)
        let two = try await addCompared(2, 3, like: one) { $0.rating = 4 }
        let three = try await addCompared(3, 1, like: one)
        try await deciding(two)
        let resolution = try await resolve(
            ResolutionRequest(
                cluster: ClusterID(first: one), keeper: one, members: [one, two, three], actor: "a"))
        return ([one, two, three], resolution)
    }

    func remove(_ photo: PhotoID, _ moment: Int64, forgetting gone: [FilePath] = []) async throws -> Bool {
        try await remove(photo, trashedAt: moment, forgetting: gone, actor: "a", reason: "the disk is full") != nil
    }
}

extension CatalogContract {
    static let trashCases: [ContractCase<CatalogSubject>] = [
        ContractCase("The trash is listed, those put there last first") { subject in
            let catalog = subject.catalog
            let (photos, resolution) = try await catalog.addTrashed()
            let all = try await subject.second.trash(after: nil, limit: 9)
            try requireEqual(all.map(\.photo.id), [photos[1], photos[2]].sorted(by: >), "the trash")
            try requireEqual(all.map(\.trashedAt), [resolution.resolvedAt, resolution.resolvedAt], "since when")
            try requireEqual(all.map { $0.files.map(\.path) }, try all.map { [try path($0.photo)] }, "their files")
            let first = try await catalog.trash(after: nil, limit: 1)
            try requireEqual(
                try await catalog.trash(after: TrashPosition(first[0]), limit: 9).map(\.photo.id),
                [min(photos[1], photos[2])], "what follows")
            try requireEqual(
                try await catalog.trash(after: TrashPosition(before: resolution.resolvedAt + 1), limit: 9), all,
                "put there before")
            try requireEqual(
                try await catalog.trash(after: TrashPosition(before: resolution.resolvedAt), limit: 9), [],
                "put there before that")
            let sums = try await catalog.trashSums()
            try requireEqual(sums.photos, 2, "how many")
            try requireEqual(sums.byteCount, ByteCount(2005), "their bytes")
            try requireEqual(try await subject.stranger.trash(after: nil, limit: 9), [], "a stranger's")
            try requireEqual(try await subject.stranger.trashSums().photos, 0, "a stranger's sums")
        },
        ContractCase("A photo taken out of the trash is in the timeline, and compared anew") { subject in
            let catalog = subject.catalog
            let (photos, resolution) = try await catalog.addTrashed()
            try requireEqual(
                try await subject.second.restore([photos[0], photos[1]], actor: "anna", reason: "asked by mail"),
                [photos[1]], "who came back")
            try requireEqual(
                Set(try await catalog.ids(TimelineQuery(limit: 9))), Set(photos.prefix(2)), "the timeline")
            try requireEqual(
                try await catalog.uncompared(after: nil, limit: 9).map(\.photo), [photos[1]], "who is compared anew")
            let told = try await catalog.journal(limit: 9).first { $0.action == "restore from trash" }
            let entry = try requirePresent(told, "the journal's entry")
            try require(entry.outcome.contains("asked by mail") && entry.actor == "anna", "who and why")
            try await catalog.requireSound()
            let undone = try await catalog.undo(resolution.id, actor: "a")
            try requireEqual(undone.restored, [photos[2]], "who an undo brings back")
            try requireEqual(undone.conflicts, [.moved(photos[1]), .changedCluster], "what changed since")
            try await catalog.requireSound()
        },
        ContractCase("A person puts photos into the trash, out of their cluster, and takes all or single ones back") {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 3, like: one)
            let other = try await catalog.addCompared(3, 40)
            try await catalog.edit(.archived(true), [other])
            let made = try await catalog.edit(
                EditRequest(.trash, photos: [one, other], actor: "anna", reason: "blurred"))
            let edit = try requirePresent(made, "the edit")
            try requireEqual(edit.photoCount, 2, "how many")
            try requireEqual(
                try await subject.second.trash(after: nil, limit: 9).map(\.trashedAt), [edit.madeAt, edit.madeAt],
                "the trash")
            try requireEqual(try await catalog.ids(TimelineQuery(limit: 9)), [two], "the timeline")
            try requireEqual(
                try await catalog.clusters(ClusterQuery(limit: 9)).count, 0, "one that is left alone is no cluster")
            try await catalog.requireSound()
            try requireEqual(
                try await catalog.edit(EditRequest(.trash, photos: [one], actor: "a")), nil, "once more")
            try requireEqual(
                try await subject.stranger.edit(EditRequest(.trash, photos: [two], actor: "a")), nil, "a stranger's")

            try requireEqual(try await catalog.restore([other], actor: "anna", reason: ""), [other], "who came back")
            try requireEqual(try await catalog.photo(other)?.isArchived, true, "into the archive")
            let undone = try await catalog.undo(edit)
            try requireEqual(undone.restored, 1, "the other one")
            try requireEqual(undone.conflicts, [], "what changed since")
            try requireEqual(Set(try await catalog.ids(TimelineQuery(limit: 9))), [one, two], "the timeline")
            try requireEqual(
                try await catalog.uncompared(after: nil, limit: 9).map(\.photo).contains(one), true, "compared anew")
            try await catalog.requireSound()
            // One with no file goes like any other.
            try await catalog.edit(.trash, [two])
            let trashed = try requirePresent(try await catalog.trash(after: nil, limit: 1).first, "the second")
            try require(try await catalog.remove(two, trashed.trashedAt), "it is removed for good")
            let last = try await catalog.lastEdit()
            try requireEqual(try await catalog.undo(last).conflicts, [.gone(two)], "it can't come back")
            try await catalog.requireSound()
        },
        ContractCase("A photo removed for good leaves nothing behind, and its file is no news to an import") {
            subject in
            let catalog = subject.catalog
            let four = try await catalog.addCompared(4, 0xff00)
            // What refers to it: a decision, a stack, an answer, a vector's place.
            let (photos, resolution) = try await catalog.addTrashed {
                _ = try await catalog.decideDistinct([$0, four], actor: "a", reason: "")
            }
            let moment = resolution.resolvedAt
            try await requireRefused(.conflict, "a decision on one in the trash") {
                _ = try await catalog.decideDistinct([photos[2], four], actor: "a", reason: "")
            }
            try await catalog.keep([CalibrationAnswer(photos[1], photos[0], distance: 1, isSame: true)])
            try requireEqual(try await catalog.remove(photos[1], moment - 1), false, "one that came there later")
            try requireEqual(try await catalog.remove(photos[0], moment), false, "one that is not there")
            try requireEqual(try await subject.stranger.remove(photos[1], moment), false, "a stranger's")
            _ = try await catalog.enqueueProcessing([photos[1]])
            try requireEqual(try await catalog.remove(photos[1], moment), false, "one that is being processed")
            try await catalog.finishJob(of: photos[1], 2, 3)
            try require(try await subject.second.remove(photos[1], moment), "it was removed")
            try requireEqual(try await catalog.remove(photos[1], moment), false, "once more")
            try requireEqual(try await catalog.photo(photos[1]), nil, "the photo")
            try requireEqual(try await catalog.statistics().photos, 3, "how many are left")
            let file = try requirePresent(try await catalog.file(at: "/photos/2.jpg"), "its file")
            try requireEqual(file.photo, nil, "the file's photo")
            guard case .unsupported(let reason) = file.outcome else { throw ContractViolation("\(file.outcome)") }
            try require(reason.contains("trash"), "why it is none")
            try require(try await catalog.remove(photos[2], moment, forgetting: ["/photos/3.jpg"]), "the other, too")
            try requireEqual(try await catalog.file(at: "/photos/3.jpg"), nil, "a file that is gone")
            let told = try await catalog.journal(limit: 99).first { $0.subject == photos[2].description }
            let entry = try requirePresent(told, "the journal's entry")
            try requireEqual(entry.action, "empty trash", "what was done")
            try require(entry.outcome.contains("the disk is full"), "why")
            try await catalog.requireSound()
            guard case .imported = try await catalog.record([scanned(3)]).first else {
                throw ContractViolation("a file that came back is a new photo")
            }
        },
        ContractCase("A photo in the trash goes only beside what was kept instead of it") { subject in
            let catalog = subject.catalog
            let (photos, resolution) = try await catalog.addTrashed()
            let moment = resolution.resolvedAt
            let all = Set(photos)
            try requireEqual(
                try await catalog.kept(insteadOf: all, trashedAt: moment),
                [photos[1]: [photos[0]], photos[2]: [photos[0]]], "what was kept, of each that is there")
            try requireEqual(
                try await catalog.kept(insteadOf: [photos[2]], trashedAt: moment), [photos[2]: [photos[0]]],
                "of one alone")
            try requireEqual(try await catalog.kept(insteadOf: all, trashedAt: moment - 1), [:], "at another moment")
            func isRemoved(_ photo: PhotoID, beside keeper: PhotoID) async throws -> Bool {
                try await catalog.remove(
                    photo, trashedAt: moment, keeping: keeper, forgetting: [], actor: "a", reason: "") != nil
            }
            try requireEqual(try await isRemoved(photos[1], beside: photos[2]), false, "beside another in the trash")
            let path = try requirePresent(try await catalog.files(of: photos[0]).first, "its file").path
            _ = try await catalog.markMissing([path])
            try requireEqual(try await isRemoved(photos[1], beside: photos[0]), false, "beside one that is missing")
            try await catalog.markPresent([path])
            try requireEqual(try await isRemoved(photos[1], beside: photos[0]), true, "beside one that is there")
            try await catalog.requireSound()
        },
        ContractCase("An undo of what was removed for good says so; of a part of it, it brings back the rest") {
            subject in
            let catalog = subject.catalog
            let (photos, resolution) = try await catalog.addTrashed()
            try require(try await catalog.remove(photos[1], resolution.resolvedAt), "it was removed")
            let undone = try await catalog.undo(resolution.id, actor: "a")
            try requireEqual(undone.restored, [photos[2]], "who came back")
            try requireEqual(undone.conflicts, [.gone(photos[1]), .keptMarks, .changedCluster], "what did not")
            let keeper = try requirePresent(try await catalog.photo(photos[0]), "the keeper")
            try requireEqual(keeper.metadata.rating, 4, "what it took over from the one that is gone")
            try await catalog.requireSound()

            let five = try await catalog.addCompared(5, 0xf0f0)
            let six = try await catalog.addCompared(6, 0xf0f0, like: five)
            let other = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: five), keeper: five, members: [five, six], actor: "a"))
            try require(try await catalog.remove(six, other.resolvedAt), "it was removed")
            do {
                _ = try await catalog.undo(other.id, actor: "a")
                throw ContractViolation("nothing was said")
            } catch let error as EngineError {
                try requireEqual(error.code, .conflict, "what it is told")
                try require(error.whatHappened.contains("removed for good"), "in words")
            }
            try await catalog.requireSound()
        },
        ContractCase("A stack of which one photo is left is none") { subject in
            let catalog = subject.catalog
            let photos = try await [1, 2, 3].asyncMapped { try await catalog.addCompared($0, UInt64($0) << 20) }
            let stack = try await catalog.stack(StackRequest(photos: photos, kind: .burst, actor: "a"))
            for (number, photo) in [(4, photos[2]), (5, photos[1])] {
                let copy = try await catalog.addCompared(number, UInt64(number) << 40, like: photo)
                let made = try await catalog.resolve(
                    ResolutionRequest(
                        cluster: ClusterID(first: photo), keeper: copy, members: [photo, copy], actor: "a"))
                try requireEqual(try await catalog.stack(of: photo)?.id, stack.id, "its stack, while in the trash")
                try require(try await catalog.remove(photo, made.resolvedAt), "it was removed")
                try await catalog.requireSound()
            }
            try requireEqual(try await catalog.stacks(after: nil, limit: 9), [], "the stacks")
            _ = try await catalog.undo(stack.id, actor: "a")
            try await catalog.requireSound()
        },
    ]
}

private func path(_ photo: Photo) throws -> FilePath {
    guard case .file(let path) = photo.original else { throw ContractViolation("it is no file") }
    return path
}

extension Sequence {
    fileprivate func asyncMapped<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}

extension TrashCatalog {
    /// Beside nothing that must stay.
    func remove(
        _ photo: PhotoID, trashedAt moment: Int64, forgetting gone: [FilePath], actor: String, reason: String
    ) async throws -> RemovedOriginal? {
        try await remove(
            photo, trashedAt: moment, keeping: nil, forgetting: gone, actor: actor, reason: reason)
    }
}
