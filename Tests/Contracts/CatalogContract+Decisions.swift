public import Core
import SystemPackage

extension ResolutionCatalog {
    /// Without a reason.
    public func decideDistinct(_ photos: [PhotoID], actor: String) async throws -> Int {
        try await decideDistinct(photos, actor: actor, reason: "").newPairs
    }

    /// Without a reason.
    public func undo(_ resolution: ResolutionID, actor: String) async throws -> UndoneResolution {
        try await undo(resolution, actor: actor, reason: "")
    }
}

extension Catalog {
    /// All that a decision which keeps every photo may change.
    fileprivate func likeness() async throws -> LikenessState {
        let clusters = try await clusters(ClusterQuery(limit: 99))
        var members: [[ClusterMember]] = []
        for cluster in clusters { members.append(try await self.members(of: cluster.id, after: nil, limit: 99)) }
        return LikenessState(
            clusters: clusters, members: members,
            near: try await photos(near: PerceptualHash(bits: 1), within: 16, limit: 99),
            waiting: try await uncompared(after: nil, limit: 99), stacks: try await stacks(after: nil, limit: 99),
            timeline: try await timeline(TimelineQuery(limit: 99)))
    }

    /// Clusters of three and of two, and a photo of none.
    fileprivate func addLike() async throws -> [PhotoID] {
        let one = try await addCompared(1, 0b1)
        let two = try await addCompared(2, 0b11, like: one)
        let three = try await addCompared(3, 0b1111, like: one)
        let four = try await addCompared(4, 0xff00)
        let five = try await addCompared(5, 0xff01, like: four)
        let six = try await addCompared(6, 0xffff_0000)
        return [one, two, three, four, five, six]
    }

    /// Compares everything that waits, and finds it like nothing.
    fileprivate func compareAlone() async throws {
        for photo in try await uncompared(after: nil, limit: 99) {
            try require(try await record([], of: photo), "a photo could be compared")
        }
    }
}

private struct LikenessState: Equatable {
    let clusters: [DuplicateCluster]
    let members: [[ClusterMember]]
    let near: [NearPhoto]
    let waiting: [UncomparedPhoto]
    let stacks: [PhotoStack]
    let timeline: [TimelineEntry]
}

private func requireThrown(
    _ code: EngineError.Code, _ what: String, naming part: String = "", _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as EngineError {
        try requireEqual(error.code, code, what)
        return try require(part.isEmpty || error.description.contains(part), "\(what) is told with \(part): \(error)")
    }
    throw ContractViolation("\(what): nothing was thrown")
}

