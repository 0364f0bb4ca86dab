import Core

extension SQLCatalog {
    func resolution(_ id: ResolutionID) async throws -> Resolution? {
        try await resolutions(where: "id = ?", [.id(id)], limit: 1).first
    }

    func resolutions(after: ResolutionID?, limit: Int) async throws -> [Resolution] {
        try await resolutions(where: after == nil ? "1 = 1" : "id < ?", after.map { [.id($0)] } ?? [], limit: limit)
    }

    func resolutions(idPrefix prefix: String, limit: Int) async throws -> [Resolution] {
        guard let range = IdentifierRange(prefix: prefix) else { return [] }
        return try await resolutions(
            where: "id >= ? AND id <= ?", [.bytes(range.first), .bytes(range.last)], limit: limit)
    }

    func resolutions(clusterPrefix prefix: String, limit: Int) async throws -> [Resolution] {
        guard let range = IdentifierRange(prefix: prefix) else { return [] }
        return try await resolutions(
            where: "cluster >= ? AND cluster <= ? AND undone_at IS NULL", [.bytes(range.first), .bytes(range.last)],
            order: "cluster, id DESC", limit: limit)
    }

    private func resolutions(
        where condition: String, _ values: [SQLValue], order: String = "id DESC", limit: Int
    ) async throws -> [Resolution] {
        try await database.rows(
            """
            SELECT \(ResolutionContent.columns) FROM resolutions WHERE owner = ? AND \(condition)
            ORDER BY \(order) LIMIT ?
            """, [ownerValue] + values + [.int(max(0, limit))]
        ).map { try ResolutionContent.resolution($0).resolution }
    }

    func resolve(_ request: ResolutionRequest) async throws -> Resolution {
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let members = try standing(request, connection)
            let likeness = Likeness(connection: connection, owner: ownerValue)
            let trash = TrashedPhotos(connection: connection, owner: owner)
            var counters = CounterChanges()
            Likeness.count(&counters)
            let kept = request.alsoKept.subtracting([request.keeper]).sorted()
            let leaving = members.filter { $0.member.photo != request.keeper && !kept.contains($0.member.photo) }
            var (before, ownBefore) = try trash.marks(of: request.keeper)
            var after = before.merging(try trash.marks(of: leaving.map(\.member.photo)).map(\.marks))
            let taken = OwnMarks(after.differences(from: before))
            if after != before {
                try trash.setMarks(after, own: ownBefore.union(taken), of: request.keeper, counters: &counters)
            }
            var merge = CollectionMerge(connection: connection, owner: ownerValue)
            try merge.carryOut(leaving.map(\.member.photo), into: request.keeper)
            var faces = FaceMerge(rows: FaceRows(connection: connection, owner: ownerValue), newID: newIdentifier)
            try faces.carryOut(leaving.map(\.member), into: request.keeper, of: members.map(\.member))
            (before.albums, before.tags, before.faces) = (merge.before.albums, merge.before.tags, faces.before)
            (after.albums, after.tags, after.faces) = (merge.after.albums, merge.after.tags, faces.after)

            try likeness.end(request.cluster)
            try trash.insert(leaving.map(\.member.photo), at: now, counters: &counters)
            try connection.send(
                "DELETE FROM compared_photos WHERE photo = ? AND owner = ?",
                each: leaving.map { [.id($0.member.photo), ownerValue] })
            try likeness.clearBuckets(of: leaving.map(\.hash))
            let decided = try likeness.keepApart([request.keeper] + kept, at: now)

            let content = ResolutionContent(
                actor: request.actor, reason: request.reason, keeper: request.keeper, alsoKept: kept,
                byteCount: leaving.reduce(0) { $0 + $1.byteCount }, members: members.map(\.member),
                trashed: leaving.map { .init(photo: $0.member.photo, wasArchived: $0.isArchived) }, before: before,
                after: after, ownMarks: ownBefore.rawValue, collections: merge.steps, faces: faces.taken,
                decided: decided)
            let id: ResolutionID = newIdentifier()
            let resolution = content.resolution(id, of: request.cluster, at: now, undone: nil)
            try connection.execute(
                "INSERT INTO resolutions (id, owner, cluster, keeper, resolved_at, content) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    .id(id), ownerValue, .id(request.cluster), .id(request.keeper), .int(now),
                    try PhotoColumns.encoded(content),
                ])
            let trashed = leaving.count == 1 ? "1 photo" : "\(leaving.count) photos"
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: request.actor, action: "resolve duplicates",
                    subject: id.description,
                    outcome: "kept \(try names([request.keeper], connection)), \(trashed) to the trash "
                        + "(\(resolution.byteCount))"
                        + (request.reason.isEmpty ? "" : ": \(request.reason)")), to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return resolution
        }
    }

    private struct Standing {
        let member: ResolutionContent.Member
        /// What it is found by, as the database has it.
        let hash: Int64
        let byteCount: Int64
        let isArchived: Bool
    }

    /// The cluster's photos, once it is settled that they are those the person saw, and that the keeper can be kept.
    private func standing(_ request: ResolutionRequest, _ connection: any SQLConnection) throws -> [Standing] {
        var isMissing: [PhotoID: Bool] = [:]
        let rows = try connection.rows(
            """
            SELECT \(ResolutionContent.Member.columns), photos.byte_count, photos.is_archived, photos.is_missing,
                compared_photos.phash
            FROM compared_photos JOIN photos ON photos.id = compared_photos.photo
            WHERE compared_photos.cluster = ? AND compared_photos.owner = ? ORDER BY compared_photos.photo
            """, [.id(request.cluster), ownerValue])
        let members = try rows.map { row in
            var row = row
            let member = try ResolutionContent.Member(&row)
            let (bytes, isArchived) = try (row.int64(), row.bool())
            isMissing[member.photo] = try row.bool()
            return Standing(member: member, hash: try row.int64(), byteCount: bytes, isArchived: isArchived)
        }
        if members.isEmpty { throw try absence(of: request.cluster, connection) }
        guard Set(members.map(\.member.photo)) == request.members else {
            throw EngineError(
                .conflict, "the cluster \(request.cluster) has other photos than when it was looked at",
                whatToDo: "look at it again, then decide")
        }
        let kept = request.alsoKept.union([request.keeper])
        guard kept.isSubset(of: request.members) else {
            throw EngineError(.invalidInput, "a photo to keep is not in the cluster \(request.cluster)")
        }
        if isMissing[request.keeper] == true, members.contains(where: { isMissing[$0.member.photo] == false }) {
            throw EngineError(
                .conflict, "no file of the photo to keep, \(request.keeper), is there",
                whatToDo: "keep one whose file is there, or bring the file back and import its folder")
        }
        return members
    }

    private func absence(of cluster: ClusterID, _ connection: any SQLConnection) throws -> EngineError {
        let row = try connection.row(
            """
            SELECT \(ResolutionContent.columns) FROM resolutions WHERE owner = ? AND cluster = ? AND undone_at IS NULL
            ORDER BY id DESC LIMIT 1
            """, [ownerValue, .id(cluster)])
        guard let row else { return EngineError(.notFound, "there is no cluster \(cluster)") }
        let resolution = try ResolutionContent.resolution(row).resolution
        return EngineError(
            .conflict, "the cluster \(cluster) was resolved before, by \(resolution.actor)",
            whatToDo: "to take that back: phototui duplicates undo \(resolution.id)")
    }
}
