import Core

extension SQLCatalog {
    func edit(_ request: EditRequest) async throws -> Edit? {
        try Self.check(request)
        var seen: Set<PhotoID> = []
        let photos = request.photos.filter { seen.insert($0).inserted }
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let continued = try request.continuing.map { try continuable($0, request.change.kind, connection) }
            var editing = Editing(connection: connection, catalog: self, madeAt: continued?.madeAt ?? now)
            var counters = CounterChanges()
            counters.add(1, to: .changes)
            try editing.carryOut(request.change, photos, counters: &counters)
            if editing.steps.isEmpty { return continued }
            let count = EditStep.photoCount(editing.steps)
            let id = continued?.id ?? newIdentifier()
            if continued == nil {
                try connection.execute(
                    """
                    INSERT INTO edits (id, owner, kind, subject, photos, actor, reason, made_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    [
                        .id(id), ownerValue, .text(request.change.kind.rawValue), .string(editing.subject), .int(count),
                        .string(request.actor), .string(request.reason), .int(now),
                    ])
            } else {
                try connection.execute(
                    "UPDATE edits SET photos = photos + ? WHERE id = ? AND owner = ?",
                    [.int(count), .id(id), ownerValue])
            }
            var last = try connection.row("SELECT max(ordinal) FROM edit_parts WHERE edit = ?", [.id(id)])
            let first = (try last?.optionalInt() ?? -1) + 1
            try connection.insert(
                into: "edit_parts (edit, ordinal, owner, is_undone, content)", row: "(?, ?, ?, 0, ?)",
                values: try EditStep.parts(editing.steps).enumerated().map { index, steps in
                    [.id(id), .int(first + index), ownerValue, try PhotoColumns.encoded(steps)]
                }, onConflict: "")
            let about = [editing.subject, request.reason].filter { !$0.isEmpty }.map { ": \($0)" }.joined()
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: request.actor, action: request.change.kind.words,
                    subject: id.description, outcome: (count == 1 ? "1 photo" : "\(count) photos") + about),
                to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return Edit(
                id: id, kind: request.change.kind, subject: continued?.subject ?? editing.subject,
                photoCount: (continued?.photoCount ?? 0) + count, actor: request.actor, reason: request.reason,
                madeAt: continued?.madeAt ?? now)
        }
    }

    /// More is neither a caption nor a description.
    private static let longestText = 16_384

    private static func check(_ request: EditRequest) throws {
        guard request.photoCount <= EditRequest.mostPhotos else {
            throw EngineError(.limitExceeded, "more than \(EditRequest.mostPhotos) photos can't be changed at once")
        }
        switch request.change {
        case .rating(let rating?) where !(0...5).contains(rating):
            throw EngineError(.invalidInput, "a rating is 0 to 5")
        case .caption(let text?): try check(text, "a caption", mayBeEmpty: false)
        case .describeAlbum(_, let text): try check(text, "a description", mayBeEmpty: true)
        case .createAlbum(_, let text, let query):
            try check(text, "a description", mayBeEmpty: true)
            if let query { try check(query, "a search", mayBeEmpty: false) }
        case .gatherAlbums(let albums, _):
            for album in albums { try check(album.description, "a description", mayBeEmpty: true) }
        default: break
        }
    }

    private static func check(_ text: String, _ what: String, mayBeEmpty: Bool) throws {
        if text.isEmpty, !mayBeEmpty { throw EngineError(.invalidInput, "\(what) can't be empty") }
        if text.utf8.contains(0) { throw EngineError(.invalidInput, "\(what) can't have a zero byte in it") }
        if text.utf8.count > longestText {
            throw EngineError(.invalidInput, "\(what) of \(text.utf8.count) bytes is too long: \(longestText) at most")
        }
    }

    private func continuable(_ id: EditID, _ kind: Edit.Kind, _ connection: any SQLConnection) throws -> Edit {
        let edit = try known(id, connection)
        guard edit.kind == kind, edit.undone == nil else {
            throw EngineError(.conflict, "the edit \(id) can't be continued: it was taken back, or is another")
        }
        return edit
    }

    static let editColumns = "id, kind, subject, photos, actor, reason, made_at, undone_at, undone_by, undone_reason"

    static func edit(_ row: SQLRow) throws -> Edit {
        var row = row
        let (id, kind): (EditID, Edit.Kind) = try (row.id(), row.choice())
        let (subject, count) = try (row.text(), row.int())
        let (actor, reason) = try (row.text(), row.text())
        let (madeAt, undoneAt) = try (row.int64(), row.optionalInt64())
        let (undoneBy, undoneReason) = try (row.optionalText(), row.optionalText())
        return Edit(
            id: id, kind: kind, subject: subject, photoCount: count, actor: actor, reason: reason, madeAt: madeAt,
            undone: undoneAt.map { .init(at: $0, actor: undoneBy ?? "", reason: undoneReason ?? "") })
    }

    private func known(_ id: EditID, _ connection: any SQLConnection) throws -> Edit {
        let row = try connection.row(
            "SELECT \(Self.editColumns) FROM edits WHERE id = ? AND owner = ?", [.id(id), ownerValue])
        guard let row else { throw EngineError(.notFound, "there is no edit \(id)") }
        return try Self.edit(row)
    }

    func edits(after: EditID?, limit: Int) async throws -> [Edit] {
        try await edits(where: after == nil ? "1 = 1" : "id < ?", after.map { [.id($0)] } ?? [], limit)
    }

    func edits(idPrefix prefix: String, limit: Int) async throws -> [Edit] {
        guard let range = IdentifierRange(prefix: prefix) else { return [] }
        return try await edits(where: "id >= ? AND id <= ?", [.bytes(range.first), .bytes(range.last)], limit)
    }

    private func edits(where condition: String, _ values: [SQLValue], _ limit: Int) async throws -> [Edit] {
        try await database.rows(
            "SELECT \(Self.editColumns) FROM edits WHERE owner = ? AND \(condition) ORDER BY id DESC LIMIT ?",
            [ownerValue] + values + [.int(max(0, limit))]
        ).map(Self.edit)
    }

    func removals() async throws -> Removals {
        try await database.read { [ownerValue] in try RemovalRows(connection: $0, owner: ownerValue).all() }
    }

    func undoPart(of id: EditID, actor: String, reason: String) async throws -> UndoneEdit {
        let now = clock.microseconds
        return try await database.write { [self] connection in
            let edit = try known(id, connection)
            if let undone = edit.undone {
                throw EngineError(.conflict, "the edit was taken back before, by \(undone.actor)")
            }
            var rows = try connection.rows(
                """
                SELECT ordinal, content FROM edit_parts WHERE edit = ? AND owner = ? AND is_undone = 0
                ORDER BY ordinal DESC LIMIT 2
                """, [.id(id), ownerValue])
            guard !rows.isEmpty else { throw EngineError(.corrupt, "the edit \(id) has no parts") }
            let (ordinal, content) = try (rows[0].int(), rows[0].text())
            let isComplete = rows.count == 1
            var undoing = EditUndoing(connection: connection, owner: owner)
            var counters = CounterChanges()
            counters.add(1, to: .changes)
            for step in try EditStep.decoded(content).reversed() { try undoing.undo(step, counters: &counters) }
            try connection.execute(
                "UPDATE edit_parts SET is_undone = 1 WHERE edit = ? AND ordinal = ?", [.id(id), .int(ordinal)])
            if isComplete {
                try connection.execute(
                    "UPDATE edits SET undone_at = ?, undone_by = ?, undone_reason = ? WHERE id = ? AND owner = ?",
                    [.int(now), .string(actor), .string(reason), .id(id), ownerValue])
            }
            let restored = undoing.restored.count
            let conflicts = undoing.conflicts.isEmpty ? "" : ", \(undoing.conflicts.count) changed since"
            try append(
                JournalEntry(
                    id: newIdentifier(), at: now, actor: actor, action: "undo \(edit.kind.words)",
                    subject: id.description,
                    outcome: (restored == 1 ? "1 photo" : "\(restored) photos") + conflicts
                        + (reason.isEmpty ? "" : ": \(reason)")), to: connection)
            try counters.write(to: connection, owner: ownerValue)
            return UndoneEdit(
                edit: isComplete
                    ? Edit(
                        id: id, kind: edit.kind, subject: edit.subject, photoCount: edit.photoCount, actor: edit.actor,
                        reason: edit.reason, madeAt: edit.madeAt,
                        undone: .init(at: now, actor: actor, reason: reason)) : edit,
                restored: restored, conflicts: undoing.conflicts, isComplete: isComplete)
        }
    }
}

extension EditRequest {
    fileprivate var photoCount: Int {
        guard case .gatherAlbums(let albums, _) = change else { return photos.count }
        return albums.reduce(0) { $0 + $1.photos.count }
    }
}

extension EditChange {
    var kind: Edit.Kind {
        switch self {
        case .favourite(let isFavourite): isFavourite ? .favourite : .unfavourite
        case .rating: .rate
        case .caption: .caption
        case .archived(let isArchived): isArchived ? .archive : .unarchive
        case .trash: .trash
        case .addTags: .tag
        case .removeTags: .untag
        case .addToAlbum: .addToAlbum
        case .removeFromAlbum: .removeFromAlbum
        case .moveInAlbum: .moveInAlbum
        case .createAlbum: .createAlbum
        case .renameAlbum, .renameNested: .renameAlbum
        case .describeAlbum: .describeAlbum
        case .setCover: .setCover
        case .orderAlbum: .orderAlbum
        case .deleteAlbum: .deleteAlbum
        case .renameTag: .renameTag
        case .mergeTags: .mergeTags
        case .refuseEvent: .refuseEvent
        case .gatherAlbums: .gatherAlbums
        }
    }
}
