internal import Core

/// Finds, hashes, catalogues and processes the photos of folders.
public final class Importer: Sendable {
    /// Imports until every photo it added is processed. Throws only when the library itself fails: a file that can't be
    /// read is an outcome. Cancelling the task stops within a second and returns the report with `isInterrupted`.
    /// `progress` is called at most ten times a second, and once at the end.
    public func run(
        _ request: ImportRequest, progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> ImportReport {
        throw EngineError(.unavailable, "importing is not built yet")
    }
}
