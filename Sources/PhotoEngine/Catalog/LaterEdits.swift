import Core

/// The edits of a keeper that came after a resolution that is taken back, and stand: what they would have found without it.
///
/// What they tell of the keeper before is changed to that, so that undoing them brings back nothing the resolution had given.
struct LaterEdits {
    /// What the keeper had after a resolution, and would have had without the one that is taken back.
    struct Stage {
        let id: ResolutionID
        let had: PhotoMarks
        let wouldHave: PhotoMarks
    }

    /// What the resolution had given and somebody took away or changed since.
    struct Lost {
        var marks: Set<EditStep.Mark> = []
        var albums: Set<AlbumID> = []
        var tags: Set<TagID> = []

        var isEmpty: Bool { marks.isEmpty && albums.isEmpty && tags.isEmpty }

        fileprivate var kinds: [Edit.Kind] {
            (marks.contains(.favourite) ? [.favourite, .unfavourite] : [])
                + (marks.contains(.rating) ? [.rate] : []) + (marks.contains(.caption) ? [.caption] : [])
                + (marks.contains(.archived) ? [.archive, .unarchive] : [])
                + (albums.isEmpty ? [] : [.removeFromAlbum, .deleteAlbum]) + (tags.isEmpty ? [] : [.untag])
        }
    }

    private let connection: any SQLConnection
    private let owner: SQLValue
    private let keeper: PhotoID
    /// What was the keeper's own before the resolution.
    private let own: OwnMarks
    /// In order of id, the one taken back first.
    private let stages: [Stage]

    init(of content: ResolutionContent, stages: [Stage], _ likeness: Likeness) {
        (connection, owner) = (likeness.connection, likeness.owner)
        (keeper, own) = (content.keeper, content.ownBefore)
        self.stages = stages
    }

    /// Only the first edit of each mark or collection found what the resolution had given.
    func forget(_ lost: Lost) throws {
        guard var after = stages.first?.id.bytes else { return }
        var lost = lost
        let page = 100
        while !lost.isEmpty {
            let kinds = lost.kinds.map { SQLValue.text($0.rawValue) }
            let edits: [EditID] = try connection.rows(
                """
                SELECT id FROM edits WHERE owner = ? AND id > ? AND undone_at IS NULL
                    AND kind IN (\(kinds.map { _ in "?" }.joined(separator: ", "))) ORDER BY id LIMIT ?
                """, [owner, .bytes(after)] + kinds + [.int(page)]
            ).map { row in
                var row = row
                return try row.id()
            }
            for edit in edits where !lost.isEmpty { try forget(&lost, in: edit) }
            guard edits.count == page, let last = edits.last else { return }
            after = last.bytes
        }
    }

    private func forget(_ lost: inout Lost, in edit: EditID) throws {
        let parts = try connection.rows(
            "SELECT ordinal, content FROM edit_parts WHERE edit = ? AND owner = ? AND is_undone = 0 ORDER BY ordinal",
            [.id(edit), owner])
        for var row in parts {
            let ordinal = try row.int()
            var isChanged = false
            var steps: [EditStep] = []
            for step in try EditStep.decoded(try row.text()) {
                if let changed = forgetting(&lost, step, of: edit) {
                    steps += changed
                    isChanged = true
                } else {
                    steps.append(step)
                }
            }
            guard isChanged else { continue }
            try connection.execute(
                "UPDATE edit_parts SET content = ? WHERE edit = ? AND ordinal = ? AND owner = ?",
                [try PhotoColumns.encoded(steps), .id(edit), .int(ordinal), owner])
        }
    }

    /// nil where the step stays as it is.
    private func forgetting(_ lost: inout Lost, _ step: EditStep, of edit: EditID) -> [EditStep]? {
        switch step {
        case .marked(let marked) where lost.marks.contains(marked.mark):
            guard let others = others(marked.photos) else { return nil }
            lost.marks.remove(marked.mark)
            guard let stage = stages.last(where: { $0.id.bytes.lexicographicallyPrecedes(edit.bytes) }),
                marked.before == EditStep.Value(of: marked.mark, in: stage.had)
            else { return nil }
            func step(_ before: EditStep.Value, _ own: Int, _ photos: [PhotoID]) -> EditStep {
                .marked(
                    .init(
                        mark: marked.mark, before: before, after: marked.after, own: own, photos: PackedIDs(photos)))
            }
            return (others.isEmpty ? [] : [step(marked.before, marked.own, others)]) + [
                step(EditStep.Value(of: marked.mark, in: stage.wouldHave), own.rawValue, [keeper])
            ]
        case .untagged(let tag, let photos) where lost.tags.contains(tag.id):
            guard let others = others(photos) else { return nil }
            lost.tags.remove(tag.id)
            return [.untagged(tag, photos: PackedIDs(others))]
        case .left(let album, let name, let photos, let positions) where lost.albums.contains(album):
            let all = photos.photos
            guard let index = all.firstIndex(of: keeper), positions.count == all.count else { return nil }
            lost.albums.remove(album)
            var (others, places) = (all, positions)
            others.remove(at: index)
            places.remove(at: index)
            return [.left(album, name: name, photos: PackedIDs(others), positions: places)]
        default: return nil
        }
    }

    /// Without the keeper; nil where it isn't among them.
    private func others(_ packed: PackedIDs) -> [PhotoID]? {
        let photos = packed.photos
        let others = photos.filter { $0 != keeper }
        return others.count == photos.count ? nil : others
    }
}

extension EditStep.Value {
    fileprivate init(of mark: EditStep.Mark, in marks: PhotoMarks) {
        self =
            switch mark {
            case .favourite: .number(marks.isFavourite ? 1 : 0)
            case .rating: marks.rating.map { .number(Int64($0)) } ?? .none
            case .caption: marks.caption.map { .text($0) } ?? .none
            case .archived: .number(marks.isArchived ? 1 : 0)
            }
    }
}

extension EditStep.Mark {
    /// nil for what no edit changes.
    init?(_ mark: PhotoMark) {
        switch mark {
        case .favourite: self = .favourite
        case .rating: self = .rating
        case .caption: self = .caption
        case .archived: self = .archived
        case .position, .keywords, .albums, .tags, .faces: return nil
        }
    }
}
