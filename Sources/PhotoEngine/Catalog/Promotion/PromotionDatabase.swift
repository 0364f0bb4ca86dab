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

    /// What an owner of this name may have, or the library once it is begun.
    public func quota(of library: OwnerID, for owner: String) async throws -> Quota {
        let names = try await names(of: library, or: [owner, Self.unfinished(owner)])
        guard let found = names.first(where: { $0.id == library }) ?? names.first else { return .none }
        return try await rows(of: found.id, named: found.name).quota()
    }

    /// Adds the library, for promotions alone to find. An owner of that name who has nothing makes room; what they may have is what
    /// the library may have from now on.
    public func begin(_ source: LibraryRows, for owner: String) async throws -> LibraryRows {
        let name = Self.unfinished(owner)
        let createdAt = try await source.createdAt()
        try await rows(of: source.owner, named: owner).database.write { connection in
            var found = try connection.row("SELECT id FROM owners WHERE name = ?", [.text(owner)])
            if let earlier: OwnerID = try found?.id() {
                try Self.rename(earlier, to: source.owner, name, connection)
                try connection.execute(
                    "UPDATE owners SET created_at = ? WHERE id = ?", [.int(createdAt), .id(source.owner)])
            } else {
                try connection.execute(
                    "INSERT INTO owners (id, name, created_at) VALUES (?, ?, ?)",
                    [.id(source.owner), .text(name), .int(createdAt)])
            }
        }
        return rows(of: source.owner, named: name)
    }

    /// Gives an owner without photos another id and name; what says what they may have follows.
    private static func rename(
        _ owner: OwnerID, to id: OwnerID, _ name: String, _ connection: any SQLConnection
    ) throws {
        // Postgres has the id followed by itself, whoever may write those tables.
        let follows = connection.dialect.hasRowSecurity
        if !follows { try connection.execute("PRAGMA defer_foreign_keys = ON", []) }
        try connection.execute("UPDATE owners SET id = ?, name = ? WHERE id = ?", [.id(id), .text(name), .id(owner)])
        if follows { return }
        for table in ["quotas", "journal"] {
            try connection.execute("UPDATE \(table) SET owner = ? WHERE owner = ?", [.id(id), .id(owner)])
        }
    }

    /// Takes away all rows of a library that was begun. The owner is one who has nothing, as before it, but for `entry` in
    /// their journal. Throws `.conflict` where another has the owner's name by now, and the quota can't be told apart.
    public func giveUp(_ begun: LibraryRows, for owner: String, entry: JournalEntry, as id: OwnerID) async throws {
        try await begun.clear()
        let names = try await names(of: begun.owner, or: [owner])
        if let other = names.first(where: { $0.name == owner })?.id {
            guard try await begun.quota() == .none else {
                throw EngineError(
                    .conflict, "there is another owner \(owner) by now, and what was begun has a quota of its own",
                    whatToDo: "give that owner the quota, and have whoever owns the database delete the other")
            }
            try await rows(of: other, named: owner).database.write {
                try SQLCatalog.append(entry, of: other, to: $0)
            }
            try await begun.database.write { connection in
                try connection.execute("DELETE FROM journal WHERE owner = ?", [begun.ownerValue])
                try connection.execute("DELETE FROM owners WHERE id = ?", [begun.ownerValue])
            }
            return
        }
        try await rows(of: begun.owner, named: owner).database.write { connection in
            try SQLCatalog.append(entry, of: begun.owner, to: connection)
            try Self.rename(begun.owner, to: id, owner, connection)
        }
    }

    /// The library that was begun, whoever has the owner's name by now; nil where none was. And that owner.
    public func begun(_ library: OwnerID, for owner: String) async throws -> (begun: LibraryRows?, owner: LibraryRows?)
    {
        let unfinished = Self.unfinished(owner)
        let names = try await names(of: library, or: [owner, unfinished])
        let found = names.first { $0.id == library && $0.name == unfinished }
        let other = names.first { $0.id != library && $0.name == owner }
        return (
            found.map { rows(of: $0.id, named: unfinished) }, other.map { rows(of: $0.id, named: owner) }
        )
    }

    /// From now on everybody finds the library, under its owner's name; an owner of that name who has nothing makes room.
    public func finish(_ library: LibraryRows, for owner: String, entry: JournalEntry) async throws -> LibraryRows {
        let finished = rows(of: library.owner, named: owner)
        if let other = try await begun(library.owner, for: owner).owner { try await requireBare(other) }
        try await finished.database.write { connection in
            try connection.execute(
                "DELETE FROM owners WHERE name = ? AND id <> ?", [.text(owner), .id(library.owner)])
            try connection.execute("UPDATE owners SET name = ? WHERE id = ?", [.text(owner), .id(library.owner)])
            try SQLCatalog.append(entry, of: library.owner, to: connection)
        }
        return finished
    }

    /// One who came since the promotion was begun has neither a quota nor a journal that could be lost.
    private func requireBare(_ other: LibraryRows) async throws {
        let isBare = try await other.database.read { [owner = other.ownerValue] connection in
            try ["quotas", "journal"].allSatisfy {
                try connection.row("SELECT 1 FROM \($0) WHERE owner = ? LIMIT 1", [owner]) == nil
            }
        }
        guard !isBare else { return }
        throw EngineError(
            .conflict, "the owner \(other.name) was given a quota while the promotion was under way",
            whatToDo: "have whoever owns the database delete that owner, who has nothing else, promote again, and "
                + "give the quota again")
    }

    /// Of these photos those that another library has, or is about to.
    public func taken(_ photos: [PromotedPhoto], by library: LibraryRows) async throws -> Set<SHA256Digest> {
        try await library.database.read { [owner = library.ownerValue] connection in
            var taken: Set<SHA256Digest> = []
            for list in KeyList.lists(photos.map { .digest($0.sha256) }) {
                for table in ["photos", "uploads"] {
                    for var row in try connection.rows(
                        "SELECT sha256 FROM \(table) WHERE owner = ? AND sha256 IN \(list.marks)", [owner] + list.keys)
                    {
                        taken.insert(try row.digest())
                    }
                }
            }
            return taken
        }
    }
}
