import Core

extension CatalogContract {
    /// What a keeper takes over where it has a mark of its own.
    static let takenOverCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A keeper's caption says what each one's said, and is its own again once that is undone") {
            subject in
            let catalog = subject.catalog
            let keeper = try await catalog.addCompared(1, 1) { $0.caption = "the beach" }
            for (number, caption) in [(2, "beach"), (3, "Grandma, 80"), (4, "at the beach, Grandma, 80"), (5, "")] {
                let other = try await catalog.addCompared(number, 1, like: keeper) { $0.caption = caption }
                try requireEqual(try await catalog.photo(other)?.metadata.caption ?? "", caption, "the other's caption")
            }
            let photos = try await catalog.photos(after: nil, limit: 9).map(\.id)
            func caption() async throws -> String? {
                let photo = try await catalog.photo(keeper)
                return photo?.metadata.caption
            }
            let resolution = try await catalog.resolve(
                ResolutionRequest(
                    cluster: ClusterID(first: keeper), keeper: keeper, members: Set(photos), actor: "anna"))
            try requireEqual(resolution.after.caption, "the beach / Grandma, 80 / at the beach, Grandma, 80", "told")
            try requireEqual(try await caption(), resolution.after.caption, "the caption")
            try requireEqual(
                try await catalog.found("grandma", of: [keeper]), [1], "who is found by what another's said")
            try requireEqual(try await catalog.undo(resolution.id, actor: "bert").conflicts, [], "conflicts")
            try requireEqual(try await caption(), "the beach", "its own")
            try await catalog.requireSound()
        },
        ContractCase("An archived keeper is in the timeline where one that went was, as long as that stands") {
            subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            let keeper = three.photos[0]
            func isArchived() async throws -> Bool? {
                let photo = try await catalog.photo(keeper)
                return photo?.isArchived
            }
            func timeline() async throws -> [PhotoID] { try await catalog.ids(TimelineQuery(limit: 9)) }
            _ = try await catalog.edit(.archived(true), [keeper, three.photos[1]])
            let before = try await three.state()
            let older = try await catalog.resolve(three.request())
            try requireEqual(older.after.differences(from: older.before).contains(.archived), true, "it is told")
            try requireEqual(try await timeline(), [keeper], "the timeline")
            try await catalog.requireSound()
            let copy = try await catalog.addCompared(9, 1, like: keeper)
            _ = try await catalog.edit(.archived(true), [copy])
            let newer = try await catalog.resolve(
                ResolutionRequest(cluster: three.cluster, keeper: keeper, members: [keeper, copy], actor: "anna"))
            // What went with the newer one was archived: without the older one the keeper still is.
            try requireEqual(
                try await catalog.undo(older.id, actor: "bert").conflicts.count { $0 != .changedCluster }, 0,
                "conflicts")
            try requireEqual(try await isArchived(), true, "whether it is archived")
            try requireEqual(try await timeline(), [three.photos[2]], "the timeline with the older undone")
            _ = try await catalog.undo(newer.id, actor: "bert")
            try requireEqual(try await isArchived(), true, "whether it is archived, with both undone")
            try requireEqual(
                try await three.state().photos.filter { $0.id != copy }, before.photos, "the photos, with both undone")
            try await catalog.requireSound()
        },
        ContractCase("A keeper that is archived after all stays so, with a word, when the resolution is undone") {
            subject in
            let catalog = subject.catalog
            let three = try await ClusterOfThree(catalog)
            _ = try await catalog.edit(.archived(true), [three.photos[0]])
            let resolution = try await catalog.resolve(three.request())
            _ = try await catalog.edit(.archived(true), [three.photos[0]])
            let undone = try await catalog.undo(resolution.id, actor: "bert")
            try requireEqual(undone.conflicts, [.changedMark(.archived)], "what changed since")
            try requireEqual(try await catalog.photo(three.photos[0])?.isArchived, true, "whether it is archived")
            try await catalog.requireSound()
        },
    ]
}
