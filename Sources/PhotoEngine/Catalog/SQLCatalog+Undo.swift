import Core

extension SQLCatalog {
    func undo(_ id: ResolutionID, actor: String, reason: String) async throws -> UndoneResolution {
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let row = try connection.row(
                "SELECT \(ResolutionContent.columns) FROM resolutions WHERE id = ? AND owner = ?",
                [.id(id), ownerValue])
            guard let row else { throw EngineError(.notFound, "there is no resolution \(id)") }
            let (resolution, content) = try ResolutionContent.resolution(row)
            if let undone = resolution.undone {
                throw EngineError(.conflict, "the resolution was taken back before, by \(undone.actor)")
            }
            var counters = CounterChanges()
            Likeness.count(&counters)
            var undoing = Undoing(
                id: id, content: content, cluster: resolution.cluster, resolvedAt: resolution.resolvedAt,
                likeness: Likeness(connection: connection, owner: ownerValue),
                trash: TrashedPhotos(connection: connection, owner: owner))
            try undoing.restorePhotos(counters: &counters)
            if !content.trashed.isEmpty, undoing.goneCount == content.trashed.count {
                throw EngineError(
                    .conflict, "what the resolution had put into the trash was removed for good",
                    whatToDo: "phototui journal tells when; what is left is in a backup, or, of files in folders of "
                        + "yours, in the desktop's trash")
            }
            try undoing.restoreMarks(counters: &counters, newFaceID: newIdentifier)
            let apart = try undoing.heldApart(id)
            try undoing.forgetDecisions()
            if content.verdict == nil {
                try undoing.restoreCluster()
            } else {
                try undoing.takeApart(id)
                try undoing.restoreParted()
            }
            try undoing.compareAnew(apart)
            try connection.execute(
                "UPDATE resolutions SET undone_at = ?, undone_by = ?, undone_reason = ? WHERE id = ? AND owner = ?",
                [.int(now), .string(actor), .string(reason), .id(id), ownerValue])
            let restored =
                switch content.verdict {
                case nil:
                    (undoing.restored.count == 1 ? "1 photo" : "\(undoing.restored.count) photos")
                        + " back from the trash"
                case .distinct: "\(content.decided.count == 1 ? "1 pair" : "\(content.decided.count) pairs") undecided"
                case .stack: "the stack is none any more"
                }
            let conflicts = undoing.conflicts.isEmpty ? "" : ", \(undoing.conflicts.count) changed since"
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: actor, action: "undo resolution", subject: id.description,
                    outcome: restored + conflicts + (reason.isEmpty ? "" : ": \(reason)")), to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return UndoneResolution(
                resolution: content.resolution(
                    id, of: resolution.cluster, at: resolution.resolvedAt,
                    undone: .init(at: now, actor: actor, reason: reason)),
                restored: undoing.restored, conflicts: undoing.conflicts)
        }
    }
}

/// Takes a resolution back, as far as nobody changed what it had made.
private struct Undoing {
    let id: ResolutionID
    let content: ResolutionContent
    let cluster: ClusterID
    let resolvedAt: Int64
    let likeness: Likeness
    let trash: TrashedPhotos
    private(set) var restored: [PhotoID] = []
    private(set) var conflicts: [UndoneResolution.Conflict] = []

    init(
        id: ResolutionID, content: ResolutionContent, cluster: ClusterID, resolvedAt: Int64, likeness: Likeness,
        trash: TrashedPhotos
    ) {
        self.id = id
        self.content = content
        self.cluster = cluster
        self.resolvedAt = resolvedAt
        self.likeness = likeness
        self.trash = trash
    }

    private var connection: any SQLConnection { likeness.connection }
    private var owner: SQLValue { likeness.owner }

    mutating func restorePhotos(counters: inout CounterChanges) throws {
        for photo in content.trashed {
            do {
                guard try trash.moment(of: photo.photo) == resolvedAt else {
                    conflicts.append(.moved(photo.photo))
                    continue
                }
            } catch let error as EngineError where error.code == .notFound {
                conflicts.append(.gone(photo.photo))
                continue
            }
            try trash.restore(photo.photo, isArchived: photo.wasArchived, counters: &counters)
            restored.append(photo.photo)
        }
    }

