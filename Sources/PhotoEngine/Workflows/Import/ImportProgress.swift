public import SystemPackage

/// How far an import is.
public struct ImportProgress: Hashable, Sendable {
    /// Regular files seen so far; grows until `isScanning` is false.
    public var found = 0
    /// Files whose outcome is in the catalogue: the sum of the next four.
    public var indexed = 0
    public var imported = 0
    public var known = 0
    public var unsupported = 0
    public var rejected = 0
    /// Photos to process: those this import added, and those that waited before it.
    public var toProcess = 0
    /// Of these, how many are processed (or found unreadable).
    public var processed = 0
    /// Photos that workers elsewhere have been told of; nil where this process processes them.
    public var handedOver: Int?
    /// What was worked on last: the file indexed or, once all are, the original processed.
    public var current: FilePath?
    /// Bytes of file content read to index.
    public var bytesRead: Int64 = 0
    public var elapsedSeconds: Double = 0
    /// Photos processed per second over the last few seconds.
    public var photosPerSecond: Double = 0
    /// Seconds until all is processed at that rate; nil while that can't be told.
    public var etaSeconds: Double?
    /// Whether folders are still being walked, so that `found` is not final.
    public var isScanning = true

    public init() {}
}
