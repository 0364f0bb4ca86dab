import Core

extension SQLCatalog {
    func append(_ entry: JournalEntry) async throws {
        try await database.write { [self] in try append(entry, to: $0) }
    }

    /// As part of the change that it tells of.
    func append(_ entry: JournalEntry, to connection: any SQLConnection) throws {
        try Self.append(entry, of: owner, to: connection)
    }

    static func append(_ entry: JournalEntry, of owner: OwnerID, to connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO journal (id, owner, at, actor, action, subject, outcome) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING
            """,
            [
                .id(entry.id), .id(owner), .int(entry.at), .string(entry.actor), .string(entry.action),
                .string(entry.subject), .string(entry.outcome),
            ])
    }

    func journal(limit: Int) async throws -> [JournalEntry] {
        try await database.rows(
            """
            SELECT id, at, actor, action, subject, outcome FROM journal WHERE owner = ?
            ORDER BY at DESC, id DESC LIMIT ?
            """, [ownerValue, .int(max(0, limit))]
        ).map { row in
            var row = row
            return try JournalEntry(
                id: row.id(), at: row.int64(), actor: row.text(), action: row.text(), subject: row.text(),
                outcome: row.text())
        }
    }
}