extension CatalogContract {
    static let decisionCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A decision that photos are distinct is taken back, before and after a scan, and all is as it was")
        {
            subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let before = try await catalog.likeness()
            let choices = [
                [photos[0], photos[1], photos[2]], [photos[1], photos[2]],
                [photos[0], photos[1], photos[3], photos[4]],
                [photos[0], photos[5]],
            ]
            for choice in choices {
                for scans in [false, true] {
                    let made = try await catalog.decideDistinct(choice, actor: "anna", reason: "two moments")
                    try requireEqual(made.newPairs, choice.count * (choice.count - 1) / 2, "the pairs")
                    let resolution = try requirePresent(made.resolution, "the resolution")
                    try requireEqual(resolution.verdict, .distinct, "the verdict")
                    try requireEqual(Set([resolution.keeper] + resolution.alsoKept), Set(choice), "who is kept")
                    try requireEqual(resolution.trashed, [], "the trashed")
                    try requireEqual(
                        try await subject.second.resolution(resolution.id), resolution, "the resolution as it is stored"
                    )
                    let told = try await catalog.journal(limit: 999).filter { $0.subject == resolution.id.description }
                    try requireEqual(told.map(\.action), ["not duplicates"], "what the journal has")
                    try require(told.allSatisfy { $0.outcome.contains("two moments") }, "the reason is told")
                    if scans { try await catalog.compareAlone() }
                    try await catalog.requireSound()
                    let undone = try await subject.second.undo(
                        resolution.id, actor: "bert", reason: "it was one moment")
                    try requireEqual(undone.conflicts, [], "what changed since")
                    try requireEqual(try await catalog.likeness(), before, "all of it")
                    try require(
                        !(try await catalog.areKeptApart(.photo(choice[0]), .photo(choice[1]))), "nothing stays decided"
                    )
                    let undoing = try await catalog.journal(limit: 999).first {
                        $0.subject == resolution.id.description && $0.action == "undo resolution"
                    }
                    try require(undoing?.outcome.contains("it was one moment") == true, "why it was taken back")
                    try await catalog.requireSound()
                }
            }
        },
        ContractCase("What an earlier decision held apart stays so when a later one is taken back") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let first = try await catalog.decideDistinct([photos[0], photos[1]], actor: "a", reason: "")
            let second = try await catalog.decideDistinct([photos[0], photos[1], photos[2]], actor: "a", reason: "")
            try requireEqual(second.newPairs, 2, "the new pairs")
            let undone = try await catalog.undo(try requirePresent(second.resolution, "it").id, actor: "a")
            try requireEqual(undone.conflicts, [], "what changed since")
            try require(
                try await catalog.areKeptApart(.photo(photos[0]), .photo(photos[1])), "the first decision holds")
            try requireEqual(
                try await catalog.photos(of: ClusterID(first: photos[0])), [photos[0], photos[2]], "the cluster")
            _ = try await catalog.undo(try requirePresent(first.resolution, "it").id, actor: "a")
            try requireEqual(try await catalog.photos(of: ClusterID(first: photos[0])).count, 3, "the cluster then")
            try await catalog.requireSound()
        },
        ContractCase(
            "Who was found like others since goes back when a decision is taken back, and those are compared anew"
        ) {
            subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let made = try await catalog.decideDistinct([photos[3], photos[4]], actor: "a", reason: "")
            try await catalog.compareAlone()
            // Another copy comes in, and is found to be like the one that left.
            let seven = try await catalog.addCompared(7, 0xff01, like: photos[4])
            let undone = try await catalog.undo(try requirePresent(made.resolution, "it").id, actor: "a")
            try requireEqual(undone.conflicts, [.changedCluster], "what changed since")
            try requireEqual(
                try await catalog.photos(of: ClusterID(first: photos[3])), [photos[3], photos[4]], "the old cluster")
            try requireEqual(
                try await catalog.uncompared(after: nil, limit: 9).map(\.photo), [seven], "who is compared anew")
            try await catalog.requireSound()
        },
        ContractCase("Photos of a cluster that are compared anew leave it before anything is planned with it") {
            subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let made = try await catalog.decideDistinct([photos[3], photos[4]], actor: "a", reason: "")
            try await catalog.compareAlone()
            let seven = try await catalog.addCompared(7, 0xff01, like: photos[4])
            let eight = try await catalog.addCompared(8, 0xff01, like: photos[4])
            _ = try await catalog.undo(try requirePresent(made.resolution, "it").id, actor: "a")
            let waiting = try await catalog.uncompared(after: nil, limit: 9)
            try requireEqual(waiting.map(\.photo), [seven, eight], "who waits")
            let cluster = try requirePresent(try await catalog.cluster(of: eight), "where both still are")
            try requireEqual(try await catalog.photos(of: cluster), [seven, eight], "the cluster")
            // Without the one that comes anew it is no cluster.
            try require(!(try await catalog.record([.joined(seven, cluster)], of: waiting[0])), "that plan")
            try requireEqual(try await catalog.cluster(of: eight), nil, "the other's cluster")
            try requireEqual(try await catalog.uncompared(after: nil, limit: 9), waiting, "who waits then")
            try await catalog.requireSound()
            let joining = [ClusterChange.joined(seven, ClusterID(first: photos[3]))]
            try require(try await catalog.record(joining, of: waiting[0]), "the plan made anew")
            try requireEqual(
                try await catalog.photos(of: ClusterID(first: photos[3])), [photos[3], photos[4], seven], "it then")
            try await catalog.requireSound()
        },
        ContractCase("A stack and a later decision on one of its photos are undone in either order") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 0b1)
            let two = try await catalog.addCompared(2, 0b11, like: one)
            let copies = [
                one: try await catalog.addCompared(3, 0b1, like: one),
                two: try await catalog.addCompared(4, 0b11, like: one),
            ]
            let all = try await catalog.photos(of: ClusterID(first: one))
            try requireEqual(all.count, 4, "the cluster")
            for isOlderFirst in [true, false] {
                var request = StackRequest(photos: [one, two], kind: .burst, actor: "a")
                for (photo, copy) in copies { request.copies[copy] = photo }
                let stack = try await catalog.stack(request)
                let shown = try await catalog.photos(of: [ClusterID(first: one)], after: nil, limit: 9) { _ in true }[0]
                for photo in shown {
                    let isKept = photo.photo.id == stack.keeper
                    try requireEqual(photo.stack, isKept ? .burst : nil, "whether it is stacked")
                }
                let left = stack.keeper == one ? two : one
                let copy = try requirePresent(copies[left], "its copy")
                for waiting in try await catalog.uncompared(after: nil, limit: 9) {
                    let isCopy = waiting.photo == copy
                    let changes = isCopy ? [ClusterChange.founded(ClusterID(first: left), copy)] : []
                    try require(try await catalog.record(changes, of: waiting), "a photo could be compared")
                }
                let apart = try await catalog.decideDistinct([left, copy], actor: "a", reason: "")
                let decision = try requirePresent(apart.resolution, "the decision").id
                for id in isOlderFirst ? [stack.id, decision] : [decision, stack.id] {
                    _ = try await catalog.undo(id, actor: "a")
                    try await catalog.requireSound()
                }
                try requireEqual(try await catalog.photos(of: ClusterID(first: one)), all, "the cluster again")
                // Nobody may wait to be found in some other place.
                try requireEqual(try await catalog.uncomparedCount(), 0, "who waits")
            }
        },
        ContractCase("A copy decided to differ from what stood for a stack comes back, whichever is undone first") {
            subject in
            let catalog = subject.catalog
            let copy = try await catalog.addCompared(1, 0b11)
            let two = try await catalog.addCompared(2, 0b11, like: copy)
            let three = try await catalog.addCompared(3, 0b1111, like: copy)
            for isOlderFirst in [true, false] {
                var request = StackRequest(photos: [two, three], kind: .burst, actor: "a")
                request.copies = [copy: two]
                let stack = try await catalog.stack(request)
                try requireEqual(stack.keeper, two, "who stands for the stack")
                let apart = try await catalog.decideDistinct([copy, two], actor: "a", reason: "")
                let decision = try requirePresent(apart.resolution, "the decision").id
                try await catalog.compareAlone()
                for id in isOlderFirst ? [stack.id, decision] : [decision, stack.id] {
                    _ = try await catalog.undo(id, actor: "a")
                    try await catalog.requireSound()
                }
                try requireEqual(
                    try await catalog.photos(of: ClusterID(first: copy)), [copy, two, three], "the cluster again")
                try requireEqual(try await catalog.uncomparedCount(), 0, "who waits")
            }
        },
        ContractCase("Photos that were never compared but held apart are compared once that is taken back") { subject in
            let catalog = subject.catalog
            func add(_ numbers: ClosedRange<Int>) async throws -> [PhotoID] {
                var photos: [PhotoID] = []
                for number in numbers { photos.append(try await catalog.addHashed(number, 1).photo) }
                return photos
            }
            let pair = try await add(1...2)
            func take(back first: () async throws -> ResolutionID) async throws -> [PhotoID] {
                let id = try await first()
                try await catalog.compareAlone()
                try requireEqual(try await catalog.undo(id, actor: "a").conflicts, [], "what changed since")
                let waiting = try await subject.second.uncompared(after: nil, limit: 9).map(\.photo)
                try await catalog.compareAlone()
                return waiting
            }
            try requireEqual(
                try await take {
                    let apart = try await catalog.decideDistinct(pair, actor: "a", reason: "")
                    return try requirePresent(apart.resolution, "the decision").id
                }, pair, "who was decided to differ")
            let burst = try await add(3...4)
            try requireEqual(
                try await take {
                    try await catalog.stack(StackRequest(photos: burst, kind: .burst, actor: "a")).id
                }, burst, "who was in a stack")
            // Compared without that, they are known not to be alike.
            try requireEqual(
                try await take {
                    try await catalog.stack(StackRequest(photos: pair, kind: .burst, actor: "a")).id
                }, [], "who was compared before")
            // As long as a stack held them apart, nobody compared them.
            let stack = try await catalog.stack(StackRequest(photos: burst, kind: .burst, actor: "a"))
            try requireEqual(
                try await take {
                    let apart = try await catalog.decideDistinct(burst, actor: "a", reason: "")
                    _ = try await catalog.undo(stack.id, actor: "a")
                    return try requirePresent(apart.resolution, "the decision").id
                }, burst, "who was in a stack as they were decided on")
            try await catalog.requireSound()
        },
        ContractCase("Photos of one stack are held apart by every later comparison") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let order = [photos[2], photos[0], photos[1]]
            let made = try await catalog.stack(
                StackRequest(photos: order, kind: .burst, actor: "anna", reason: "one jump"))
            try requireEqual(made.verdict, .stack(.burst), "the verdict")
            try requireEqual(Set([made.keeper] + made.alsoKept), Set(order), "who is kept")
            let stack = PhotoStack(id: made.id, photos: order, reason: .burst, madeAt: made.resolvedAt)
            try requireEqual(try await subject.second.stacks(after: nil, limit: 9), [stack], "the stacks")
            try requireEqual(try await subject.second.stacks(after: made.id, limit: 9), [], "those behind it")
            for photo in order { try requireEqual(try await catalog.stack(of: photo), stack, "a photo's stack") }
            try requireEqual(try await catalog.stack(of: photos[3]), nil, "another photo's stack")
            try requireEqual(try await subject.stranger.stacks(after: nil, limit: 9), [], "a stranger's")
            try requireEqual(try await catalog.clusterSums().clusters, 1, "the clusters")
            try await catalog.compareAlone()
            let eight = try await catalog.addCompared(8, 0b11, like: photos[1])
            let nine = try await catalog.addCompared(9, 0b1, like: photos[0])
            let (left, right) = (ClusterSide.cluster(ClusterID(first: photos[1])), ClusterID(first: photos[0]))
            for (one, other) in [
                (.photo(photos[0]), .photo(photos[2])), (.photo(photos[2]), left), (left, .photo(photos[2])),
                (left, .cluster(right)), (.cluster(right), left),
            ] as [(ClusterSide, ClusterSide)] {
                try require(try await catalog.areKeptApart(one, other), "\(one) and \(other) are held apart")
                try require(!(try await subject.stranger.areKeptApart(one, other)), "not for a stranger")
            }
            for (one, other) in [(.photo(eight), .photo(nine)), (.photo(eight), .cluster(right))]
                as [(ClusterSide, ClusterSide)]
            {
                try require(!(try await catalog.areKeptApart(one, other)), "\(one) and \(other) are not")
            }
            _ = try await catalog.prepareComparison(all: true)
            try require(try await catalog.areKeptApart(.photo(photos[0]), .photo(photos[1])), "nor forgotten")
            let entry = try requirePresent(try await catalog.journal(limit: 1).first, "the journal's entry")
            try requireEqual(entry.action, "stack photos", "what was done")
            try require(entry.outcome.contains("one jump"), "the reason is told")
            try await catalog.requireSound()
        },
        ContractCase("A stack is taken apart, before and after a scan, and all is as it was") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let before = try await catalog.likeness()
            for choice in [
                [photos[2], photos[0]], [photos[1], photos[5], photos[0], photos[2]], [photos[4], photos[3]],
            ] {
                for scans in [false, true] {
                    let made = try await catalog.stack(StackRequest(photos: choice, kind: .chosen, actor: "a"))
                    if scans { try await catalog.compareAlone() }
                    try await catalog.requireSound()
                    try require(try await catalog.likeness() != before, "something changed")
                    let undone = try await subject.second.undo(made.id, actor: "b", reason: "")
                    try requireEqual(undone.conflicts, [], "what changed since")
                    try requireEqual(try await catalog.likeness(), before, "all of it")
                    try await requireThrown(.conflict, "a second undo") {
                        _ = try await catalog.undo(made.id, actor: "b", reason: "")
                    }
                    try await catalog.requireSound()
                }
            }
        },
        ContractCase("Of a stack the photo stays in its cluster that is most like what else is there") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 0b1)
            let two = try await catalog.addCompared(2, 0b111, like: one)
            let three = try await catalog.addCompared(3, 0b11_1111, like: one)
            let copy = try await catalog.addCompared(4, 0b111, like: one)
            let made = try await catalog.stack(StackRequest(photos: [one, two, three], kind: .burst, actor: "a"))
            try requireEqual(made.keeper, two, "who stands for the stack")
            try requireEqual(try await catalog.photos(of: made.cluster), [two, copy].sorted(), "who stays")
            // The copy goes, the burst does not.
            _ = try await catalog.resolve(
                ResolutionRequest(cluster: made.cluster, keeper: two, members: [two, copy], actor: "a"))
            try requireEqual(Set(try await catalog.ids(TimelineQuery(limit: 9))), [one, two, three], "the timeline")
            try await catalog.requireSound()
        },
        ContractCase("The copies of a stack leave its cluster, but for those of the one that stays") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 0b1)
            let two = try await catalog.addCompared(2, 0b11, like: one)
            let copies = [
                try await catalog.addCompared(3, 0b1, like: one), try await catalog.addCompared(4, 0b1, like: one),
                try await catalog.addCompared(5, 0b11, like: one), try await catalog.addCompared(6, 0b11, like: one),
            ]
            let before = try await catalog.likeness()
            var request = StackRequest(photos: [one, two], kind: .burst, actor: "a")
            // By the hashes alone neither is nearer to the others.
            request.copies = [copies[0]: one, copies[1]: two, copies[2]: two]
            let made = try await catalog.stack(request)
            try requireEqual(made.keeper, two, "who stands for the stack")
            try requireEqual(
                try await catalog.photos(of: made.cluster), [two, copies[1], copies[2], copies[3]].sorted(), "who stays"
            )
            let waiting = try await subject.second.uncompared(after: nil, limit: 9)
            try requireEqual(waiting.map(\.photo), [one, copies[0]].sorted(), "who is compared anew")
            try requireEqual(waiting.filter(\.isStacked).map(\.photo), [one], "who of them is in a stack")
            try requireEqual(try await catalog.undo(made.id, actor: "b").conflicts, [], "what changed since")
            try requireEqual(try await catalog.likeness(), before, "all of it, once it is taken apart")
            try await catalog.requireSound()
        },
        ContractCase("A photo is in one stack at most, and one in the trash is in none") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addLike()
            let first = try await catalog.stack(
                StackRequest(photos: [photos[0], photos[5]], kind: .chosen, actor: "a"))
            try await requireThrown(.conflict, "a second stack", naming: first.id.description) {
                _ = try await subject.second.stack(
                    StackRequest(photos: [photos[3], photos[5]], kind: .burst, actor: "a"))
            }
            let resolution = try await catalog.resolve(
                ResolutionRequest(
                    cluster: ClusterID(first: photos[3]), keeper: photos[3], members: [photos[3], photos[4]], actor: "a"
                ))
            try await requireThrown(.conflict, "one in the trash", naming: "trash") {
                _ = try await catalog.stack(StackRequest(photos: [photos[1], photos[4]], kind: .burst, actor: "a"))
            }
            try await requireThrown(.invalidInput, "one photo") {
                _ = try await catalog.stack(StackRequest(photos: [photos[1], photos[1]], kind: .burst, actor: "a"))
            }
            try await requireThrown(.notFound, "a stranger's photo") {
                _ = try await subject.stranger.stack(
                    StackRequest(photos: [photos[1], photos[2]], kind: .burst, actor: "a"))
            }
            try requireEqual(try await catalog.stacks(after: nil, limit: 9).count, 1, "the stacks")
            // What became a stack meanwhile is no cluster again.
            _ = try await catalog.undo(resolution.id, actor: "a")
            let again = try await catalog.resolve(
                ResolutionRequest(
                    cluster: ClusterID(first: photos[3]), keeper: photos[3], alsoKept: [photos[4]],
                    members: [photos[3], photos[4]], actor: "a"))
            _ = try await catalog.stack(StackRequest(photos: [photos[3], photos[4]], kind: .chosen, actor: "a"))
            try requireEqual(
                try await catalog.undo(again.id, actor: "a").conflicts, [.changedCluster], "what changed since")
            try requireEqual(try await catalog.cluster(of: photos[3]), nil, "its cluster")
            try await catalog.requireSound()
        },
    ]
}