    /// How many photos are no longer in the catalogue.
    var goneCount: Int { conflicts.count { if case .gone = $0 { true } else { false } } }

    mutating func restoreMarks(counters: inout CounterChanges, newFaceID: @escaping () -> FaceID) throws {
        var (before, after) = (content.before, content.after)
        (before.albums, before.tags, after.albums, after.tags) = ([], [], [], [])
        (before.faces, after.faces) = ([], [])
        let faces = content.faces ?? []
        if before == after, content.collections?.isEmpty ?? true, faces.isEmpty { return }
        if goneCount > 0 { return conflicts.append(.keptMarks) }
        guard try exists(content.keeper) else { return conflicts.append(.gone(content.keeper)) }
        var lost = try lostCollections()
        var collections = EditUndoing(connection: connection, owner: trash.ownerID)
        for step in (content.collections ?? []).reversed() { try collections.undo(step, counters: &counters) }
        conflicts += collections.conflicts.map(Self.conflict)
        try tellOfGoneAlbums()
        try FaceRows(connection: connection, owner: owner).remove(faces)
        var later = try LaterResolutions(after: id, content, likeness, trash)
        try later.takeOverCollections()
        try later.takeOverFaces(newID: newFaceID)
        if before != after {
            let (now, own) = try trash.marks(of: content.keeper)
            let (marks, touched) = try later.marks(from: before, to: after)
            let changed = PhotoMark.allCases.filter { mark in
                // What the resolution had left alone is no conflict: it stays as somebody made it.
                !touched.contains(mark) || now.differences(from: later.expected).contains(mark)
            }
            conflicts += changed.filter(touched.contains).map { .changedMark($0) }
            lost.marks = Set(changed.filter(touched.contains).compactMap(EditStep.Mark.init))
            var restored = marks
            for mark in changed { restored.take(mark, of: now) }
            let given = OwnMarks(changed + restored.differences(from: before))
            try trash.setMarks(
                restored, own: content.ownBefore.subtracting(given).union(own.intersection(given)), of: content.keeper,
                counters: &counters)
        }
        try later.write()
        try LaterEdits(of: content, stages: later.stages, likeness).forget(lost)
    }

    /// Albums that were deleted since: neither the keeper nor those that come back are in them, as they were.
    private mutating func tellOfGoneAlbums() throws {
        for case .joined(let album, let name, _) in content.collections ?? [] {
            let row = try connection.row("SELECT 1 FROM albums WHERE id = ? AND owner = ?", [.id(album), owner])
            if row == nil, !conflicts.contains(.goneAlbum(name)) { conflicts.append(.goneAlbum(name)) }
        }
    }

    /// What the keeper was put into, and is in no more.
    private func lostCollections() throws -> LaterEdits.Lost {
        var lost = LaterEdits.Lost()
        func isThere(_ table: String, _ column: String, _ id: SQLValue) throws -> Bool {
            try connection.row(
                "SELECT 1 FROM \(table) WHERE \(column) = ? AND photo = ? AND owner = ?",
                [id, .id(content.keeper), owner]) != nil
        }
        for step in content.collections ?? [] {
            switch step {
            case .joined(let album, _, _):
                if try !isThere("album_photos", "album", .id(album)) { lost.albums.insert(album) }
            case .tagged(let tag, _):
                if try !isThere("photo_tags", "tag", .id(tag.id)) { lost.tags.insert(tag.id) }
            default: break
            }
        }
        return lost
    }

    private static func conflict(_ conflict: UndoneEdit.Conflict) -> UndoneResolution.Conflict {
        switch conflict {
        case .gone(let photo): .gone(photo)
        case .inTrash(let photo), .changedPhoto(let photo): .moved(photo)
        case .changedTag: .changedMark(.tags)
        case .changedAlbum(let name): .changedAlbum(name)
        case .goneAlbum(let name): .goneAlbum(name)
        }
    }

