import Core
import Foundation
import Synchronization

/// The catalogue over any `SQLDatabase`: its statements are written once, in what SQLite and Postgres share
/// (docs/decisions/0003-sql-written-once.md).
final class SQLCatalog: Catalog {
    let database: any SQLDatabase
    let owner: OwnerID
    let clock: any EngineClock
    let schemaVersion: Int
    let groups: JobGroups
    private let random: any RandomSource
    var executor: (any TaskExecutor)? { database.executor }
    private let lastIdentifier = Mutex(UInt128.zero)

    private init(
        database: any SQLDatabase, owner: OwnerID, clock: any EngineClock, random: any RandomSource, schemaVersion: Int
    ) {
        self.database = database
        self.owner = owner
        self.clock = clock
        self.random = random
        self.schemaVersion = schemaVersion
        groups = JobGroups(executor: database.executor)
    }

    /// Migrates the database and finds or adds the owner.
    static func open(
        _ database: any SQLDatabase, owner name: String, clock: any EngineClock, random: any RandomSource
    ) async throws -> SQLCatalog {
        let version = try await Migration.run(on: database, at: clock.microseconds)
        try await database.prepareSearch()
        let owner =
            if let known = try await find(name, in: database) { known } else {
                try await add(name, to: database, clock: clock, random: random)
            }
        return SQLCatalog(
            database: database.scoped(to: owner, named: name), owner: owner, clock: clock, random: random,
            schemaVersion: version)
    }

    /// Writes nothing: nil when nobody of that name has been added. The schema must be the newest.
    static func openKnown(
        _ database: any SQLDatabase, owner name: String, clock: any EngineClock, random: any RandomSource
    ) async throws -> SQLCatalog? {
        let version = try await Migration.requireNewest(on: database)
        guard let owner = try await find(name, in: database) else { return nil }
        return SQLCatalog(
            database: database.scoped(to: owner, named: name), owner: owner, clock: clock, random: random,
            schemaVersion: version)
    }

    private static let find = "SELECT id FROM owners WHERE name = ?"

    private static func find(_ name: String, in database: any SQLDatabase) async throws -> OwnerID? {
        try await database.scoped(to: nil, named: name).read { connection in
            var row = try connection.row(find, [.string(name)])
            return try row?.id()
        }
    }

    private static func add(
        _ name: String, to database: any SQLDatabase, clock: any EngineClock, random: any RandomSource
    ) async throws -> OwnerID {
        let newcomer = OwnerID(clock: clock, random: random)
        let now = clock.microseconds
        return try await database.scoped(to: nil, named: name).write { connection in
            try connection.execute(
                "INSERT INTO owners (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
                [.id(newcomer), .string(name), .int(now)])
            var row = try SQLRow.present(try connection.row(find, [.string(name)]))
            return try row.id()
        }
    }

    /// The same database for another owner.
    func forOwner(_ name: String) async throws -> SQLCatalog {
        try await SQLCatalog.open(database, owner: name, clock: clock, random: random)
    }

    /// As `forOwner`, without adding anybody: nil when nobody of that name has been added.
    func known(_ name: String) async throws -> SQLCatalog? {
        try await SQLCatalog.openKnown(database, owner: name, clock: clock, random: random)
    }

    var dialect: SQLDialect { database.dialect }
    var ownerValue: SQLValue { .id(owner) }

    /// A new id, greater than every earlier one of this catalogue (RFC 9562, 6.2, method 2), so that rows made within a
    /// millisecond keep their order.
    func newIdentifier<Subject>() -> Identifier<Subject> {
        let fresh = Identifier<Subject>(clock: clock, random: random).bytes.reduce(UInt128.zero) {
            $0 << 8 | UInt128($1)
        }
        let value = lastIdentifier.withLock { last in
            last = fresh > last ? fresh : last + 1
            return last
        }
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: value >> (120 - 8 * UInt128($0))) }
        return Identifier(bytes: bytes) ?? Identifier(clock: clock, random: random)
    }
}
