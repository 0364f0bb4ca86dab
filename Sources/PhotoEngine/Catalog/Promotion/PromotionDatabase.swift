public import Core
public import SystemPackage

/// A database that a library is promoted from or to.
public struct PromotionDatabase: Sendable {
    let database: any SQLDatabase

    /// That of a library in a folder; a new one where it `creates`. Else throws `.conflict` for a schema that is not this
    /// program's.
    public static func embedded(_ file: FilePath, creates: Bool) async throws -> PromotionDatabase {
        let database = try await SQLiteDatabase.open(file, settings: SQLiteSettings())
        do {
            if creates {
                _ = try await Migration.run(on: database, at: SystemClock().microseconds)
                try await database.prepareSearch()
            } else {
                try await Migration.requireNewest(on: database)
            }
            return PromotionDatabase(database: database)
        } catch let error as EngineError where error.code == .conflict {
            try? await database.close()
            throw EngineError(
                .conflict, error.whatHappened, whatToDo: "open the library once with this phototui, which brings it up")
        } catch {
            try? await database.close()
            throw error
        }
    }

    /// Throws what `PostgresCatalog.open` does.
    public static func networked(_ settings: PostgresSettings) async throws -> PromotionDatabase {
        var settings = settings
        // Its rows are read in one transaction, at the pace of whoever writes them down.
        settings.idleSeconds = 300
        settings.statementSeconds = 600
        let database = PostgresDatabase(settings)
        do {
            try await Migration.requireNewest(on: database)
            return PromotionDatabase(database: database)
        } catch {
            try? await database.close()
            throw error
        }
    }

    public func close() async { try? await database.close() }

    /// What the owner of a library has; nil for an unknown name.
    public func library(of owner: String) async throws -> LibraryRows? {
        let row = try await database.scoped(to: nil, named: owner).read {
            try $0.row("SELECT id FROM owners WHERE name = ?", [.text(owner)])
        }
        guard var row else { return nil }
        return rows(of: try row.id(), named: owner)
    }

    func rows(of owner: OwnerID, named name: String) -> LibraryRows {
        LibraryRows(database: database.scoped(to: owner, named: name), owner: owner, name: name)
    }

    /// How far a library's promotion into this database has come.
    public enum State: Sendable {
        case absent
        /// Only promotions find what is there.
        case begun(LibraryRows)
        case finished(LibraryRows)
    }

    /// Looks for the library in this database, for an owner of this name. Throws `.conflict` where it is there for another, or
    /// something else is that owner's.
    public func state(of library: OwnerID, for owner: String) async throws -> State {
        let unfinished = Self.unfinished(owner)
        let names = try await names(of: library, or: [owner, unfinished])
        if let name = names.first(where: { $0.id == library })?.name {
            if name == owner { return .finished(rows(of: library, named: owner)) }
            if name == unfinished {
                if let other = names.first(where: { $0.name == owner }) {
                    try await requireEmpty(rows(of: other.id, named: owner))
                }
                return .begun(rows(of: library, named: name))
            }
            let isUnfinished = name.hasSuffix(Self.suffix)
            let other = isUnfinished ? String(name.dropLast(Self.suffix.count)) : name
            throw EngineError(
                .conflict,
                isUnfinished
                    ? "the promotion of this library to the owner \(other) was begun in that database"
                    : "this library is in that database already, as that of the owner \(other)",
                whatToDo: "name that owner with --owner \(other)")
        }
        if names.contains(where: { $0.name == unfinished }) {
            throw EngineError(
                .conflict, "the promotion of another library to the owner \(owner) was begun in that database",
                whatToDo: "end that one first, or name another owner with --owner NAME")
        }
        if let other = names.first { try await requireEmpty(rows(of: other.id, named: owner)) }
        return .absent
    }

    /// What a library is called until all of it is there: no name of an owner, so that nobody opens it.
    private static func unfinished(_ owner: String) -> String { owner + suffix }
    private static let suffix = " (being promoted)"

    private func names(of library: OwnerID, or names: [String]) async throws -> [(id: OwnerID, name: String)] {
        var found: [OwnerID: String] = [:]
        for name in names {
            let rows = try await database.scoped(to: library, named: name).rows(
                "SELECT id, name FROM owners WHERE id = ? OR name = ?", [.id(library), .text(name)])
            for var row in rows { found[try row.id()] = try row.text() }
        }
        return found.map { ($0.key, $0.value) }
    }

    private func requireEmpty(_ other: LibraryRows) async throws {
        guard try await !other.isEmpty() else { return }
        throw EngineError(
            .conflict, "the owner \(other.name) has another library there",
            whatToDo: "name another owner with --owner NAME, or bring the photos into that library with: "
                + "phototui import library")
    }

    /// Adds the library, for promotions alone to find.
    public func begin(_ source: LibraryRows, for owner: String) async throws -> LibraryRows {
        let name = Self.unfinished(owner)
        let createdAt = try await source.createdAt()
        let begun = rows(of: source.owner, named: name)
        try await begun.database.write { connection in
            _ = try connection.execute(
                "INSERT INTO owners (id, name, created_at) VALUES (?, ?, ?)",
                [.id(source.owner), .text(name), .int(createdAt)])
        }
        return begun
    }

    /// From now on everybody finds the library, under its owner's name; an owner of that name who has nothing makes room.
    public func finish(_ library: LibraryRows, for owner: String, entry: JournalEntry) async throws -> LibraryRows {
        let finished = rows(of: library.owner, named: owner)
        try await finished.database.write { connection in
            try connection.execute(
                "DELETE FROM owners WHERE name = ? AND id <> ?", [.text(owner), .id(library.owner)])
            try connection.execute("UPDATE owners SET name = ? WHERE id = ?", [.text(owner), .id(library.owner)])
            try SQLCatalog.append(entry, of: library.owner, to: connection)
        }
        return finished
    }
}