    /// The photos that the decision holds apart from each other, in order of id.
    func heldApart(_ stack: ResolutionID) throws -> [PhotoID] {
        let stacked = try connection.rows(
            "SELECT photo FROM stacked_photos WHERE stack = ? AND owner = ?", [.id(stack), owner]
        ).map { row -> PhotoID in
            var row = row
            return try row.id()
        }
        return Set(stacked + content.decided.joined()).sorted()
    }

    /// Those that share no cluster again, and were never compared but as photos to be held apart.
    func compareAnew(_ apart: [PhotoID]) throws {
        let clusters = try connection.rows(
            "SELECT cluster FROM compared_photos WHERE photo = ? AND owner = ?", each: apart.map { [.id($0), owner] }
        ).map { rows -> ClusterID? in
            guard var row = rows.first else { return nil }
            return try row.optionalID()
        }
        guard let home = clusters.first, home == nil || clusters.contains(where: { $0 != home }) else { return }
        for photo in content.unknown ?? apart { try likeness.waitIfComparable(photo) }
    }

    func forgetDecisions() throws {
        try connection.send(
            "DELETE FROM duplicate_decisions WHERE owner = ? AND first = ? AND second = ?",
            each: content.decided.filter { $0.count == 2 }.map { [owner, .id($0.min()), .id($0.max())] })
    }

    func takeApart(_ stack: ResolutionID) throws {
        for (table, column) in [("stacked_photos", "stack"), ("photo_stacks", "id")] {
            try connection.send("DELETE FROM \(table) WHERE \(column) = ? AND owner = ?", [.id(stack), owner])
        }
    }

    mutating func restoreParted() throws {
        let parting = ClusterParting(likeness: likeness)
        for parted in content.parted ?? [] where try !parting.restore(parted) && !conflicts.contains(.changedCluster) {
            conflicts.append(.changedCluster)
        }
    }

    /// The cluster as it was, where its photos are as they were; else those that came back are compared again.
    mutating func restoreCluster() throws {
        guard try isClusterAsItWas() else {
            conflicts.append(.changedCluster)
            for photo in restored { try likeness.wait(photo) }
            return
        }
        let back = Set(restored)
        try likeness.insert(
            try content.members.filter { back.contains($0.photo) }.map {
                ($0.photo, try SQLRow.present(PerceptualHash($0.hash)))
            })
        guard let first = content.members.first else { return }
        try likeness.begin(cluster, with: first.photo)
        for member in content.members { try likeness.place(member.photo, in: cluster, member.evidence) }
        try likeness.recount(cluster)
        for member in content.members where member.waited { try likeness.wait(member.photo) }
    }

    private func isClusterAsItWas() throws -> Bool {
        guard restored.count == content.trashed.count else { return false }
        if try connection.row("SELECT 1 FROM duplicate_clusters WHERE id = ?", [.id(cluster)]) != nil { return false }
        let back = Set(restored)
        for member in content.members {
            var row = try connection.row(
                """
                SELECT photos.phash, compared_photos.phash, compared_photos.cluster FROM photos
                LEFT JOIN compared_photos ON compared_photos.photo = photos.id
                WHERE photos.id = ? AND photos.owner = ?
                """, [.id(member.photo), owner])
            guard row != nil, let stored = try row?.optionalInt64(), text(stored) == member.storedHash else {
                return false
            }
            let (hash, cluster): (Int64?, ClusterID?) = try (row?.optionalInt64(), row?.optionalID())
            let isThere = hash.map(text) == member.hash && cluster == nil
            guard back.contains(member.photo) ? hash == nil : isThere else { return false }
        }
        return try !likeness.areAnyKeptApart(content.members.map(\.photo))
    }

    private func exists(_ photo: PhotoID) throws -> Bool {
        try connection.row("SELECT 1 FROM photos WHERE id = ? AND owner = ?", [.id(photo), owner]) != nil
    }

    private func text(_ hash: Int64) -> String { ResolutionContent.Member.text(hash) }
}
