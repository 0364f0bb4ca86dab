import Core

/// The resolutions of a keeper that came after one that is taken back, and stand: what they would have made of it without that one.
///
/// What they tell of the keeper before is changed to the same, so that undoing all of them, in whatever order, ends where all began.
struct LaterResolutions {
    private let taken: ResolutionContent
    private let likeness: Likeness
    private let trash: TrashedPhotos
    private var later: [(id: ResolutionID, content: ResolutionContent)]
    /// The keeper's marks now, if nobody but resolutions changed them.
    private(set) var expected: PhotoMarks
    /// What the keeper had after each of them, the one taken back first; `marks` tells the others.
    private(set) var stages: [LaterEdits.Stage]

    init(
        after id: ResolutionID, _ taken: ResolutionContent, _ likeness: Likeness, _ trash: TrashedPhotos
    ) throws {
        (self.taken, self.likeness, self.trash) = (taken, likeness, trash)
        expected = taken.after
        stages = [.init(id: id, had: taken.after, wouldHave: taken.before)]
        later = try likeness.connection.rows(
            """
            SELECT \(ResolutionContent.columns) FROM resolutions
            WHERE owner = ? AND keeper = ? AND id > ? AND undone_at IS NULL ORDER BY id
            """, [likeness.owner, .id(taken.keeper), .id(id)]
        ).map { row in
            let (resolution, content) = try ResolutionContent.resolution(row)
            return (resolution.id, content)
        }.filter { $0.content.verdict == nil }
    }

    /// Puts the keeper once more into the albums and under the tags that it had from the one taken back, and would have from these.
    mutating func takeOverCollections() throws {
        for index in later.indices {
            var merge = CollectionMerge(connection: likeness.connection, owner: likeness.owner)
            try merge.carryOut(try there(later[index].content), into: taken.keeper)
            if !merge.steps.isEmpty {
                later[index].content.collections = (later[index].content.collections ?? []) + merge.steps
            }
        }
    }

    /// Gives the keeper once more the faces that it had from the one taken back, and would have from these.
    mutating func takeOverFaces(newID: @escaping () -> FaceID) throws {
        for index in later.indices {
            let content = later[index].content
            let there = Set(try there(content))
            var merge = FaceMerge(
                rows: FaceRows(connection: likeness.connection, owner: likeness.owner), newID: newID)
            try merge.carryOut(
                content.members.filter { there.contains($0.photo) }, into: taken.keeper, of: content.members)
            if !merge.taken.isEmpty { later[index].content.faces = (content.faces ?? []) + merge.taken }
        }
    }

    /// The keeper's marks without the resolution that had made `after` of `before`, and which marks that one had changed.
    mutating func marks(from before: PhotoMarks, to after: PhotoMarks) throws -> (PhotoMarks, touched: Set<PhotoMark>) {
        let touched = Set(after.differences(from: before))
        var (marks, known) = (before, touched)
        expected = after
        for index in later.indices {
            var content = later[index].content
            let merged = marks.merging(try marksBefore(content))
            // Somebody else changed the others before that one.
            known.subtract(content.before.differences(from: expected))
            for mark in known {
                expected.take(mark, of: content.after)
                content.before.take(mark, of: marks)
                content.after.take(mark, of: merged)
                marks.take(mark, of: merged)
            }
            let own = OwnMarks(Array(known))
            content.ownMarks = content.ownBefore.subtracting(own).union(taken.ownBefore.intersection(own)).rawValue
            later[index].content = content
            stages.append(.init(id: later[index].id, had: expected, wouldHave: marks))
        }
        return (marks, touched)
    }

    /// Keeps what the later ones tell now.
    func write() throws {
        for (id, content) in later {
            try likeness.connection.execute(
                "UPDATE resolutions SET content = ? WHERE id = ? AND owner = ?",
                [try PhotoColumns.encoded(content), .id(id), likeness.owner])
        }
    }

    /// The marks of what a resolution put into the trash, as far as it is not removed for good. In the trash all are out of the
    /// timeline: whether they were before, the resolution tells.
    private func marksBefore(_ content: ResolutionContent) throws -> [PhotoMarks] {
        let photos = try there(content)
        let archived = Set(content.trashed.filter(\.wasArchived).map(\.photo))
        return try zip(photos, trash.marks(of: photos)).map { photo, found in
            var marks = found.marks
            marks.isArchived = archived.contains(photo)
            return marks
        }
    }

    /// What a resolution put into the trash, as far as it is not removed for good.
    private func there(_ content: ResolutionContent) throws -> [PhotoID] {
        try content.trashed.map(\.photo).filter { photo in
            try likeness.connection.row(
                "SELECT 1 FROM photos WHERE id = ? AND owner = ?", [.id(photo), likeness.owner]) != nil
        }
    }
}
