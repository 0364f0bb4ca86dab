import Core

/// Decisions that keep all photos.
extension SQLCatalog {
    func decideDistinct(_ photos: [PhotoID], actor: String, reason: String) async throws -> DistinctDecision {
        let photos = Array(Set(photos)).sorted()
        let now = clock.microseconds
        return try await database.write { [self] connection in
            try requireOutsideTrash(photos, connection)
            let likeness = Likeness(connection: connection, owner: ownerValue)
            let unknown = try unknown(photos, likeness)
            let decided = try likeness.keepApart(photos, at: now)
            guard !decided.isEmpty else { return DistinctDecision(newPairs: 0, resolution: nil) }
            let parted = try ClusterParting(likeness: likeness).part(photos) { ($1[0], []) }
            let pairs = decided.count == 1 ? "1 pair" : "\(decided.count) pairs"
            let resolution = try keep(
                Decision(
                    verdict: .distinct, photos: photos, parted: parted, decided: decided, unknown: unknown,
                    actor: actor, reason: reason, action: "not duplicates", outcome: "\(pairs) decided"), at: now,
                connection)
            return DistinctDecision(newPairs: decided.count, resolution: resolution)
        }
    }

    func stack(_ request: StackRequest) async throws -> Resolution {
        var seen: Set<PhotoID> = []
        let photos = request.photos.filter { seen.insert($0).inserted }
        guard photos.count > 1 else { throw EngineError(.invalidInput, "a stack has two photos or more") }
        let now = clock.microseconds
        return try await database.write { [self] connection in
            try requireOutsideTrash(photos, connection)
            let stacked = try connection.rows(
                "SELECT stack FROM stacked_photos WHERE photo = ? AND owner = ?",
                each: photos.map { [.id($0), ownerValue] })
            for (photo, rows) in zip(photos, stacked) {
                guard var row = rows.first else { continue }
                let stack: ResolutionID = try row.id()
                throw EngineError(
                    .conflict, "the photo \(photo) is in the stack \(stack) already",
                    whatToDo: "to take that apart: phototui duplicates undo \(stack)")
            }
            let likeness = Likeness(connection: connection, owner: ownerValue)
            let unknown = try unknown(photos, likeness)
            let parted = try ClusterParting(likeness: likeness).part(photos) { cluster, members in
                try parting(members, in: cluster, order: photos, copies: request.copies, connection)
            }
            let count = "\(photos.count) photos: \(request.kind.words)"
            let resolution = try keep(
                Decision(
                    verdict: .stack(request.kind), photos: photos, parted: parted, decided: [], unknown: unknown,
                    actor: request.actor, reason: request.reason, action: "stack photos", outcome: count), at: now,
                connection)
            try connection.execute(
                "INSERT INTO photo_stacks (id, owner, reason, made_at) VALUES (?, ?, ?, ?)",
                [.id(resolution.id), ownerValue, .string(request.kind.rawValue), .int(now)])
            try connection.insert(
                into: "stacked_photos (photo, owner, stack, ordinal)", row: "(?, ?, ?, ?)",
                values: photos.enumerated().map { [.id($1), ownerValue, .id(resolution.id), .int($0)] }, onConflict: "")
            return resolution
        }
    }

    func stacks(after: ResolutionID?, limit: Int) async throws -> [PhotoStack] {
        try await stacks(where: after == nil ? "1 = 1" : "id < ?", after.map { [.id($0)] } ?? [], limit: limit)
    }

    func stack(of photo: PhotoID) async throws -> PhotoStack? {
        try await stacks(
            where: "id = (SELECT stack FROM stacked_photos WHERE photo = ? AND owner = ?)", [.id(photo), ownerValue],
            limit: 1
        ).first
    }

    private func stacks(where condition: String, _ values: [SQLValue], limit: Int) async throws -> [PhotoStack] {
        try await database.read { [ownerValue] connection in
            let stacks = try connection.rows(
                """
                SELECT id, reason, made_at FROM photo_stacks WHERE owner = ? AND \(condition)
                ORDER BY id DESC LIMIT ?
                """, [ownerValue] + values + [.int(max(0, limit))]
            ).map { row in
                var row = row
                let id: ResolutionID = try row.id()
                return (id: id, reason: try SQLRow.present(StackReason(rawValue: row.text())), at: try row.int64())
            }
            let photos = try connection.rows(
                "SELECT photo FROM stacked_photos WHERE stack = ? ORDER BY ordinal", each: stacks.map { [.id($0.id)] })
            return try zip(stacks, photos).map { stack, rows in
                let ids: [PhotoID] = try rows.map { row in
                    var row = row
                    return try row.id()
                }
                return PhotoStack(id: stack.id, photos: ids, reason: stack.reason, madeAt: stack.at)
            }
        }
    }

    /// Photos beyond this of a cluster are not asked whom they are like.
    private static let mostOthers = 64

