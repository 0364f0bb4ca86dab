public import Core
public import SystemPackage

/// The catalogue in a SQLite file or in memory.
public enum SQLiteCatalog {
    /// SQLite's version, as it is loaded: `3.40.1`.
    public static var version: String { SQLiteDatabase.version }

    /// Opens the catalogue in `file`, creating or upgrading it as needed, for the owner called `owner`, who is added when
    /// unknown. Any number of processes may have one file open; the folder must exist.
    ///
    /// Throws `.newerSchema` for a file that a newer phototui wrote, `.corrupt` for one that is no catalogue or damaged,
    /// `.permissionDenied` and `.noSpace`.
    public static func open(
        _ file: FilePath, owner: String = "local", clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom()
    ) async throws -> any Catalog {
        let database = try await SQLiteDatabase.open(file, settings: SQLiteSettings())
        return try await SQLCatalog.open(database, owner: owner, clock: clock, random: random)
    }

    /// The one owner of the catalogue in `file`, and who else it may name.
    public static func administration(
        _ file: FilePath, clock: any EngineClock = SystemClock(), random: any RandomSource = SystemRandom()
    ) async throws -> any OwnerAdministration {
        let database = try await SQLiteDatabase.open(file, settings: SQLiteSettings())
        _ = try await Migration.run(on: database, at: clock.microseconds)
        return SQLOwnerAdministration(database: database, clock: clock, random: random)
    }

    /// An empty catalogue in memory, gone when the last reference is.
    public static func inMemory(
        owner: String = "local", clock: any EngineClock = SystemClock(), random: any RandomSource = SystemRandom()
    ) async throws -> any Catalog {
        let database = try await SQLiteDatabase.inMemory(settings: SQLiteSettings())
        return try await SQLCatalog.open(database, owner: owner, clock: clock, random: random)
    }
}
