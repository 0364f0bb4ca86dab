import Core

extension SQLCatalog {
    func append(_ entry: JournalEntry) async throws {
        let id: Identifier<JournalEntry> = newIdentifier()
        try await database.write { [ownerValue] connection in
            _ = try connection.execute(
                "INSERT INTO journal (id, owner, at, actor, action, subject, outcome) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    .id(id), ownerValue, .int(entry.at), .string(entry.actor), .string(entry.action),
                    .string(entry.subject), .string(entry.outcome),
                ])
        }
    }

    func journal(limit: Int) async throws -> [JournalEntry] {
        try await database.rows(
            """
            SELECT at, actor, action, subject, outcome FROM journal WHERE owner = ?
            ORDER BY at DESC, id DESC LIMIT ?
            """, [ownerValue, .int(max(0, limit))]
        ).map { row in
            var row = row
            return try JournalEntry(
                at: row.int64(), actor: row.text(), action: row.text(), subject: row.text(), outcome: row.text())
        }
    }
}