    /// Which photo of a stack stays in a cluster: the one with the most copies there, as far as somebody looked, else the one whose
    /// hash is nearest to what else is there. The copies of another leave with it.
    private func parting(
        _ members: [PhotoID], in cluster: ClusterID, order: [PhotoID], copies: [PhotoID: PhotoID],
        _ connection: any SQLConnection
    ) throws -> ClusterParting.Choice {
        let rows = try connection.rows(
            "SELECT photo, phash FROM compared_photos WHERE cluster = ? AND owner = ? ORDER BY photo LIMIT ?",
            [.id(cluster), ownerValue, .int(members.count + Self.mostOthers)])
        var hashes: [PhotoID: PerceptualHash] = [:]
        for var row in rows {
            let photo: PhotoID = try row.id()
            hashes[photo] = PerceptualHash(bits: UInt64(bitPattern: try row.int64()))
        }
        let inStack = Set(order)
        let others = hashes.filter { !inStack.contains($0.key) }
        let known = copies.filter { others[$0.key] != nil && members.contains($0.value) }
        func distance(_ photo: PhotoID) -> (copies: Int, bits: Int) {
            // One whose hash was not read is the last choice.
            let bits = hashes[photo].map { hash in others.values.reduce(0) { $0 + $1.distance(to: hash) } }
            return (-known.values.count { $0 == photo }, bits ?? .max)
        }
        let inOrder = order.filter(Set(members).contains)
        let stays = try SQLRow.present(inOrder.min { distance($0) < distance($1) })
        return (stays, known.filter { $0.value != stays }.map(\.key))
    }

    private func requireOutsideTrash(_ photos: [PhotoID], _ connection: any SQLConnection) throws {
        let known = try connection.rows(
            "SELECT trashed_at FROM photos WHERE id = ? AND owner = ?", each: photos.map { [.id($0), ownerValue] })
        for (photo, rows) in zip(photos, known) where rows.isEmpty {
            throw EngineError(.notFound, "there is no photo \(photo)")
        }
        for (photo, rows) in zip(photos, known) {
            guard var row = rows.first, try row.optionalInt64() != nil else { continue }
            throw EngineError(
                .conflict, "the photo \(photo) is in the trash", whatToDo: "take it back first, or leave it out")
        }
    }

    /// Of photos to be held apart, those of which it is not known whether they are like the others: they wait to be compared, or
    /// were held apart before.
    private func unknown(_ photos: [PhotoID], _ likeness: Likeness) throws -> [PhotoID] {
        if try likeness.areAnyKeptApart(photos) { return photos }
        let compared = try likeness.connection.rows(
            """
            SELECT 1 FROM compared_photos WHERE photo = ? AND owner = ? AND NOT EXISTS (
                SELECT 1 FROM uncompared_photos
                WHERE uncompared_photos.owner = compared_photos.owner
                    AND uncompared_photos.photo = compared_photos.photo)
            """, each: photos.map { [.id($0), ownerValue] })
        return zip(photos, compared).filter { $1.isEmpty }.map(\.0)
    }

    /// Photos by their file names, as untrusted text, for the journal.
    func names(_ photos: [PhotoID], _ connection: any SQLConnection) throws -> String {
        let rows = try connection.rows(
            "SELECT filename FROM photos WHERE id = ? AND owner = ?",
            each: photos.prefix(3).map { [.id($0), ownerValue] })
        let names = try rows.compactMap { found in
            try found.first.map { row in
                var row = row
                return try row.text()
            }
        }
        let more = photos.count - names.count
        return names.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private struct Decision {
        let verdict: ResolutionContent.Verdict
        let photos: [PhotoID]
        let parted: [ResolutionContent.Parted]
        let decided: [[PhotoID]]
        let unknown: [PhotoID]
        let actor: String
        let reason: String
        /// For the journal.
        let action: String
        let outcome: String
    }

    /// Keeps a decision with its way back, and tells the journal.
    private func keep(_ decision: Decision, at now: Int64, _ connection: any SQLConnection) throws -> Resolution {
        let keeper = decision.parted.first?.stayed.photo ?? decision.photos[0]
        let content = ResolutionContent(
            actor: decision.actor, reason: decision.reason, keeper: keeper,
            alsoKept: decision.photos.filter { $0 != keeper }, byteCount: 0, members: [], trashed: [],
            before: PhotoMarks(), after: PhotoMarks(), decided: decision.decided,
            verdict: decision.verdict, parted: decision.parted, unknown: decision.unknown)
        let clusters = Set(decision.parted.map(\.cluster))
        let cluster = clusters.count == 1 ? decision.parted[0].cluster : ClusterID(first: decision.photos[0])
        let id: ResolutionID = newIdentifier()
        try connection.execute(
            "INSERT INTO resolutions (id, owner, cluster, keeper, resolved_at, content) VALUES (?, ?, ?, ?, ?, ?)",
            [.id(id), ownerValue, .id(cluster), .id(keeper), .int(now), try PhotoColumns.encoded(content)])
        try append(
            JournalEntry(
                id: newIdentifier(), at: now, actor: decision.actor, action: decision.action, subject: id.description,
                outcome: "\(decision.outcome) (\(try names(decision.photos, connection)))"
                    + (decision.reason.isEmpty ? "" : ": \(decision.reason)")), to: connection)
        var counters = CounterChanges()
        Likeness.count(&counters)
        try counters.write(to: connection, owner: ownerValue)
        return content.resolution(id, of: cluster, at: now, undone: nil)
    }
}
