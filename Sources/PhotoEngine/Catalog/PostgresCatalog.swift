public import Core

/// The catalogue in a Postgres database, for many owners and many processes.
public enum PostgresCatalog {
    /// The schema that this program needs.
    public static var schemaVersion: Int { Migration.all.last?.version ?? 0 }

    /// Opens the catalogue for the owner called `owner`, who is added when unknown. The connection may go through PgBouncer
    /// in transaction mode. Throws `.unavailable` while the server can't be reached, `.permissionDenied` for a wrong
    /// password, `.newerSchema`, and `.conflict` for a schema that is to be migrated first.
    ///
    /// Timeline pages, months and places are read from `replica`, a streaming standby, while it lags by no more than two
    /// seconds and has what this process wrote; else from the server itself.
    public static func open(
        _ settings: PostgresSettings, replica: PostgresSettings? = nil, owner: String,
        clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) async throws -> any Catalog {
        let database = PostgresDatabase(settings, replica: replica)
        do {
            try await Migration.requireNewest(on: database)
            return try await SQLCatalog.open(database, owner: owner, clock: clock, random: random)
        } catch {
            try? await database.close()
            throw error
        }
    }

    /// Opens the catalogue to look at, which writes nothing: nil for an owner that nobody has added. Throws as `open` does.
    public static func openKnown(
        _ settings: PostgresSettings, replica: PostgresSettings? = nil, owner: String,
        clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) async throws -> (any Catalog)? {
        let database = PostgresDatabase(settings, replica: replica)
        do {
            let catalog = try await SQLCatalog.openKnown(database, owner: owner, clock: clock, random: random)
            if catalog == nil { try await database.close() }
            return catalog
        } catch {
            try? await database.close()
            throw error
        }
    }

    /// Another owner's catalogue in the same database, over the same connections, which end when either is closed; writes
    /// nothing: nil for an owner that nobody has added.
    public static func openKnown(_ owner: String, beside catalog: any Catalog) async throws -> (any Catalog)? {
        try await (catalog as? SQLCatalog)?.known(owner)
    }

    /// The owners of a database, for the role that owns its schema; connects directly.
    public static func administration(
        _ settings: PostgresSettings, clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) async throws -> any OwnerAdministration {
        let database = PostgresDatabase(settings)
        do {
            try await Migration.requireNewest(on: database)
        } catch {
            try? await database.close()
            throw error
        }
        return SQLOwnerAdministration(database: database, clock: clock, random: random)
    }

    /// Brings the schema to the newest version, for the program to run as `applicationRole`. Connects as the schema's
    /// owner, directly: PgBouncer in transaction mode is not for migrations. Any number may run at once, and one that finds all
    /// done keeps nobody from the tables. Adds the extensions and indexes of search where the server has them; without
    /// them everything else works.
    public static func migrate(
        _ settings: PostgresSettings, applicationRole: String, clock: any EngineClock = SystemClock()
    ) async throws -> SchemaMigration {
        var patient = settings
        patient.statementSeconds = 0
        let database = PostgresDatabase(patient)
        do {
            let version = try await Migration.run(on: database, at: clock.microseconds)
            try await RowLevelSecurity.apply(to: database, role: applicationRole)
            let remarks = try await database.write { connection in
                try PostgresSearch.prepare(connection, server: database.server)
            }
            try await database.close()
            return SchemaMigration(schemaVersion: version, remarks: remarks)
        } catch {
            try? await database.close()
            throw error
        }
    }
}
