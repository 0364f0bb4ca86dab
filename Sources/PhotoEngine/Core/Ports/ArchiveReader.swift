public import SystemPackage

/// Reads zip archives, and tar archives with or without gzip, outside this process. Nothing is written anywhere, and no
/// name of an archive is ever a path here.
public protocol ArchiveReader: Sendable {
    /// Throws as an `ImageProcessor` does.
    func open(_ archive: FilePath, selecting selection: ArchiveSelection) async throws -> any ArchiveSession
}

/// An archive that is being read, for one task at a time.
public protocol ArchiveSession: Sendable {
    /// What comes next; nil behind the end. Cancelling the task ends the session.
    func next() async throws -> ArchivePart?
    /// Ends it early. A second time does nothing.
    func close()
}
